package dev.longhand.upkeep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.catalog.ModelReference;
import dev.longhand.catalog.Models;
import dev.longhand.desk.Desk;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvSummaries;
import dev.longhand.kernels.KvType;
import dev.longhand.ledger.Ledger;
import dev.longhand.ledger.Meters;
import dev.longhand.memory.Fingerprint;
import dev.longhand.memory.SegmentContent;
import dev.longhand.memory.SegmentFolder;
import dev.longhand.memory.SegmentId;
import dev.longhand.memory.SegmentLimits;
import dev.longhand.memory.SegmentShape;
import dev.longhand.store.PostgresServer;
import dev.longhand.store.Store;
import dev.longhand.store.StoreSetting;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Goal: what is restored is sound and answers as before, also when the backup was made in the middle of work. */
@Timeout(300)
class RoundTripTest {
    @TempDir
    private Path temp;

    private static Report verify(Home home) throws Problem {
        return new Verify(Fixture.site(home), Watcher.SILENT).home(true);
    }

    private static Restore.Done restore(Path backup, Home home) throws Problem {
        return new Restore(Fixture.site(home), Watcher.SILENT).run(backup, false);
    }

    /** Method: questions and balances before, and on a home that never had anything but the backup. */
    @Test
    void aRestoredHomeIsSoundAndAnswersTheSame() throws Exception {
        Fixture fixture = Fixture.full(temp);
        Report before = verify(fixture.home);
        assertThat(before.findings()).isEmpty();
        assertThat(before.looked()).anySatisfy(l -> assertThat(l).contains("10 lines").contains("the last 2 are not sealed yet"));
        Map<String, String> bytes = Fixture.bytes(fixture.home.root());

        List<String> lines = new ArrayList<>();
        Backup.Done done = new Backup(fixture.site(), new Watcher() {
            @Override
            public void line(String line) {
                lines.add(line);
            }
        }).run(temp.resolve("backup"), Fixture.PLAIN);
        assertThat(lines).anyMatch(l -> l.startsWith("the books: 10 lines"))
                .anyMatch(l -> l.startsWith("desk papers: generation 1"));
        assertThat(done.manifest().books()).isEqualTo(Manifest.Books.INCLUDED);
        assertThat(done.manifest().models()).singleElement().satisfies(m -> assertThat(m.isIncluded()).isFalse());
        assertThat(done.manifest().leftOut()).singleElement().satisfies(l -> assertThat(l.why()).contains("longhand pull"));
        assertThat(Fixture.bytes(fixture.home.root())).as("the home is as it was").isEqualTo(bytes);
        assertThat(Files.getPosixFilePermissions(done.folder())).isEqualTo(PosixFilePermissions.fromString("rwx------"));

        Report sound = new Verify(fixture.site(), Watcher.SILENT).backup(done.folder());
        assertThat(sound.findings()).isEmpty();
        Home other = new Home(temp.resolve("other"));
        Restore.Done restored = restore(done.folder(), other);
        assertThat(restored.report().findings()).isEmpty();
        assertThat(restored.aside()).isEmpty();
        assertThat(restored.report().notes()).anySatisfy(n -> assertThat(n).contains("model tiny is not here"));
        assertThat(verify(other).findings()).isEmpty();
        assertThat(Fixture.answers(other)).isEqualTo(Fixture.answers(fixture.home)).hasSizeGreaterThan(6);
        assertThat(other.root().resolve("config.toml")).hasContent("threads = 1");
        assertThat(other.root().resolve(".restoring")).doesNotExist();
    }

    @Test
    void weightsAreTakenAlongOnDemandAndAreInstalledAfterwards() throws Exception {
        Fixture fixture = Fixture.full(temp);
        Backup.Options withModels = new Backup.Options(true, false, "test");
        Path backup = new Backup(fixture.site(), Watcher.SILENT).run(temp.resolve("backup"), withModels).folder();
        Home other = new Home(temp.resolve("other"));
        restore(backup, other);
        Models models = Models.open(other, Map.of());
        assertThat(models.find(ModelReference.parse("tiny"))).isPresent();
        assertThat(verify(other).looked()).anySatisfy(l -> assertThat(l).contains("the digests of 1 are right"));

        byte[] weights = Files.readAllBytes(fixture.addModel());
        weights[1000]++;
        Files.write(fixture.addModel(), weights);
        Backup.Done damaged = new Backup(fixture.site(), Watcher.SILENT).run(temp.resolve("second"),
                new Backup.Options(true, false, "test"));
        assertThat(damaged.manifest().leftOut()).singleElement().satisfies(l -> assertThat(l.why()).contains("is damaged"));
        assertThat(new Verify(fixture.site(), Watcher.SILENT).backup(damaged.folder()).findings()).isEmpty();
        assertThat(verify(fixture.home).findings()).singleElement().satisfies(f -> assertThat(f.wrong())
                .contains("tiny is damaged"));
    }

