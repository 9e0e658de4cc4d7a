package dev.longhand.ingest;

import static dev.longhand.ingest.Skip.Reason.TOO_MANY;
import static dev.longhand.ingest.Skip.Reason.UNREADABLE;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import java.io.IOException;

/**
 * What all sources of one call share: the limits on the whole, the counters and the listener. Knows no source. Not thread-safe.
 *
 * <p>Once a limit on the whole is hit it is stopped for good, and the last skip says where.
 */
final class Intake {
    private final Limits limits;
    private final Extractor extractor;
    private final Listener listener;
    private int entries;
    private int documents;
    private int known;
    private int skips;
    private boolean stopped;

    Intake(Limits limits, Extractor extractor, Listener listener) {
        this.limits = limits;
        this.extractor = extractor;
        this.listener = listener;
    }

    Limits limits() {
        return limits;
    }

    boolean isStopped() {
        return stopped;
    }

    /** Names that may still be looked at. */
    int entriesLeft() {
        return limits.entriesMax() - entries;
    }

    void countEntry() {
        entries++;
    }

    /** Reads nothing more. */
    void stop(String path, String why) throws Problem {
        stopped = true;
        report(new Skip(path, TOO_MANY, why));
    }

    /** Whether nothing more is read, this path included; said once. */
    boolean isOverAll(String next) throws Problem {
        checkCancelled(next);
        if (stopped) {
            return true;
        }
        String hit = documents + known >= limits.filesMax() ? Units.count(limits.filesMax()) + " files were read"
                : extractor.bytesRead() >= limits.totalBytesMax() ? Units.bytes(extractor.bytesRead()) + " were read"
                : entries >= limits.entriesMax() ? Units.count(entries) + " names were looked at" : "";
        if (!hit.isEmpty()) {
            stop(next, hit + ", the limit; the walk stopped before this path and read nothing after it");
        }
        return stopped;
    }

    static void checkCancelled(String next) throws Problem {
        if (Thread.currentThread().isInterrupted()) {
            throw new Problem(Problem.Kind.CANCELLED, "reading was stopped before " + next);
        }
    }

    /** Whether the listener holds this file as it is; it then counts as known. */
    boolean isUnchanged(FileStat stat) throws Problem {
        boolean unchanged = listener.isUnchanged(stat);
        known += unchanged ? 1 : 0;
        return unchanged;
    }

    /**
     * Reads a file and hands it to the listener.
     *
     * @return why it was not read, to be reported by the caller; null if it was, or is known
     */
    Skip take(String name, String path, Content content) throws Problem {
        try {
            Document document = extractor.read(name, path, content, listener::isKnown);
            if (document == null) {
                known++;
            } else {
                documents++;
                listener.document(document);
            }
            return null;
        } catch (Refused e) {
            return e.skip(path);
        } catch (IOException e) {
            return new Skip(path, UNREADABLE, Walk.reason(e));
        }
    }

    void report(Skip skip) throws Problem {
        if (skip != null) {
            skips++;
            listener.skip(skip);
        }
    }

    Summary summary() {
        return new Summary(documents, known, skips, extractor.bytesRead(), !stopped);
    }
}
