package dev.longhand.ledger;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Failpoints;
import dev.longhand.base.Problem;
import dev.longhand.store.Store;
import dev.longhand.store.Tx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;

/**
 * Takes old lines out of the database into files, with the chain of seals intact: sealed lines of days that are over, from the
 * last archive on. The file is complete, forced and read back before a row goes; then one transaction deletes the rows and notes
 * what they added up to, so that a check of the books begins with it. Whatever stops it, the same call can be made again.
 *
 * <p>A <em>family</em> is a reservation with its end, or a booking, and its corrections. Families that are complete in the archived
 * range leave the database; of a family that is still open, or that a later line belongs to, all lines stay, and are in the file
 * too. Thread-safe; processes may do it side by side, and one of them is told to ask again.
 */
public final class Archives {
    /** In one file; where there are more, the next call takes them. */
    private static final long LINES_MAX = 1_000_000;
    private static final int ATTEMPTS_MAX = 5;

    private final Store store;
    private final Clock clock;
    private final Limits limits;
    private final long linesMax;

    public Archives(Store store, Clock clock, Limits limits) {
        this(store, clock, limits, LINES_MAX);
    }

    Archives(Store store, Clock clock, Limits limits, long linesMax) {
        this.store = store;
        this.clock = clock;
        this.limits = limits;
        this.linesMax = linesMax;
    }

    /**
     * What an archive was made of.
     *
     * @param gone  lines that left the database
     * @param bytes of the file
     * @param more  whether lines before the day are left that one file could not take
     */
    public record Made(Archive archive, long gone, long bytes, boolean more) {}

    /** What is to be archived: the lines after one seal up to another. */
    record Plan(Archive latest, Seal last, boolean isCut) {
        Seal before() {
            return latest.last();
        }
    }

    /**
     * Archives the sealed lines of days before {@code before} into {@code file}, which must not exist, or be what an earlier call
     * left that was stopped. Nothing where no such line is left.
     */
    public Optional<Made> archive(LocalDate before, Path file, Disk disk) throws Problem {
        Optional<Plan> plan = plan(before);
        if (plan.isEmpty()) {
            return Optional.empty();
        }
        Plan whole = Files.exists(file) ? planned(plan.get(), file) : plan.get();
        if (!Files.exists(file)) {
            publish(whole, file, disk);
        }
        Failpoints.reach("ledger.archive-written");
        return Optional.of(remove(whole, file));
    }

    /** Those that were made, in order. */
    public List<Archive> list() throws Problem {
        return store.read(ArchiveRows::all);
    }

    /** Reads a file in full and computes all of it again; what it is for these books. */
    public Checked check(Path file) throws Problem {
        ArchiveFile.Contents contents = ArchiveFile.read(file, line -> { });
        Optional<Archive> ours = list().stream().filter(a -> a.isIn(contents)).findFirst();
        return new Checked(contents.before(), contents.last(), contents.firstAtMicros(), contents.lastAtMicros(), contents.bytes(),
                ours);
    }

    /**
     * A whole archive.
     *
     * @param ours which of the archives of these books it is; empty for a file of other books, or one that was never finished
     */
    public record Checked(Seal before, Seal last, long firstAtMicros, long lastAtMicros, long bytes, Optional<Archive> ours) {
        public long lines() {
            return last.lastSeq() - before.lastSeq();
        }
    }

    Optional<Plan> plan(LocalDate before) throws Problem {
        return store.read(tx -> {
            Archive latest = ArchiveRows.last(tx);
            long day = Math.min(before.toEpochDay(), ArchiveRows.firstOpenDay(tx));
            long since = day <= 0 ? 1 : ArchiveRows.firstSince(tx, Times.startOfDay(day));
            long upTo = since == 0 ? Rows.head(tx).seq() : since - 1;
            long cut = Math.min(upTo, latest.last().lastSeq() + linesMax);
            return ArchiveRows.lastSealUpTo(tx, cut).filter(s -> s.number() > latest.last().number())
                    .map(s -> new Plan(latest, s, cut < upTo));
        });
    }

