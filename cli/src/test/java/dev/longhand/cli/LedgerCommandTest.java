package dev.longhand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.StreamSupport;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Goal: the money's questions from the command line, without a model. Method: commands in this process; books of 18 seeded days
 * that are only read, and empty ones that are written.
 */
class LedgerCommandTest {
    @TempDir
    private static Path seeded;
    @TempDir
    private Path empty;
    private TestWorld reading;
    private TestWorld writing;

    @BeforeAll
    static void bookSomeWeeks() throws Problem {
        SeededBooks.make(new Home(seeded.toAbsolutePath()), 18, true);
    }

    @BeforeEach
    void freshWorlds() {
        reading = new TestWorld(seeded);
        writing = new TestWorld(empty);
    }

    private JsonNode json(TestWorld world, String command) {
        assertThat(world.run((command + " --json").split(" "))).as(world.err()).isZero();
        return world.json();
    }

    private void says(TestWorld world, String command, String... words) {
        assertThat(world.run(command.split(" "))).as(world.err()).isZero();
        assertThat(world.out()).contains(words);
    }

    private void refuses(TestWorld world, String command, int code, String words) {
        assertThat(world.run(command.split(" "))).isEqualTo(code);
        assertThat(world.err()).startsWith("longhand: ").contains(words).hasLineCount(1);
    }

    /** Goal: totals are the sum of postings, however they are grouped. Method: the exported lines, added up here. */
    @ParameterizedTest
    @ValueSource(strings = {"day", "month", "person", "desk", "model", "purpose", "job", "account"})
    void totalsAreTheSumOfPostings(String by) {
        JsonNode report = json(reading, "ledger report --by " + by);
        long euros = 0;
        long calls = 0;
        assertThat(reading.run("ledger", "export", "-", "--format", "json")).isZero();
        for (String each : reading.out().lines().toList()) {
            JsonNode line = JsonMapper.shared().readTree(each);
            boolean isEuros = line.path("unit").asString().equals("EUR") && !line.path("id").asString().startsWith("day:");
            boolean isPost = line.path("kind").asString().equals("POST");
            euros += isEuros && isPost ? line.path("amount").asLong() : 0;
            euros -= isEuros && line.path("kind").asString().equals("CORRECT") ? line.path("amount").asLong() : 0;
            calls += isEuros && isPost ? 1 : 0;
        }
        JsonNode total = report.path("totals").get(0);
        assertThat(total.path("unit").asString()).isEqualTo("EUR");
        assertThat(total.path("amount").asLong()).isEqualTo(euros).isPositive();
        assertThat(total.path("calls").asLong()).isEqualTo(calls).isPositive();
        assertThat(StreamSupport.stream(report.path("groups").spliterator(), false).filter(g -> g.path("unit").asString()
                .equals("EUR"))
                .mapToLong(g -> g.path("amount").asLong()).sum()).isEqualTo(euros);
    }

    @Test
    void reportsForPeople() {
        says(reading, "ledger report", "Spent per day, all days (UTC)", "DAY", "PROCESSOR", "\ntotal ", "█", "Energy: ",
                "estimated",
                "Cache: ", "which saved about ", "Answers: ", " questions for ", " EUR each", "each day's mean",
                "Machine: 18 closed days cost ", " was idle time.");
        assertThat(reading.err()).isEmpty();
        says(reading, "ledger report --by model --person anna", "Spent per model, all days, person anna (UTC)", "smollm2");
        says(reading, "ledger report --person nobody", "Nothing was spent, all days, person nobody (UTC).");
        says(reading, "ledger report --since 2001-01-01 --until 2001-02-01",
                "Nothing was spent, from 2001-01-01 to 2001-02-01 (UTC).");
    }

    @Test
    void addsUpRowsThatAreTooMany() {
        says(reading, "ledger report --by day --all", "\ntotal ");
        assertThat(reading.out()).doesNotContain("--all shows them");
    }

