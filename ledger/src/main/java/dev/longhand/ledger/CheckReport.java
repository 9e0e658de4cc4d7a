package dev.longhand.ledger;

import java.util.List;

/**
 * What a check of the books found.
 *
 * @param transfers lines of the books, those in archives included
 * @param archived  of those, how many are in archives and were not read; their sums are where the check began
 * @param unsealed  of those, how many no seal covers yet; they are the last ones
 * @param findings  what is wrong, in words; empty where all is right, cut after 100
 */
public record CheckReport(long transfers, long archived, long unsealed, List<String> findings) {
    public boolean isClean() {
        return findings.isEmpty();
    }
}