    /** The plan that a file in the way fulfils: an earlier call wrote it and was stopped before the rows went. */
    private Plan planned(Plan plan, Path file) throws Problem {
        ArchiveFile.Contents found = ArchiveFile.read(file, line -> { });
        Optional<Seal> kept = store.read(tx -> Rows.seal(tx, found.last().number()));
        if (!found.before().equals(plan.before()) || found.last().number() > plan.last().number()
                || !kept.equals(Optional.of(found.last()))) {
            throw new Problem(Problem.Kind.USAGE, file + " is there already and is another archive; nothing was archived; "
                    + "name a file that does not exist");
        }
        return new Plan(plan.latest(), found.last(), plan.isCut() || !found.last().equals(plan.last()));
    }

    /** Writes the file, whole or not at all. Lines that do not fit their seals are refused. */
    void publish(Plan plan, Path file, Disk disk) throws Problem {
        Problem[] problem = {null};
        try {
            disk.publish(file, out -> {
                try {
                    ArchiveFile.Writing writing = new ArchiveFile.Writing(out, plan.before(), plan.last());
                    for (Seal seal = plan.before(); seal.number() < plan.last().number(); ) {
                        seal = write(writing, seal);
                    }
                    writing.end();
                } catch (Problem e) {
                    problem[0] = e;
                    throw new IOException(e.getMessage(), e);
                }
            });
        } catch (Problem e) {
            throw problem[0] == null ? e : problem[0];
        }
    }

    /** Writes the lines of one seal and the seal. */
    private Seal write(ArchiveFile.Writing writing, Seal before) throws Problem, IOException {
        Seal seal = store.read(tx -> Rows.seal(tx, before.number() + 1).orElseThrow(() -> moved()));
        Chain chain = new Chain(before);
        long seq = before.lastSeq();
        while (seq < seal.lastSeq()) {
            long after = seq;
            List<Transfer> page = store.read(tx -> Rows.transfersAfter(tx, after,
                    (int) Math.min(limits.pageRows(), seal.lastSeq() - after)));
            for (Transfer each : page) {
                chain.add(each);
                writing.add(each);
                seq = each.seq();
            }
            if (page.isEmpty()) {
                throw moved();
            }
        }
        if (!chain.seal().equals(seal)) {
            throw new Problem(Problem.Kind.MALFORMED, "seal %d does not fit its lines, the last of which is %d; nothing was "
                    .formatted(seal.number(), seal.lastSeq()) + "archived; check the books and restore them from a backup");
        }
        writing.add(seal);
        return seal;
    }

    private static Problem moved() {
        return new Problem(Problem.Kind.BUSY, "the books were archived by another process meanwhile; nothing was archived here; "
                + "run the same again");
    }

    /** Deletes what the file has. */
    Made remove(Plan plan, Path file) throws Problem {
        ArchiveFile.Contents contents = ArchiveFile.read(file, line -> { });
        if (!contents.before().equals(plan.before()) || !contents.last().equals(plan.last())) {
            throw new Problem(Problem.Kind.DISK, file + " was written as an archive up to line " + plan.last().lastSeq()
                    + " and reads as another one; nothing was deleted");
        }
        for (int attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
            Leaving leaving = store.read(tx -> Leaving.of(tx, plan.last().lastSeq(), limits.pageRows()));
            Archive archive = new Archive(plan.latest().number() + 1, plan.before(), plan.last(), contents.lastAtMicros(),
                    file.toAbsolutePath().getFileName().toString(), contents.sha256(), leaving.kept(), leaving.keptSha256(),
                    Times.micros(clock.now()));
            Optional<Long> gone = store.write(tx -> delete(tx, plan, archive, leaving));
            if (gone.isPresent()) {
                return new Made(archive, gone.get(), contents.bytes(), plan.isCut());
            }
        }
        throw new Problem(Problem.Kind.BUSY, "lines that were to be archived were corrected again and again meanwhile; nothing was "
                + "deleted; run the same again");
    }

    /** Empty where a line that came meanwhile needs one that was to go. */
    private Optional<Long> delete(Tx tx, Plan plan, Archive archive, Leaving leaving) throws SQLException, Problem {
        if (!ArchiveRows.last(tx).equals(plan.latest())) {
            throw moved();
        }
        if (leaving.isNeededMeanwhile(tx)) {
            return Optional.empty();
        }
        ArchiveRows.insert(tx, archive);
        long gone = leaving.delete(tx);
        ArchiveRows.deleteSealsBefore(tx, plan.last().number());
        ArchiveRows.passDays(tx, Times.day(archive.lastAtMicros()) + 1);
        Failpoints.reach("ledger.archiving");
        return Optional.of(gone);
    }
}
