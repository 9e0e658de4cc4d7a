package dev.longhand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.desk.Desk;
import dev.longhand.desk.Desks;
import dev.longhand.desk.ReadListener;
import dev.longhand.store.Store;
import dev.longhand.store.StoreSetting;
import dev.longhand.upkeep.Site;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goal: backup, verify and restore as a person types them. Method: commands in this process on a small data directory. */
class UpkeepTest {
    @TempDir
    private Path folder;
    private Home home;
    private TestWorld world;

    @BeforeEach
    void makeHome() throws Exception {
        home = new Home(folder.resolve("home"));
        world = new TestWorld(home.root());
        Path docs = Files.createDirectory(folder.resolve("docs"));
        Files.writeString(docs.resolve("lamp.md"), "# The lamp\n\nThe lighthouse lamp turns every twelve seconds.\n");
        try (Desk desk = new Desks(home, Disk.REAL, Clock.SYSTEM).forFolder(docs, "docs")) {
            desk.refresh(ReadListener.SILENT);
        }
        Store.open(new StoreSetting.Sqlite(home.database()), dev.longhand.store.Limits.DEFAULT, Clock.SYSTEM, Disk.REAL,
                Site.SCHEMAS).close();
    }

    @Test
    void backsUpVerifiesAndRestores() {
        String backup = folder.resolve("backup").toString();
        assertThat(world.run("backup", backup)).as(world.err()).isZero();
        assertThat(world.out()).contains("backed up to " + backup);
        assertThat(world.err()).contains("the books: 0 lines").contains("desk docs: generation 1, 1 documents");
        assertThat(world.run("verify", backup)).as(world.out()).isZero();
        assertThat(world.out()).contains("backup " + backup, "each compared with its digest", "Nothing is wrong.");
        assertThat(world.run("verify")).isZero();
        assertThat(world.out()).contains("data directory " + home.root(), "desk docs: generation 1", "Nothing is wrong.");

        TestWorld other = new TestWorld(folder.resolve("other"));
        assertThat(other.run("restore", backup)).as(other.err()).isZero();
        assertThat(other.out()).contains("restored the backup of 20", "desk docs: generation 1", "Nothing is wrong.")
                .doesNotContain("what was there before");
        assertThat(other.run("restore", backup)).isEqualTo(2);
        assertThat(other.err()).contains("holds a database and 1 desk", "--replace").hasLineCount(1);
        assertThat(other.run("restore", backup, "--replace", "--json")).as(other.err()).isZero();
        assertThat(Path.of(other.json().path("aside").asString())).isDirectory();
        assertThat(other.json().path("result").path("isSound").asBoolean()).isTrue();
        assertThat(world.run("verify", other.world().home().root().toString())).isZero();
        assertThat(world.out()).contains("data directory " + other.world().home().root());
    }

    @Test
    void aFolderOfSomethingElseIsNotSound() {
        assertThat(world.run("verify", folder.resolve("docs").toString())).isEqualTo(3);
        assertThat(world.err()).contains("is neither a backup nor a data directory");
    }

    @Test
    void backsUpIntoTheDataDirectoryByDefault() {
        assertThat(world.run("backup", "--json")).as(world.err()).isZero();
        Path backup = Path.of(world.json().path("folder").asString());
        assertThat(backup.getParent()).isEqualTo(home.root().resolve("backups"));
        assertThat(world.json().path("books").asString()).isEqualTo("included");
        assertThat(world.json().path("desks").get(0).path("name").asString()).isEqualTo("docs");
        assertThat(world.run("backup", backup.toString())).isEqualTo(2);
        assertThat(world.err()).contains("is there already");
    }

    @Test
    void whatIsWrongIsToldWithExitCodeFive() throws IOException {
        Path catalogue = home.desks().resolve("docs").resolve("catalogue");
        byte[] bytes = Files.readAllBytes(catalogue);
        bytes[20]++;
        Files.write(catalogue, bytes);
        assertThat(world.run("verify")).isEqualTo(5);
        assertThat(world.out()).contains("wrong: desk docs: the catalogue's checksum does not match; if it is not being read "
                + "just now",
                "One thing is wrong.");
        assertThat(world.run("verify", "--json")).isEqualTo(5);
        assertThat(world.json().path("findings").get(0).path("what").asString()).isEqualTo("desk docs");
        assertThat(world.run("backup")).isZero();
        assertThat(world.out()).contains("not in it: desk docs: the catalogue's checksum does not match");
        assertThat(world.err()).doesNotContain("catalogue"); // it is said once
    }

    /**
     * Goal: books on a server are never silently missing. Method: the setting, without any server; the password is shown nowhere.
     */
    @Test
    void booksOnAServerNeedAWord() throws IOException {
        Files.writeString(home.root().resolve("config.toml"), "store = \"postgresql://ann:secret@localhost:1/books\"\n");
        assertThat(world.run("backup")).isEqualTo(6);
        assertThat(world.err()).contains("pg_dump --format=custom --file=longhand.dump 'postgresql://ann@localhost:1/books'")
                .doesNotContain("secret");
        assertThat(home.root().resolve("backups")).doesNotExist();
        assertThat(world.run("backup", "--without-database")).as(world.err()).isZero();
        assertThat(world.out()).contains("not in it: the books", "pg_dump").doesNotContain("secret");
        assertThat(world.run("verify")).isEqualTo(5);
        assertThat(world.out()).contains("wrong: the books").doesNotContain("secret");
    }

    @Test
    void aStopLeavesNothing() {
        world.interrupts.pipeClosed();
        assertThat(world.run("backup")).isEqualTo(141);
        assertThat(home.root().resolve("backups")).doesNotExist();
    }
}
