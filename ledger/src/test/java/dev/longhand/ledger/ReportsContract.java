package dev.longhand.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.longhand.base.Problem;
import dev.longhand.ledger.Budget.Period;
import dev.longhand.ledger.Transfer.Kind;
import dev.longhand.store.DatabasePlace;
import dev.longhand.store.Store;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.ManualClock;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What reports, machine days and exports promise on any database. {@code -Dledger.seed} repeats a failure. */
abstract class ReportsContract {
    private static final long SEED = Long.getLong("ledger.seed", 0x5eed);
    private static final long DAY_NANOS = Duration.ofDays(1).toNanos();
    private static final Duration HOUR = Duration.ofHours(1);
    private static final long FIRST_DAY = 20_000;
    private static final MachinePrice DEDICATED = new MachinePrice(1, 300_000, 65_000, 20_000, 1_000_000_000, 1_461, 2, true);

    private final ManualClock clock = new ManualClock();
    private Store store;
    private Ledger ledger;
    private Prices prices;
    private Reports reports;
    private MachineDays days;

    abstract DatabasePlace place();

    @BeforeEach
    void openBooks() throws Problem {
        store = place().open();
        clock.advance(FIRST_DAY * DAY_NANOS);
        ledger = Ledger.open(store, clock, Limits.DEFAULT);
        prices = new Prices(store, 2);
        reports = new Reports(store);
        days = new MachineDays(store, ledger, clock, 2);
        for (String each : List.of("person:anna", "person:bob", "cost-centre:lab", "machine:cpu", "machine:overrun",
                "provider:big")) {
            ledger.open(Account.of(each, Unit.EUR));
            ledger.open(Account.of(each, Unit.USD));
        }
    }

    @AfterEach
    void booksAreClean() throws Problem {
        List<String> findings = ledger.check().findings();
        store.close();
        assertEquals(List.of(), findings);
    }

    private static String repeat(Gen gen) {
        return "seed " + gen.seed() + "; repeat with mvn test -pl ledger -am -Dtest='*ReportsTest' -Dledger.seed=" + gen.seed()
                + " -Dsurefire.failIfNoSpecifiedTests=false";
    }

    private static Cause cause(Gen gen) {
        return Cause.of(gen.oneOf("answer", "answer", "read", "embed", "score")).withPerson(gen.oneOf("anna", "bob", ""))
                .withDesk(gen.oneOf("papers", "code", "", "Ünï 'x'")).withModel(gen.oneOf("small", "big", "m%_"))
                .withJob(gen.oneOf("", "", "j1", "j2"), gen.between(0, 4), 1);
    }

    private static Meters meters(Gen gen) {
        return new Meters(gen.between(0, 5_000), gen.between(0, 900), gen.between(0, 9), gen.between(0, 9), gen.between(0, 300),
                gen.between(0, 40_000_000), gen.between(0, 9_999), gen.bits() >>> 20, gen.between(0, 900_000), gen.chance(0.5));
    }

    /** Books of many kinds of lines over a few weeks, closed days among them. */
    private void bookAtRandom(Gen gen, int lines) throws Problem {
        List<Transfer> spent = new ArrayList<>();
        for (int i = 0; i < lines; i++) {
            clock.advance(gen.between(1, 12) * DAY_NANOS / 40);
            Unit unit = gen.chance(0.8) ? Unit.EUR : Unit.USD;
            String debit = Account.of(gen.oneOf("person:anna", "person:bob", "cost-centre:lab"), unit).id();
            String credit = Account.of(gen.oneOf("machine:cpu", "machine:cpu", "provider:big", "person:bob", "cost-centre:lab"),
                    unit).id();
            if (debit.equals(credit)) {
                continue;
            }
            Booking booking = new Booking("r" + i, debit, credit, gen.between(1, 100_000), unit, cause(gen));
            if (gen.chance(0.2) && !spent.isEmpty()) {
                correct(gen, gen.oneOf(spent.toArray(Transfer[]::new)), i);
            } else if (gen.chance(0.3)) {
                spent.add(((Admission.Admitted) ledger.book(booking, meters(gen))).transfer());
            } else {
                ledger.reserve(booking, HOUR);
                if (gen.chance(0.2)) {
                    ledger.release("v" + i, "r" + i);
                } else {
                    spent.add(ledger.post("post:r" + i, "r" + i, gen.between(0, (int) booking.amount() + 1), meters(gen)));
                    overrun(gen, i, booking);
                }
            }
            if (gen.chance(0.1)) {
                days.close();
            }
        }
    }

