package dev.longhand.desk;

import dev.longhand.base.Disk;
import dev.longhand.base.Failpoints;
import dev.longhand.base.Problem;
import dev.longhand.ingest.Document;
import dev.longhand.ingest.FileStat;
import dev.longhand.ingest.Findings;
import dev.longhand.ingest.Flag;
import dev.longhand.ingest.Listener;
import dev.longhand.ingest.Passage;
import dev.longhand.ingest.Skip;
import dev.longhand.ingest.SourceFile;
import dev.longhand.ingest.SplitPlan;
import dev.longhand.ingest.Splitter;
import dev.longhand.ingest.Summary;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One refresh: compares a walk with the old catalogue and writes what differs. Knows what changed, not how it is found.
 *
 * <p>Invariant: the published catalogue and its index commit hold what they held before, with whole documents of this walk in the
 * place of their old versions: each {@code passagesAtOnce} passages, what was read is published, so that a reading that is cut
 * short goes on from there. What is gone from the folder leaves the desk at the end. The lock and the writer are taken at the
 * first difference, so that an unchanged folder costs no write and no lock. Used once, by one thread.
 */
final class Refresher implements Listener, AutoCloseable {
    /** Files modified this long before the last walk began, or later, are read again: their stat may not show a change. */
    private static final long RACY_MS = 2_000;

    /** Between an archive and what is in it, and what sorts right behind all of it. */
    private static final String INSIDE = "!/";
    private static final String AFTER_INSIDE = "!0";

    private final DeskFolder folder;
    private final Catalogue old;
    private final ReadListener listener;
    private final String commit;
    private final long readAtMs;

    private final TreeMap<String, Catalogue.Entry> entries = new TreeMap<>();
    private final List<Skip> skips = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();
    private int added;
    private int changed;
    private int unchanged;
    private int removed;
    private boolean statsChanged;
    private boolean isPublished;
    private long generation; // the one that is published
    private long base; // the commit that is continued; 0 for none
    private final List<ReadListener.Read> unpublished = new ArrayList<>();
    private int passagesUnpublished;

    private FileStat stat;
    private SourceFile hashed;
    private DeskLock lock;
    private PassageIndex.Writer writer;

    /** @param commit that is read, or "" where there is none */
    Refresher(DeskFolder folder, Catalogue old, String commit, long readAtMs, ReadListener listener) {
        this.folder = folder;
        this.old = old;
        this.commit = commit;
        this.readAtMs = readAtMs;
        this.listener = listener;
        this.generation = old.generation();
        this.base = old.entries().isEmpty() ? 0 : generation;
    }

    /** The old catalogue is no longer the published one: another process changed the desk meanwhile. */
    static final class Overtaken extends Problem {
        Overtaken() {
            super(Kind.BUSY, "another process changed the desk; run the command again");
        }
    }

    @Override
    public boolean isUnchanged(FileStat stat) throws Problem {
        checkCancelled();
        this.stat = stat;
        Catalogue.Entry entry = old.entries().get(stat.path());
        boolean same = entry != null && entry.stat().equals(statOf(stat)) && isSettled(stat);
        if (same) {
            keep(entry);
        }
        return same || isUnchangedArchive(stat);
    }

    /** Whether a change since would show: a blob's id is proof, a time is one where it is old enough. */
    private boolean isSettled(FileStat stat) {
        return stat.fileKey().startsWith(FileStat.BLOB_KEY) || stat.modifiedNanos() / 1_000_000 < old.readAtMs() - RACY_MS;
    }

    /** An archive whose documents are held with its own stat; what was left out of it is left out again. */
    private boolean isUnchangedArchive(FileStat stat) {
        String inside = stat.path() + INSIDE;
        Map<String, Catalogue.Entry> inner = old.entries().subMap(inside, stat.path() + AFTER_INSIDE);
        boolean same = !inner.isEmpty() && isSettled(stat)
                && inner.values().stream().allMatch(each -> each.stat().equals(statOf(stat)));
        if (same) {
            inner.values().forEach(this::keep);
            old.skips().stream().filter(skip -> skip.path().startsWith(inside) || skip.path().equals(stat.path()))
                    .forEach(skips::add);
        }
        return same;
    }

