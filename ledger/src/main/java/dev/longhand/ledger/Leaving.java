package dev.longhand.ledger;

import dev.longhand.base.Check;
import dev.longhand.base.Sha256;
import dev.longhand.ledger.Transfer.Kind;
import dev.longhand.store.Tx;
import java.security.MessageDigest;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which lines up to a cut leave the database and what they add up to, as of one moment. Memory: a long per reservation
 * or booking, and what stays.
 */
final class Leaving {
    private final long cut;
    private final int pageRows;
    private final Set<String> needed = new HashSet<>();
    private final Map<String, Transfer> open = new HashMap<>();
    private final Map<String, Balance> balances = new HashMap<>();
    private final Map<String, Map<Long, Long>> spending = new HashMap<>();
    private final MessageDigest digester = Sha256.digester();
    private final List<Long> keptSeqs = new ArrayList<>();
    private long[] ids = new long[1024];
    private int idCount;
    private long head;
    private Sha256 keptSha256;

    private Leaving(long cut, int pageRows) {
        this.cut = cut;
        this.pageRows = pageRows;
    }

    static Leaving of(Tx tx, long cut, int pageRows) throws SQLException {
        Leaving leaving = new Leaving(cut, pageRows);
        leaving.read(tx);
        return leaving;
    }

    /** Lines up to the cut that stay. */
    long kept() {
        return keptSeqs.size();
    }

    Sha256 keptSha256() {
        return keptSha256;
    }

    private void read(Tx tx) throws SQLException {
        head = Rows.head(tx).seq();
        for (List<String> page = List.of(""); !(page = ArchiveRows.openUpTo(tx, cut, page.getLast(), pageRows)).isEmpty(); ) {
            needed.addAll(page);
        }
        long seq = cut;
        for (List<ArchiveRows.Needed> page; !(page = ArchiveRows.needed(tx, seq, cut, pageRows)).isEmpty(); ) {
            page.forEach(n -> needed.add(n.root()));
            seq = page.getLast().bySeq();
        }
        long last = 0;
        while (last < cut) {
            List<Transfer> page = Rows.transfersAfter(tx, last, pageRows);
            for (Transfer each : page) {
                if (each.seq() <= cut) {
                    line(tx, each);
                }
            }
            last = page.isEmpty() ? cut : page.getLast().seq();
        }
        keptSha256 = Sha256.of(digester);
        for (Balance each : balances.values()) {
            Check.invariant(each.debitsPending() == 0 && each.creditsPending() == 0, "lines that leave the books set %s aside",
                    each);
        }
    }

    private void line(Tx tx, Transfer line) throws SQLException {
        Transfer base = null;
        if (line.kind() == Kind.CORRECT) {
            base = Rows.transfer(tx, line.refers()).orElseThrow();
        }
        String root = !line.kind().isEnd() && base == null ? line.id()
                : base == null || base.kind() != Kind.POST ? line.refers() : base.refers();
        if (needed.contains(root)) {
            digester.update(Chain.bytes(line));
            keptSeqs.add(line.seq());
            return;
        }
        if (line.kind() == Kind.RESERVE) {
            open.put(line.id(), line);
        } else if (line.kind().isEnd()) {
            base = open.remove(line.refers());
        }
        long origin = line.kind().isEnd() ? base.atMicros() : base == null ? line.atMicros() : Ledger.origin(tx, base);
        Effect effect = Effect.of(line, base, origin);
        balances.merge(line.booking().debit(), effect.onDebit(), Balance::plus);
        balances.merge(line.booking().credit(), effect.onCredit(), Balance::plus);
        spending.computeIfAbsent(effect.spender(), s -> new HashMap<>()).merge(effect.day(), effect.posted(), Long::sum);
        if (root.equals(line.id()) && !Ledger.isOwn(root)) {
            ids = idCount == ids.length ? Arrays.copyOf(ids, 2 * idCount) : ids;
            ids[idCount++] = ArchiveRows.hash(line.id());
        }
    }

    /** Whether a line after that moment belongs to a family that was to leave. */
    boolean isNeededMeanwhile(Tx tx) throws SQLException {
        long seq = head;
        for (List<ArchiveRows.Needed> page; !(page = ArchiveRows.needed(tx, seq, cut, pageRows)).isEmpty(); ) {
            if (page.stream().anyMatch(n -> !needed.contains(n.root()))) {
                return true;
            }
            seq = page.getLast().bySeq();
        }
        return false;
    }

    /** Deletes the lines and adds up what is gone; how many. The newest go first, since lines refer to older ones. */
    long delete(Tx tx) throws SQLException {
        for (Map.Entry<String, Balance> each : balances.entrySet()) {
            ArchiveRows.addBalance(tx, each.getKey(), each.getValue());
        }
        for (Map.Entry<String, Map<Long, Long>> account : spending.entrySet()) {
            for (Map.Entry<Long, Long> day : account.getValue().entrySet()) {
                ArchiveRows.addSpending(tx, account.getKey(), day.getKey(), day.getValue());
            }
        }
        Arrays.sort(ids, 0, idCount);
        for (int i = 0; i < idCount; i++) {
            ArchiveRows.insertId(tx, ids[i]);
        }
        ArchiveRows.indexReferences(tx);
        long gone = 0;
        long before = cut + 1;
        for (int i = keptSeqs.size() - 1; i >= 0; i--) {
            gone += ArchiveRows.deleteBetween(tx, keptSeqs.get(i), before);
            before = keptSeqs.get(i);
        }
        gone += ArchiveRows.deleteBetween(tx, 0, before);
        ArchiveRows.dropReferences(tx);
        return gone;
    }
}