    private void overrun(Gen gen, int i, Booking of) throws Problem {
        if (gen.chance(0.2)) {
            ledger.book(new Booking("over:r" + i, Account.of("machine:overrun", of.unit()).id(),
                    Account.of("machine:cpu", of.unit()).id(), gen.between(1, 500), of.unit(), of.cause().withPurpose("overrun")),
                    Meters.NONE);
        }
    }

    private void correct(Gen gen, Transfer line, int i) throws Problem {
        long left = line.amount() - store.read(tx -> Rows.correctedOf(tx, line.id()));
        if (left > 0) {
            ledger.correct("c" + i, line.id(), 1 + (gen.bits() >>> 1) % left, cause(gen).withPurpose("refund"));
        }
    }

    /** Each line's part of what was spent, as the definition says: the line it counts with, its amount, its calls, its meters. */
    private record Part(Transfer of, long amount, long calls, Meters meters) {}

    private List<Part> parts() throws Problem {
        Map<String, Transfer> all = new HashMap<>();
        List<Part> parts = new ArrayList<>();
        for (Transfer each : lines()) {
            all.put(each.id(), each);
            boolean isCorrection = each.kind() == Kind.CORRECT;
            Transfer of = isCorrection ? all.get(each.refers()) : each;
            boolean isSpent = (of.kind() == Kind.BOOK || of.kind() == Kind.POST) && !of.id().startsWith("day:")
                    && (of.booking().credit().startsWith("machine:") || of.booking().credit().startsWith("provider:"));
            if (isSpent && isCorrection) {
                parts.add(new Part(of, -each.amount(), 0, Meters.NONE));
            } else if (isSpent) {
                parts.add(new Part(of, each.amount(), of.booking().cause().purpose().equals("overrun") ? 0 : 1, each.meters()));
            }
        }
        return parts;
    }

    private List<Transfer> lines() throws Problem {
        return store.read(tx -> Rows.transfersAfter(tx, 0, 50_000));
    }

    private static String key(By by, Transfer line) {
        Cause c = line.booking().cause();
        String date = Times.instant(line.atMicros()).toString().substring(0, 10);
        return switch (by) {
            case HOUR -> Times.instant(line.atMicros()).toString().substring(0, 13);
            case DAY -> date;
            case MONTH -> date.substring(0, 7);
            case PERSON -> c.person();
            case DESK -> c.desk();
            case MODEL -> c.model();
            case PURPOSE -> c.purpose();
            case JOB -> c.job();
            case ACCOUNT -> line.booking().debit();
        };
    }

    private static boolean takes(Filter filter, Transfer line) {
        LocalDate day = LocalDate.parse(key(By.DAY, line));
        return !day.isBefore(filter.since()) && !day.isAfter(filter.until())
                && filter.only().entrySet().stream().allMatch(e -> key(e.getKey(), line).equals(e.getValue()));
    }

    private static Filter filter(Gen gen, int number) {
        LocalDate first = LocalDate.ofEpochDay(FIRST_DAY);
        return switch (number) {
            case 0 -> Filter.ALL;
            case 1 -> Filter.ALL.since(first.plusDays(gen.between(0, 10))).until(first.plusDays(gen.between(11, 30)));
            case 2 -> Filter.ALL.only(By.PERSON, "").only(By.MODEL, "m%_");
            case 3 -> Filter.ALL.only(By.ACCOUNT, "person:anna").since(first.plusDays(3));
            default -> Filter.ALL.only(By.DESK, "Ünï 'x'");
        };
    }

    /** Goal: a report's totals are the sum of postings, however it is grouped. Method: random lines, added up again in Java. */
    @Test
    void groupsAddUpToThePostings() throws Problem {
        Gen gen = new Gen(SEED);
        prices.put(DEDICATED);
        bookAtRandom(gen, 400);
        for (int number = 0; number < 5; number++) {
            Filter filter = filter(gen, number);
            List<Part> parts = parts().stream().filter(p -> takes(filter, p.of())).toList();
            for (By by : By.values()) {
                Map<String, Group> expected = new TreeMap<>();
                for (Part each : parts) {
                    Unit unit = each.of().booking().unit();
                    expected.merge(unit.ordinal() + key(by, each.of()), new Group(key(by, each.of()), unit, each.amount(),
                            each.calls(), each.meters()), Group::plus);
                }
                Report report = reports.report(by, filter);
                String where = by + " of " + filter + ", " + repeat(gen);
                assertThat(report.groups()).as(where).containsExactlyInAnyOrderElementsOf(expected.values());
                for (Group total : report.totals()) {
                    assertEquals(parts.stream().filter(p -> p.of().booking().unit() == total.unit()).mapToLong(Part::amount).sum(),
                            total.amount(), where);
                }
                assertEquals(parts.stream().map(p -> p.of().booking().unit()).distinct().count(), report.totals().size(), where);
                assertEquals(report.groups().stream().mapToLong(Group::calls).sum(), reports.perDay(by, filter).stream().mapToLong(
                        d -> d.group().calls()).sum(), where);
            }
            answersAre(gen, filter);
            rowsOverTimeAddUpToTheGroups(gen, filter);
        }
        assertTrue(reports.report(By.MONTH, Filter.ALL).machine().days() > 5, repeat(gen));
    }

