package dev.longhand.ledger;

import java.util.List;

/**
 * What a check of the books found.
 *
 * @param transfers lines that were read
 * @param unsealed  of those, how many no seal covers yet; they are the last ones
 * @param findings  what is wrong, in words; empty where all is right, cut after 100
 */
public record CheckReport(long transfers, long unsealed, List<String> findings) {
    public boolean isClean() {
        return findings.isEmpty();
    }
}