    @Override
    public boolean isKnown(SourceFile file) throws Problem {
        checkCancelled();
        hashed = file;
        Catalogue.Entry entry = old.entries().get(file.path());
        if (entry == null || !entry.hash().equals(file.contentHash())) {
            return false;
        }
        statsChanged = true;
        keep(entry.withStat(statOf(file)));
        return true;
    }

    private void keep(Catalogue.Entry entry) {
        entries.put(entry.path(), entry);
        unchanged += entry.skip() == null ? 1 : 0;
    }

    @Override
    public void document(Document document) throws Problem {
        checkCancelled();
        try {
            boolean isNew = removeOld(document.path());
            List<Passage> passages = Splitter.split(document, SplitPlan.DEFAULT);
            for (Passage passage : passages) {
                writer().add(passage);
            }
            added += isNew ? 1 : 0;
            changed += isNew ? 0 : 1;
            Findings.Entry compared = Findings.Entry.of(document);
            entries.put(document.path(), new Catalogue.Entry(document.path(), statOf(document.file()), document.contentHash(),
                    passages.size(), new Catalogue.Gist(compared.tokens(), compared.sketch()), null));
            unpublished.add(new ReadListener.Read(document.path(), document.contentHash(), document.file().bytes(),
                    passages.size()));
            passagesUnpublished += passages.size();
            if (passagesUnpublished >= folder.limits().passagesAtOnce()) {
                publish(soFar());
            }
        } catch (IOException e) {
            throw problem(e);
        }
        for (Flag flag : document.flags()) {
            note("%s holds %,d of %s, first in line %d".formatted(
                    document.path(), flag.count(), flag.what().name().toLowerCase(java.util.Locale.ROOT).replace('_', ' '),
                            flag.lineFirst()));
        }
        listener.document(document.path(), added + changed);
    }

    @Override
    public void skip(Skip skip) throws Problem {
        if (hashed == null || !hashed.path().equals(skip.path())) {
            skips.add(skip);
            return;
        }
        try {
            if (!removeOld(skip.path())) {
                removed++;
            }
        } catch (IOException e) {
            throw problem(e);
        }
        statsChanged = true;
        entries.put(skip.path(), new Catalogue.Entry(skip.path(), statOf(hashed), hashed.contentHash(), 0, null, skip));
    }

    /** Whether there was no document of this path. */
    private boolean removeOld(String path) throws IOException, Problem {
        Catalogue.Entry entry = old.entries().get(path);
        if (entry == null || entry.skip() != null) {
            return true;
        }
        writer().removeDocument(path);
        return false;
    }

    /** Writes what differs; the new catalogue, or the old one if nothing did. */
    Catalogue finish(Summary summary) throws Problem {
        checkCancelled();
        try {
            for (Map.Entry<String, Catalogue.Entry> gone : old.entries().entrySet()) {
                if (!entries.containsKey(gone.getKey())) {
                    statsChanged = true;
                    if (!removeOld(gone.getKey())) {
                        removed++;
                    }
                }
            }
            if (!summary.complete()) {
                note("a limit on the whole folder stopped the reading; what lies behind it was not read");
            }
            return publish();
        } catch (IOException e) {
            throw problem(e);
        }
    }

    private Catalogue publish() throws IOException, Problem {
        boolean nothingNew = !statsChanged && skips.equals(old.skips()) && commit.equals(old.commit());
        if (writer == null && (nothingNew || old.generation() == 0)) {
            return old;
        }
        if (writer == null) {
            return publishStats();
        }
        Catalogue next = next(generation + 1);
        publish(next);
        isPublished = true;
        return next;
    }

    private void publish(Catalogue next) throws IOException, Problem {
        writer.commit(next.generation());
        Failpoints.reach("desk.indexed");
        CatalogueFile.write(folder.disk(), folder.catalogue(), next);
        Failpoints.reach("desk.published");
        generation = next.generation();
        base = generation;
        writer.published(generation);
        listener.published(List.copyOf(unpublished));
        unpublished.clear();
        passagesUnpublished = 0;
    }