    private void rowsOverTimeAddUpToTheGroups(Gen gen, Filter filter) throws Problem {
        By by = gen.oneOf(By.PERSON, By.DESK, By.MODEL, By.PURPOSE, By.JOB, By.ACCOUNT);
        for (By per : List.of(By.HOUR, By.DAY, By.MONTH)) {
            List<Reports.TimeGroup> rows = reports.report(by, Optional.of(per), filter).rows();
            String where = by + " per " + per + " of " + filter + ", " + repeat(gen);
            assertEquals(reports.report(per, filter).groups(), added(rows, r -> r.group().withKey(r.time())), where);
            assertEquals(reports.report(by, filter).groups(), added(rows, Reports.TimeGroup::group), where);
        }
    }

    private static List<Group> added(List<Reports.TimeGroup> rows, Function<Reports.TimeGroup, Group> as) {
        Map<String, Group> sums = new TreeMap<>();
        rows.stream().map(as).forEach(g -> sums.merge(g.unit().ordinal() + g.key(), g, Group::plus));
        return List.copyOf(sums.values());
    }

    private void answersAre(Gen gen, Filter filter) throws Problem {
        Map<Unit, long[]> expected = new TreeMap<>();
        for (Part each : parts()) {
            Cause cause = each.of().booking().cause();
            boolean isOver = cause.purpose().equals("overrun");
            Transfer of = isOver ? ledger.transfer("post:" + each.of().id().substring(5)).orElseThrow() : each.of();
            if (takes(filter, of) && of.booking().cause().purpose().equals("answer") && (!isOver || each.amount() > 0)) {
                long[] sums = expected.computeIfAbsent(of.booking().unit(), u -> new long[2]);
                sums[0] += each.calls();
                sums[1] += each.amount();
            }
        }
        Map<Unit, long[]> found = new TreeMap<>();
        reports.report(By.DAY, filter).answers().forEach(a -> found.put(a.unit(), new long[] {a.total().count(), a.total()
                .amount()}));
        assertThat(found.keySet()).as(repeat(gen)).isEqualTo(expected.keySet());
        expected.forEach((unit, sums) -> assertThat(found.get(unit)).as(unit + " " + filter + ", " + repeat(gen))
                .containsExactly(sums));
    }

    private Transfer answer(String id, long amount, Meters meters) throws Problem {
        ledger.reserve(new Booking("r" + id, "person:anna", "machine:cpu", amount * 2, Unit.EUR,
                Cause.of("answer").withModel("small")), HOUR);
        return ledger.post("post:r" + id, "r" + id, amount, meters);
    }

    /** Goal: a mistake is taken from where it was counted. Method: correct a line of the first day a week later. */
    @Test
    void takesACorrectionFromTheGroupOfItsLine() throws Problem {
        Transfer line = answer("a", 100, Meters.tokens(1, 2, 3));
        clock.advance(7 * DAY_NANOS);
        answer("b", 50, Meters.NONE);
        ledger.correct("c", line.id(), 30, Cause.of("refund").withPerson("bob"));
        assertThat(reports.report(By.DAY, Filter.ALL).groups()).extracting(Group::key, Group::amount, Group::calls).containsExactly(
                org.assertj.core.groups.Tuple.tuple("2024-10-04", 70L, 1L), org.assertj.core.groups.Tuple.tuple("2024-10-11", 50L,
                1L));
        assertThat(reports.report(By.PERSON, Filter.ALL).groups()).extracting(Group::key).containsExactly("");
        assertEquals(120, reports.report(By.PURPOSE, Filter.ALL).totals().getFirst().amount());
    }