    /** Goal: a home that has models keeps them and learns of others. Method: restore into one with another model of its own. */
    @Test
    void theModelsOfAHomeStay() throws Exception {
        Fixture fixture = Fixture.full(temp);
        Path backup = fixture.backup("backup");
        Fixture other = new Fixture(temp.resolve("second"));
        Path own = other.addModel();
        Path list = other.home.models().resolve("models.toml");
        Files.writeString(list, Files.readString(list).replace("\"tiny\"", "\"mine\""));
        restore(backup, other.home);
        Models models = Models.open(other.home, Map.of());
        assertThat(models.rows()).extracting(m -> m.name()).containsExactlyInAnyOrder("mine", "tiny");
        assertThat(models.find(ModelReference.parse("mine"))).hasValueSatisfying(m -> assertThat(m.file()).isEqualTo(own));
    }

    /**
     * Goal: a backup is of one moment, whatever goes on. Method: one thread books, one changes documents and reads a desk again,
     * and after each backup its books balance, its desk is one generation and knows what was booked and read before it began.
     */
    @Test
    void backsUpWhileOthersBookAndRead() throws Exception {
        Fixture fixture = Fixture.full(temp);
        AtomicBoolean isDone = new AtomicBoolean();
        AtomicInteger booked = new AtomicInteger();
        AtomicInteger read = new AtomicInteger();
        AtomicReference<Throwable> failure = new AtomicReference<>();
        try (Store store = Fixture.store(fixture.home)) {
            Ledger ledger = Fixture.ledger(store);
            Thread booking = running(failure, isDone, () -> {
                ledger.book(Fixture.booking("live" + booked.get(), 1), Meters.NONE);
                booked.incrementAndGet();
                ledger.seal();
            });
            Thread reading = running(failure, isDone, () -> {
                // Without an old date: the size may be the same, and a file that changed just now is always read.
                Files.writeString(fixture.papers.resolve("new.md"), "# New\n\nThere are now " + (read.get() + 1) + " glaciers.\n");
                fixture.read(fixture.papers, "papers");
                read.incrementAndGet();
            });
            try {
                for (int i = 0; i < 6; i++) {
                    backUpAndCompare(fixture, i, booked, read);
                }
            } finally {
                isDone.set(true);
                booking.join();
                reading.join();
            }
        }
        assertThat(failure.get()).isNull();
        assertThat(booked.get()).isPositive();
        assertThat(read.get()).isPositive();
        assertThat(verify(fixture.home).findings()).isEmpty();
    }

    private void backUpAndCompare(Fixture fixture, int i, AtomicInteger booked, AtomicInteger read) throws Exception {
        int bookedBefore = booked.get();
        int readBefore = read.get();
        Path backup = fixture.backup("backup" + i);
        Report report = new Verify(fixture.site(), Watcher.SILENT).backup(backup);
        assertThat(report.findings()).isEmpty();
        assertThat(report.notes()).hasSize(1); // the model
        Home inside = new Home(temp.resolve("home" + i));
        restore(backup, inside);
        try (Store copy = Fixture.store(inside)) {
            assertThat((long) copy.read(tx -> tx.number("SELECT count(*) FROM transfer WHERE id LIKE 'live%'")))
                    .isGreaterThanOrEqualTo(bookedBefore);
        }
        try (Desk desk = Fixture.desks(inside).open("papers")) {
            int glaciers = desk.router().route("How many glaciers?", 1).stream()
                    .mapToInt(r -> Integer.parseInt(r.passage().text().replaceAll("\\D", ""))).findFirst().orElse(0);
            assertThat(glaciers).as(backup.toString()).isGreaterThanOrEqualTo(readBefore);
        }
    }

    private interface Work {
        void run() throws Exception;
    }

    private static Thread running(AtomicReference<Throwable> failure, AtomicBoolean isDone, Work work) {
        return Thread.ofPlatform().start(() -> {
            try {
                while (!isDone.get()) {
                    work.run();
                }
            } catch (Throwable e) {
                failure.set(e);
            }
        });
    }