    /**
     * The old catalogue with what this walk has seen. It keeps the old time of reading, because files that were not seen yet were
     * not looked at since. What is read out of an archive that may hold more is kept without the archive's stat, which would say
     * that all of it was read.
     */
    private Catalogue soFar() {
        TreeMap<String, Catalogue.Entry> both = new TreeMap<>(old.entries());
        both.putAll(entries);
        if (stat != null) {
            both.subMap(stat.path() + INSIDE, stat.path() + AFTER_INSIDE)
                    .replaceAll((path, each) -> each.withStat(new Catalogue.Stat(each.stat().bytes(), 0, "")));
        }
        return new Catalogue(old.root(), old.settings(), commit, generation + 1, old.readAtMs(), both, old.skips());
    }

    /** Only what helps the next walk is new: not worth waiting for another process. */
    private Catalogue publishStats() throws IOException, Problem {
        try {
            lock();
        } catch (Problem e) {
            if (e.kind() == Problem.Kind.BUSY) {
                return old;
            }
            throw e;
        }
        Catalogue next = next(generation);
        CatalogueFile.write(folder.disk(), folder.catalogue(), next);
        return next;
    }

    private Catalogue next(long generation) {
        return new Catalogue(old.root(), old.settings(), commit, generation, readAtMs, entries, skips);
    }

    Refresh report(Catalogue now) {
        List<Skip> all = new ArrayList<>(skips);
        entries.values().stream().map(Catalogue.Entry::skip).filter(java.util.Objects::nonNull).forEach(all::add);
        return new Refresh(added, changed, unchanged, removed, now.passages(), all, notes);
    }

    private PassageIndex.Writer writer() throws IOException, Problem {
        if (writer == null) {
            listener.begins();
            lock();
            try {
                writer = PassageIndex.write(folder.opener(), folder.index(), base);
            } catch (PassageIndex.Damaged e) {
                throw new DamagedIndex(e.getMessage());
            }
        }
        return writer;
    }

    /** The index cannot be continued; the desk must be read again from nothing. */
    static final class DamagedIndex extends Problem {
        DamagedIndex(String why) {
            super(Kind.MALFORMED, why);
        }
    }

    private void lock() throws IOException, Problem {
        if (lock == null) {
            folder.disk().createFolders(folder.path());
            lock = DeskLock.take(folder.lock(), folder.name());
            if (folder.publishedGeneration() != old.generation() && old.generation() > 0) {
                throw new Overtaken();
            }
        }
    }

    private void note(String line) {
        notes.add(line);
        listener.note(line);
    }

    private void checkCancelled() throws Problem {
        if (listener.isCancelled() || Thread.currentThread().isInterrupted()) {
            throw cancelled();
        }
    }

    private static Problem cancelled() {
        return new Problem(Problem.Kind.CANCELLED,
                "reading was stopped; what was read so far is kept, and the next reading goes on from there");
    }

    private Problem problem(IOException e) {
        return e instanceof ClosedByInterruptException || Thread.currentThread().isInterrupted()
                ? cancelled()
                : Disk.problem("writing the index in", folder.index(), e);
    }

    private static Catalogue.Stat statOf(FileStat stat) {
        return new Catalogue.Stat(stat.bytes(), stat.modifiedNanos(), stat.fileKey());
    }

    /** The stat that was taken before the file, or the archive it is in, was opened: a change in between shows up next time. */
    private Catalogue.Stat statOf(SourceFile file) {
        boolean isOf = stat != null && (stat.path().equals(file.path()) || file.path().startsWith(stat.path() + INSIDE));
        return isOf ? statOf(stat) : new Catalogue.Stat(file.bytes(), 0, "");
    }

    @Override
    public void close() {
        try {
            if (writer != null) {
                closeWriter();
            }
        } finally {
            if (lock != null) {
                lock.close();
            }
        }
    }

    /** Failures here lose nothing: the commit that the catalogue names is untouched, and the next writer sweeps again. */
    private void closeWriter() {
        try {
            writer.close();
        } catch (IOException | RuntimeException e) {
            // What was not committed is forgotten either way.
        }
        try {
            if (!isPublished && folder.publishedGeneration() == generation) {
                PassageIndex.sweep(folder.opener(), folder.index(), base);
            }
        } catch (IOException | PassageIndex.Damaged e) {
            // The reading that failed is being reported.
        }
    }
}