    /** Goal: the cost per answer and where it goes. Method: three days, the last at half the price. */
    @Test
    void saysWhatAnAnswerCosts() throws Problem {
        answer("a", 100, Meters.NONE);
        answer("b", 101, Meters.NONE);
        clock.advance(DAY_NANOS);
        answer("c", 80, Meters.NONE);
        clock.advance(DAY_NANOS);
        answer("d", 40, Meters.NONE);
        ledger.book(new Booking("over:rd", "machine:overrun", "machine:cpu", 10, Unit.EUR, Cause.of("overrun").withModel("small")),
                Meters.NONE);
        Answers answers = reports.report(By.MODEL, Filter.ALL).answers().getFirst();
        assertEquals(new Answers.Span("", 4, 331), answers.total());
        assertEquals(83, answers.total().mean());
        assertThat(answers.spans()).extracting(Answers.Span::mean).containsExactly(101L, 80L, 50L);
        assertThat(answers.change().orElseThrow()).isCloseTo(50 / 100.5 - 1, org.assertj.core.api.Assertions.within(1e-12));
        assertEquals(List.of(new Answers.Span("2024-10", 4, 331)), reports.report(By.MONTH, Filter.ALL).answers().getFirst()
                .spans());
    }

    /** Goal: cached tokens are worth what read ones cost. Method: calls that cost 3 per token read and 20 per token answered. */
    @Test
    void estimatesWhatTheCacheSaved() throws Problem {
        int[][] calls = {{100, 0, 7}, {800, 50, 20}, {10, 900, 40}};
        for (int[] each : calls) {
            answer("x" + each[0], 3L * each[0] + 20L * each[2], Meters.tokens(each[0], each[1], each[2]));
        }
        assertEquals(List.of(new Saving("small", Unit.EUR, 950, 2_850, true)), reports.report(By.DAY, Filter.ALL).savings());
    }

    /** Goal: with a price list nothing is estimated. Method: two prices, cached tokens under each. */
    @Test
    void takesAProvidersSavingFromItsPriceList() throws Problem {
        long day = Times.startOfDay(FIRST_DAY);
        prices.put(new TokenPrice("big", day, Unit.USD, 2_000_000, 500_000, 9_000_000));
        prices.put(new TokenPrice("big", day + Times.DAY_MICROS, Unit.USD, 1_000_000, 500_000, 9_000_000));
        Booking booking = new Booking("a", "person:anna/usd", "provider:big/usd", 70, Unit.USD, Cause.of("answer")
                .withModel("big"));
        ledger.book(booking, Meters.tokens(5, 1_000, 5));
        clock.advance(DAY_NANOS);
        ledger.book(new Booking("b", "person:anna/usd", "provider:big/usd", 70, Unit.USD, booking.cause()),
                Meters.tokens(5, 100, 5));
        assertEquals(List.of(new Saving("big", Unit.USD, 1_100, 1_550, false)), reports.report(By.DAY, Filter.ALL).savings());
    }

    /**
     * Goal: users + idle = electricity + write-off, to the millionth, on every day. Method: random use over weeks, the price
     * changes in the middle; per day from the lines.
     */
    @Test
    void meetsTheBillOfEveryDay() throws Problem {
        Gen gen = new Gen(SEED + 1);
        prices.put(DEDICATED);
        long change = FIRST_DAY + 20;
        prices.put(new MachinePrice(Times.startOfDay(change) + 1, 450_000, 90_000, 30_000, 2_000_000_000, 700, 2, true));
        bookAtRandom(gen, 200);
        clock.advance(3 * DAY_NANOS);
        for (int closed = 1; closed > 0; ) {
            closed = days.close();
            assertTrue(closed <= 10, "one call closed " + closed + " days");
        }
        long today = Times.day(Times.micros(clock.now()));
        long users = 0;
        for (long day = FIRST_DAY; day < today; day++) {
            LocalDate date = LocalDate.ofEpochDay(day);
            MachineCost cost = reports.report(By.DAY, Filter.ALL.since(date).until(date)).machine();
            assertEquals(1, cost.days(), date + ", " + repeat(gen));
            long paid = paid(day);
            assertEquals(cost.energy() + cost.writeOff(), paid + cost.idle(), date + ", " + repeat(gen));
            assertEquals(day <= change ? 684_463 : 2_857_143, cost.writeOff(), date.toString());
            users += paid;
        }
        assertTrue(users > 0, repeat(gen));
        Balance cpu = ledger.balance("machine:cpu");
        assertEquals(cpu.creditsPosted(), cpu.debitsPosted(), "nothing is left on machine:cpu, " + repeat(gen));
        int before = lines().size();
        assertEquals(0, days.close());
        assertEquals(before, lines().size());
    }