    @Test
    void machinesDaysMeet() {
        JsonNode machine = json(reading, "ledger report").path("machine");
        JsonNode accounts = json(reading, "ledger accounts").path("accounts");
        JsonNode cpu = StreamSupport.stream(accounts.spliterator(), false).filter(a -> a.path("id").asString()
                .equals("machine:cpu"))
                .findFirst().orElseThrow();
        assertThat(machine.path("closedDays").asInt()).isEqualTo(18);
        assertThat(cpu.path("debits").asLong()).isEqualTo(cpu.path("credits").asLong());
        assertThat(cpu.path("spent").asLong()).isEqualTo(machine.path("energy").asLong() + machine.path("writeOff").asLong());
    }

    @Test
    void drawsAPicture() throws IOException {
        Path file = empty.resolve("spend.png");
        assertThat(reading.run("ledger", "report", "--by", "person", "--png", file.toString())).isZero();
        assertThat(reading.err()).isEqualTo("wrote " + file + "\n");
        BufferedImage picture = ImageIO.read(file.toFile());
        assertThat(picture.getWidth()).isEqualTo(1280);
        Set<Integer> colours = new HashSet<>();
        for (int x = 0; x < picture.getWidth(); x++) {
            for (int y = 0; y < picture.getHeight(); y++) {
                colours.add(picture.getRGB(x, y) & 0xffffff);
            }
        }
        assertThat(colours).contains(0xffffff, 0x0072B2, 0xE69F00, 0x009E73).doesNotContain(Color.RED.getRGB() & 0xffffff);
        assertThat(writing.run("ledger", "report", "--png", file.toString())).isZero();
        assertThat(writing.err()).contains("no picture was written");
    }

    @Test
    void exportsToAFileOrStandardOutput() throws IOException {
        Path file = empty.resolve("costs.csv");
        JsonNode said = json(reading, "ledger export " + file + " --format focus");
        List<String> rows = Files.readAllLines(file);
        assertThat(rows.getFirst()).startsWith("BilledCost,BillingAccountId,");
        assertThat(said.path("rows").asInt()).isEqualTo(rows.size() - 1).isPositive();
        says(reading, "ledger export -", "seq,id,kind,debit,credit");
        refuses(reading, "ledger export - --format xml", 2, "invalid value for option '--format'");
        refuses(reading, "ledger export /no/such/\0", 2, "is no path");
        assertThat(writing.run("ledger", "export", "-")).isZero();
        assertThat(writing.out()).hasLineCount(1);
    }

    @Test
    void emptyBooksSayWhatToDo() {
        for (String each : List.of("report", "accounts")) {
            says(writing, "ledger " + each, "Nothing is booked yet; 'longhand ask FOLDER QUESTION' books what it costs.");
        }
        says(writing, "ledger check", "The books are whole: 0 lines");
        says(writing, "ledger price ls", "assumed", "No provider's prices");
        says(writing, "ledger budget person:anna", "person:anna has no budget; what it spends has no limit.");
        refuses(writing, "ledger show last", 3, "nothing was spent yet");
        assertThat(json(writing, "ledger report").path("groups")).isEmpty();
    }