    /** Goal: what is on a server is not silently missing. Method: a real server's setting, with books that are checked there. */
    @Test
    void booksOnAServerAreSaidToBeMissing() throws Exception {
        Fixture fixture = new Fixture(temp);
        fixture.readDesks();
        StoreSetting.Postgres setting = PostgresServer.shared().freshDatabase();
        Store.open(setting, dev.longhand.store.Limits.DEFAULT, Clock.SYSTEM, Disk.REAL, Site.SCHEMAS).close();
        Site site = Site.of(fixture.home, setting, Map.of());
        assertThatThrownBy(() -> new Backup(site, Watcher.SILENT).run(temp.resolve("backup"), Fixture.PLAIN))
                .isInstanceOf(Problem.class).hasMessageContaining("pg_dump --format=custom --file=longhand.dump 'postgresql://")
                .hasMessageContaining("--without-database");
        assertThat(temp.resolve("backup")).doesNotExist();
        Backup.Done done = new Backup(site, Watcher.SILENT).run(temp.resolve("backup"), new Backup.Options(false, true, "test"));
        assertThat(done.manifest().books()).isEqualTo(Manifest.Books.LEFT_OUT);
        assertThat(done.manifest().leftOut()).singleElement().satisfies(l -> assertThat(l.why()).contains("pg_dump"));
        Report home = new Verify(site, Watcher.SILENT).home(false);
        assertThat(home.findings()).isEmpty();
        assertThat(home.looked()).anySatisfy(l -> assertThat(l).contains("the books: 0 lines"));
        Home other = new Home(temp.resolve("other"));
        assertThat(restore(done.folder(), other).report().findings()).isEmpty();
        assertThat(other.database()).doesNotExist();

        StoreSetting.Postgres away = new StoreSetting.Postgres("localhost", 1, "none", "", "", Map.of());
        Report unreachable = new Verify(Site.of(fixture.home, away, Map.of()), Watcher.SILENT).home(false);
        assertThat(unreachable.findings()).singleElement().satisfies(f -> assertThat(f.wrong()).contains("no connection"));
    }

    @Test
    void anEmptyHomeHasABackupToo() throws Exception {
        Fixture fixture = new Fixture(temp);
        assertThatThrownBy(() -> fixture.backup("none")).hasMessageContaining("there is no data directory");
        Files.createDirectories(fixture.home.root());
        Path backup = new Backup(fixture.site(), Watcher.SILENT).run(new Backup(fixture.site(), Watcher.SILENT).defaultTarget(),
                Fixture.PLAIN).folder();
        assertThat(backup.getParent()).isEqualTo(fixture.home.root().resolve("backups"));
        assertThat(Fixture.bytes(backup)).containsOnlyKeys("manifest.json", "manifest.sha256");
        Home other = new Home(temp.resolve("other"));
        assertThat(restore(backup, other).report().findings()).isEmpty();
    }

    /** Method: a desk with a segment; the backup has it, the restored home has the same bytes, and a flipped one is found there. */
    @Test
    void takesAttentionMemoryAlong() throws Exception {
        Fixture fixture = Fixture.full(temp);
        Path memory = fixture.home.desks().resolve("papers").resolve("memory");
        String name = segment(memory).fileName();
        assertThat(verify(fixture.home).looked()).anySatisfy(l -> assertThat(l).contains("attention memory of desk papers: 1 doc"));

        Backup.Done done = new Backup(fixture.site(), Watcher.SILENT).run(temp.resolve("backup"), Fixture.PLAIN);
        assertThat(new Verify(fixture.site(), Watcher.SILENT).backup(done.folder()).findings()).isEmpty();
        Home other = new Home(temp.resolve("other"));
        restore(done.folder(), other);
        Path restored = other.desks().resolve("papers").resolve("memory").resolve(name);
        byte[] bytes = Files.readAllBytes(restored);
        assertThat(bytes).isEqualTo(Files.readAllBytes(memory.resolve(name)));

        bytes[bytes.length / 2] ^= 4;
        Files.write(restored, bytes);
        assertThat(verify(other).findings()).anySatisfy(f -> assertThat(f.toString()).contains("attention memory of desk papers"));
    }

    /** One document of 70 tokens, of zeros. */
    private static SegmentId segment(Path folder) throws Problem {
        KvShape kv = new KvShape(1, 1, 16, KvType.Q8_0);
        BitSet one = new BitSet();
        one.set(0);
        SegmentShape shape = new SegmentShape(new KvSummaries(kv, one, one), 70, 2);
        Sha256 any = Sha256.of("any");
        Fingerprint print = new Fingerprint(any, "tiny", KvType.Q8_0, "bytes", "theta", "scalar", any);
        MemorySegment record = MemorySegment.ofArray(new byte[(int) kv.storedRecordBytes()]);
        MemorySegment summaries = MemorySegment.ofArray(new byte[(int) shape.summariesBytes()]);
        return SegmentFolder.open(folder, Disk.REAL, Clock.SYSTEM, SegmentLimits.DEFAULT).publish(
                new SegmentContent(print, shape, new int[70], new int[70], summaries, (layer, block, kvHead) -> record));
    }
}