    /** What came to the machine on a day, from the lines. */
    private long paid(long day) throws Problem {
        long paid = 0;
        for (Transfer each : lines()) {
            boolean counts = each.kind() == Kind.BOOK || each.kind() == Kind.POST || each.kind() == Kind.CORRECT;
            if (counts && Times.day(each.atMicros()) == day && !each.id().startsWith("day:")) {
                paid += each.booking().credit().equals("machine:cpu") ? each.amount() : 0;
                paid -= each.booking().debit().equals("machine:cpu") ? each.amount() : 0;
            }
        }
        return paid;
    }

    /** Goal: the figures of a day. Method: by hand: 20 W all day, 1,000 s of a processor at (65 - 20) / 2 W above, 0.30 EUR/kWh. */
    @Test
    void addsIdlePowerAndWhatWorkTookAboveIt() throws Problem {
        prices.put(DEDICATED);
        long cpuMicros = 1_000_000_000;
        long millijoules = DEDICATED.declaredMillijoules(cpuMicros);
        ledger.book(new Booking("a", "person:anna", "machine:cpu", DEDICATED.cost(cpuMicros, millijoules), Unit.EUR,
                Cause.of("answer")), new Meters(9, 0, 0, 0, 9, cpuMicros, 0, 0, millijoules, true));
        assertEquals(0, days.close());
        clock.advance(DAY_NANOS);
        assertEquals(1, days.close());
        // 20 W * 86,400 s + 22.5 W * 1,000 s = 1,750,500 J = 0.48625 kWh
        assertEquals(new MachineCost(1, 145_875, 684_463, 145_875 + 684_463 - DEDICATED.cost(cpuMicros, millijoules)),
                reports.report(By.DAY, Filter.ALL).machine());
        assertEquals("day:2024-10-04:energy", reports.line("2").orElseThrow().line().id());
        assertEquals(1, reports.report(By.PURPOSE, Filter.ALL).groups().size(), "closing is no consumption");
        assertThat(assertThrows(Problem.class, () -> ledger.correct("x", "day:2024-10-04:energy", 1, Cause.of("refund"))))
                .hasMessageContaining("closes a day of the machine");
    }

    /** Goal: a shared machine's idle time is nobody's. Method: shared for ten days, dedicated for two, shared again. */
    @Test
    void closesOnlyDaysOfADedicatedMachine() throws Problem {
        ledger.book(new Booking("a", "person:anna", "machine:cpu", 7, Unit.EUR, Cause.of("answer")), Meters.NONE);
        clock.advance(30 * DAY_NANOS);
        assertEquals(0, days.close(), "nobody has said that it is dedicated");
        prices.put(from(FIRST_DAY + 10, true));
        prices.put(from(FIRST_DAY + 12, false));
        while (days.close() > 0) {
            // Until none is due.
        }
        assertEquals(2, reports.report(By.DAY, Filter.ALL).machine().days());
        assertThat(lines()).extracting(Transfer::id).contains("day:2024-10-14:idle", "day:2024-10-15:idle").hasSize(7);
    }

    private static MachinePrice from(long day, boolean isDedicated) {
        return new MachinePrice(Times.startOfDay(day), 300_000, 65_000, 20_000, 1_000_000_000, 1_461, 2, isDedicated);
    }

    /** Goal: a line with all that belongs to it. Method: post, correct, seal; by id, by number, the last. */
    @Test
    void showsALineWithWhatBelongsToIt() throws Problem {
        Transfer line = answer("a", 60, Meters.tokens(1, 2, 3));
        Transfer refund = ledger.correct("c", line.id(), 10, Cause.of("refund"));
        assertEquals(java.util.Optional.empty(), reports.line(line.id()).orElseThrow().seal());
        Seal seal = ledger.seal().orElseThrow();
        Reports.Shown shown = reports.line(line.id()).orElseThrow();
        assertEquals("ra", shown.refersTo().orElseThrow().id());
        assertEquals(List.of(refund), shown.referredBy());
        assertEquals(seal, shown.seal().orElseThrow());
        assertEquals(shown, reports.line("2").orElseThrow());
        assertEquals(shown, reports.lastSpent().orElseThrow());
        assertTrue(reports.line("99").isEmpty() && reports.line("nothing").isEmpty());
        assertEquals(seal, reports.lastSeal().orElseThrow());
    }