    @Test
    void keepsWhatOfABudgetIsNotNamed() {
        says(writing, "ledger budget person:anna --hard 5", "person:anna  month  5.00 EUR  none         none");
        says(writing, "ledger budget person:anna --soft 3 --per-request 0.000001", "5.00 EUR  3.00 EUR  0.000001 EUR");
        says(writing, "ledger budget person:anna --hard 4.5", "4.50 EUR  3.00 EUR  0.000001 EUR");
        says(writing, "ledger budget person:anna --per day --hard 1", "day    1.00 EUR", "month  4.50 EUR");
        says(writing, "ledger budget person:anna/usd --soft 2", "person:anna/usd  month  none  2.00 USD");
        says(writing, "ledger accounts", "per day: 0.00 EUR of 1.00 EUR, 1.00 EUR left",
                "soft limit 3.00 EUR; at most 0.000001 EUR per");
        says(writing, "ledger budget person:anna --remove", "day");
        assertThat(writing.out()).doesNotContain("month");
        refuses(writing, "ledger budget person:anna --remove", 3, "person:anna has no budget for the period month");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "ledger budget person:anna --hard -1 | is no amount",
        "ledger budget person:anna --hard 1,50 | write digits with a point",
        "ledger budget person:anna --hard 99999999999999 | an amount is at most",
        "ledger budget person:anna --hard 1ducats | there is no unit \"ducats\"",
        "ledger budget person:anna --hard 1USD | amounts here are in EUR",
        "ledger budget person:anna --hard 1 --soft 2 | the soft limit, 2.00 EUR, would be above the hard one, 1.00 EUR",
        "ledger budget person:anna --hard 1 --remove | it cannot be set in the same command",
        "ledger budget anna --hard 1 | \"anna\" is no account; write kind:name",
        "ledger budget person:anna --per week --hard 1 | invalid value for option '--per'",
        "ledger report --since yesterday | --since is \"yesterday\"; write a day",
        "ledger report --since 1969-12-31 | write a day from 1970",
        "ledger report --since 2026-02-02 --until 2026-02-01 | --until 2026-02-01 is before --since 2026-02-02",
        "ledger price machine | name at least one part of the price",
        "ledger price machine --kwh 9999 | the price of a kilowatt-hour in millionths of a euro is 9999000000; it must lie in",
        "ledger price machine --busy-watts 10 --idle-watts 20 | the idle power in milliwatts is 20000; it must lie in [0, 10000]",
        "ledger price machine --busy-watts 1.2345 | at most 3 digits behind the point",
        "ledger price tokens m --in 1 --out 2 --currency tokens | a price is in EUR or USD",
        "ledger price tokens m --in 2000000 --out 2 | a price of a million tokens is",
        "ledger correct last 1 --reason 2late | it is kept as 1 to 40 letters"})
    void refusesBadInputAndChangesNothing(String command, String words) {
        TestWorld world = command.contains("correct") ? reading : writing;
        refuses(world, command, 2, words);
        if (world == writing) {
            assertThat(json(writing, "ledger accounts").path("accounts")).isEmpty();
            assertThat(json(writing, "ledger price ls").path("machine")).isEmpty();
        }
    }

    @Test
    void putsPricesThatFollowEachOther() {
        says(writing, "ledger price machine --kwh 0.32 --busy-watts 95.5 --from 2026-01-01",
                "from 2026-01-01T00:00:00Z on: 0.32 EUR per kWh, 95.5 W busy, 20 W idle, 1000.00 EUR over 1461 days",
                "shared; an hour of one");
        says(writing, "ledger price machine --dedicated --life-years 5 --from 2026-02-01", "0.32 EUR per kWh", "1826 days",
                "dedicated");
        says(writing, "ledger price machine --no-dedicated --from 2026-03-01", "shared");
        refuses(writing, "ledger price machine --kwh 1 --from 2026-01-15", 2,
                "a new one from 2026-01-15T00:00:00Z would change the past");
        says(writing, "ledger price tokens some-model --in 0.15 --out 0.60 --currency usd --from 2026-01-01",
                "per million tokens: 0.15 USD read, 0.15 USD cached, 0.60 USD answered");
        JsonNode prices = json(writing, "ledger price ls");
        assertThat(prices.path("machine")).hasSize(3);
        assertThat(prices.path("tokens").get(0).path("in").asLong()).isEqualTo(150_000);
        says(writing, "ledger price ls", "2026-02-01T00:00:00Z  0.32 EUR  95.5 W  20 W  1000.00 EUR  1826 days", "some-model");
    }

    @Test
    void showsALineAndCorrectsIt() throws Problem {
        SeededBooks.make(new Home(empty.toAbsolutePath()), 2, false);
        JsonNode last = json(writing, "ledger show last");
        assertThat(last.path("kind").asString()).isEqualTo("post");
        assertThat(last.path("refersTo").path("kind").asString()).isEqualTo("reserve");
        assertThat(last.path("seal").path("sha256").asString()).hasSize(64);
        String number = last.path("line").asString();
        says(writing, "ledger show " + number, "paid by", "reservation", "tokens", last.path("id").asString());
        writing.run("ledger", "correct", number, "0.000001", "--reason", "Wrong  model");
        assertThat(writing.out()).startsWith("gave 0.000001 EUR back to ");
        says(writing, "ledger show " + number, "corrected by", "(wrong-model)");
        says(writing, "ledger correct " + number + " all --reason refund", "there is 0.00 EUR left");
        refuses(writing, "ledger correct " + number + " 0.000001 --reason refund", 2, "there is 0 left to correct");
        refuses(writing, "ledger show nothing", 3, "there is no line \"nothing\"");
        says(writing, "ledger check", "The books are whole");
    }

    @Test
    void checkEndsWithFiveWhereALineWasChanged() throws Exception {
        SeededBooks.make(new Home(empty.toAbsolutePath()), 3, false);
        JsonNode clean = json(writing, "ledger check");
        assertThat(clean.path("unsealed").asInt()).isZero();
        assertThat(clean.path("lastSeal").path("lastLine").asInt()).isEqualTo(clean.path("lines").asInt());
        tamper("UPDATE transfer SET person = 'mallory' WHERE seq = 2");
        assertThat(writing.run("ledger", "check")).isEqualTo(5);
        assertThat(writing.out()).contains("The books are damaged").contains("does not fit its lines");
        assertThat(writing.run("ledger", "check", "--json")).isEqualTo(5);
        assertThat(writing.json().path("findings")).hasSize(1);
        tamper("UPDATE account SET debits_posted = debits_posted + 1 WHERE id = 'person:anna'");
        refuses(writing, "ledger report", 5, "the books do not balance");
    }

    private void tamper(String sql) throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + empty.resolve("longhand.db"));
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /** Goal: a bar is as long as its part, and what is above nothing is seen. Method: a table. */
    @Test
    void barsAreAsLongAsTheirPart() {
        assertThat(ReportPage.bar(100, 100)).isEqualTo("█".repeat(24));
        assertThat(ReportPage.bar(50, 100)).isEqualTo("█".repeat(12));
        assertThat(ReportPage.bar(1, 1_000_000)).isEqualTo("▏");
        assertThat(ReportPage.bar(0, 100)).isEmpty();
        assertThat(ReportPage.bar(-5, 100)).isEmpty();
    }

    /** Goal: old lines go to a file, the books stay whole, and every command says that lines are missing. */
    @Test
    void archivesOldLines() throws Exception {
        SeededBooks.make(new Home(empty.toAbsolutePath()), 9, false);
        long lines = json(writing, "ledger check").get("lines").asLong();
        String day = java.time.LocalDate.ofEpochDay(dev.longhand.ledger.Times.day(dev.longhand.ledger.Times.micros(
                dev.longhand.base.Clock.SYSTEM.now()))).toString();
        Path file = empty.resolve("old.books");
        refuses(writing, "ledger archive " + file, 2, "needs one of --before DAY, --check and --lines");
        refuses(writing, "ledger archive " + file + " --before 9999-01-01", 2, "yet to come");
        refuses(writing, "ledger archive " + file + " --check", 8, "old.books");
        JsonNode made = json(writing, "ledger archive " + file + " --before " + day);
        assertThat(made.get("lines").asLong()).isPositive();
        assertThat(made.get("gone").asLong()).isPositive();
        says(writing, "ledger archive " + empty.resolve("none.books") + " --before " + day, "nothing was written");
        says(writing, "ledger archive " + file + " --check", "is whole", "It is archive 1 of these books.");
        assertThat(json(writing, "ledger archive " + file + " --check").get("archive").asLong()).isEqualTo(1);
        assertThat(writing.run("ledger", "archive", file.toString(), "--lines")).isZero();
        assertThat(writing.out().lines()).hasSize(made.get("lines").asInt()).allSatisfy(l -> assertThat(l).startsWith("{\"seq\":"));
        JsonNode check = json(writing, "ledger check");
        assertThat(check.get("lines").asLong()).isEqualTo(lines);
        assertThat(check.get("archived").asLong()).isEqualTo(made.get("gone").asLong());
        says(writing, "ledger check", "The books are whole", "more are in archives");
        assertThat(writing.run("ledger", "report")).isZero();
        assertThat(writing.err()).contains("are in archives and not in this report").contains("old.books");
        refuses(writing, "ledger show 1", 3, "ledger archive FILE --lines");
        says(writing, "verify", "more are in archives");
    }
}