    private List<List<String>> export(Exports.Format format, int pageRows) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        long rows = new Exports(store, new Limits(1_000, HOUR, 10, pageRows, 10)).write(out, format);
        List<List<String>> table = CsvReader.rows(out.toString(StandardCharsets.UTF_8));
        assertEquals(rows + 1, table.size());
        assertThat(table).allSatisfy(r -> assertThat(r).hasSameSizeAs(table.getFirst()));
        return table;
    }

    /** Goal: a FOCUS file's costs are the report's. Method: random lines, pages of seven, columns added up by a reader. */
    @Test
    void exportsFocusRowsThatAddUpToTheReport() throws Exception {
        Gen gen = new Gen(SEED + 2);
        prices.put(DEDICATED);
        bookAtRandom(gen, 150);
        List<List<String>> table = export(Exports.Format.FOCUS, 7);
        List<String> head = table.getFirst();
        assertThat(head).contains("BilledCost", "BillingAccountId", "BillingAccountName", "BillingCurrency", "BillingPeriodEnd",
                "BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargePeriodEnd", "ChargePeriodStart",
                "ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost", "PricingQuantity", "PricingUnit",
                "ProviderName",
                "PublisherName", "ServiceCategory", "ServiceName").doesNotHaveDuplicates();
        Map<String, java.math.BigDecimal> sums = new TreeMap<>();
        for (List<String> row : table.subList(1, table.size())) {
            java.math.BigDecimal cost = new java.math.BigDecimal(row.get(head.indexOf("BilledCost")));
            sums.merge(row.get(head.indexOf("BillingCurrency")), cost, java.math.BigDecimal::add);
            String quantity = row.get(head.indexOf("PricingQuantity"));
            if (row.get(head.indexOf("ChargeClass")).isEmpty()) {
                assertEquals(0, cost.compareTo(new java.math.BigDecimal(quantity).multiply(new java.math.BigDecimal(
                        row.get(head.indexOf("ListUnitPrice"))))), row.toString());
            }
            assertThat(row.get(head.indexOf("ChargePeriodStart"))).isLessThan(row.get(head.indexOf("ChargePeriodEnd")));
        }
        for (Group total : reports.report(By.DAY, Filter.ALL).totals()) {
            assertEquals(java.math.BigDecimal.valueOf(total.amount(), 6), sums.get(total.unit().name()), repeat(gen));
        }
    }

    /** Goal: every line, every column, in both plain forms. Method: the same lines read back from each. */
    @Test
    void exportsEveryLine() throws Exception {
        Gen gen = new Gen(SEED + 3);
        bookAtRandom(gen, 60);
        List<List<String>> table = export(Exports.Format.CSV, 9);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new Exports(store, Limits.DEFAULT).write(out, Exports.Format.JSON);
        List<String> objects = out.toString(StandardCharsets.UTF_8).lines().toList();
        List<Transfer> lines = lines();
        assertEquals(lines.size(), table.size() - 1);
        assertEquals(lines.size(), objects.size());
        for (int i = 0; i < lines.size(); i++) {
            Map<String, Object> fields = Exports.fields(lines.get(i));
            assertThat(table.get(i + 1)).as(repeat(gen)).containsExactlyElementsOf(fields.values().stream().map(String::valueOf)
                    .toList());
            tools.jackson.databind.JsonNode read = tools.jackson.databind.json.JsonMapper.shared().readTree(objects.get(i));
            fields.forEach((name, value) -> assertEquals(String.valueOf(value), read.get(name).asString(), name));
        }
    }

    /** Goal: a spreadsheet never runs what somebody called a desk. Method: names that are formulas, or break rows. */
    @Test
    void exportsNamesThatAreNoFormulas() throws Exception {
        List<String> bad = List.of("=1+1", "+1", "-1", "@x", " =1", "a\"b", "a,b", "plain");
        for (int i = 0; i < bad.size(); i++) {
            ledger.book(new Booking("b" + i, "person:anna", "machine:cpu", 1, Unit.EUR, Cause.of("answer").withDesk(bad.get(i))),
                    Meters.NONE);
        }
        for (Exports.Format format : List.of(Exports.Format.CSV, Exports.Format.FOCUS)) {
            List<List<String>> table = export(format, 3);
            int column = table.getFirst().indexOf(format == Exports.Format.CSV ? "desk" : "ResourceId");
            assertThat(table.subList(1, table.size())).extracting(r -> r.get(column)).containsExactly("'=1+1", "'+1", "'-1", "'@x",
                    "' =1", "a\"b", "a,b", "plain");
        }
    }
}
