package dev.longhand.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.longhand.base.Problem;
import dev.longhand.ledger.Budget.Period;
import dev.longhand.store.DatabasePlace;
import dev.longhand.store.Store;
import dev.longhand.testkit.ManualClock;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What accounts show of themselves on any database. */
abstract class AccountsContract {
    private static final long DAY_NANOS = Duration.ofDays(1).toNanos();
    private static final Duration HOUR = Duration.ofHours(1);

    private final ManualClock clock = new ManualClock();
    private Store store;
    private Ledger ledger;
    private Accounts accounts;
    private Reports reports;

    abstract DatabasePlace place();

    @BeforeEach
    void openBooks() throws Problem {
        store = place().open();
        clock.advance(LocalDate.of(2024, 10, 4).toEpochDay() * DAY_NANOS);
        ledger = Ledger.open(store, clock, Limits.DEFAULT);
        accounts = new Accounts(store, clock, Limits.DEFAULT);
        reports = new Reports(store);
        for (String each : List.of("person:anna", "person:bob", "machine:cpu")) {
            ledger.open(Account.of(each, Unit.EUR));
        }
        ledger.open(Account.of("person:anna", Unit.USD));
    }

    @AfterEach
    void booksAreClean() throws Problem {
        List<String> findings = ledger.check().findings();
        store.close();
        assertEquals(List.of(), findings);
    }

    private void answer(String id, long amount) throws Problem {
        ledger.reserve(new Booking("r" + id, "person:anna", "machine:cpu", amount, Unit.EUR, Cause.of("answer")), HOUR);
        ledger.post("post:r" + id, "r" + id, amount, Meters.NONE);
    }

    /** Goal: what is left of a budget. Method: a soft and a hard limit, spent in part; then the budget goes. */
    @Test
    void showsAccountsWithWhatIsLeft() throws Problem {
        ledger.put(new Budget("person:anna", Period.MONTH, 50, 200, 150));
        ledger.put(Budget.of("person:anna", Period.EVER, 1_000));
        answer("a", 60);
        AccountState anna = accounts.after("").stream().filter(a -> a.account().id().equals("person:anna")).findFirst()
                .orElseThrow();
        assertThat(anna.budgets()).extracting(AccountState.Left::used).containsExactly(60L, 60L);
        assertThat(anna.budgets()).extracting(AccountState.Left::left).containsExactly(940L, 140L);
        assertTrue(ledger.removeBudget("person:anna", Period.MONTH));
        assertEquals(false, ledger.removeBudget("person:anna", Period.MONTH));
        assertEquals(List.of(Period.EVER), ledger.budgets("person:anna").stream().map(Budget::period).toList());
    }

    /** Goal: who pays sees all that is theirs and no more. Method: two payers; jobs of jobs, in money of two kinds. */
    @Test
    void knowsWhichAccountsBelongToAPayerAndReportsTheirs() throws Problem {
        for (String each : List.of("job:1", "job:1/a", "job:2")) {
            ledger.open(Account.of(each, Unit.EUR));
        }
        ledger.reserve(new Booking("f1", "person:anna", "job:1", 50, Unit.EUR, Cause.of("fund")), HOUR);
        ledger.reserve(new Booking("f1a", "job:1", "job:1/a", 20, Unit.EUR, Cause.of("fund")), HOUR);
        ledger.reserve(new Booking("f2", "person:bob", "job:2", 20, Unit.EUR, Cause.of("fund")), HOUR);
        Set<String> annas = accounts.belongingTo("person:anna");
        assertThat(annas).contains("person:anna", "person:anna/usd", "job:1", "job:1/a").doesNotContain("person:bob", "job:2");
        assertThat(accounts.of(annas)).extracting(a -> a.account().id()).containsExactly("job:1", "job:1/a", "person:anna",
                "person:anna/usd");
        for (String each : List.of("person:anna", "job:1/a", "job:2", "person:bob")) {
            ledger.book(new Booking("of-" + each, each, "machine:cpu", 7, Unit.EUR, Cause.of("answer")), Meters.NONE);
        }
        Filter filter = Filter.ALL.paidBy(annas);
        assertThat(reports.report(By.ACCOUNT, filter).groups()).extracting(Group::key).containsExactly("job:1/a", "person:anna");
        assertThat(reports.report(By.ACCOUNT, filter.only(By.ACCOUNT, "person:bob")).groups()).isEmpty();
        assertEquals(2, reports.report(By.DAY, filter).answers().getFirst().total().count());
    }

    /** Goal: budgets say what their period has. Method: spent last month, spent and set aside today. */
    @Test
    void showsBudgetsWithTheirPeriods() throws Problem {
        ledger.put(Budget.of("person:anna", Period.EVER, 1_000));
        ledger.put(Budget.of("person:anna", Period.MONTH, 100));
        ledger.put(Budget.of("person:anna", Period.DAY, 70));
        answer("a", 60);
        clock.advance(31 * DAY_NANOS);
        answer("b", 5);
        ledger.reserve(new Booking("open", "person:anna", "machine:cpu", 40, Unit.EUR, Cause.of("answer")), HOUR);
        assertThat(accounts.budgetedAfter("", 10)).extracting(a -> a.account().id()).containsExactly("person:anna");
        assertThat(accounts.budgetedAfter("person:anna", 10)).isEmpty();
        LocalDate today = LocalDate.of(2024, 11, 4);
        assertThat(accounts.budgetedAfter("", 10).getFirst().budgets()).containsExactly(
                new AccountState.Left(Budget.of("person:anna", Period.DAY, 70),
                        Optional.of(new AccountState.Days(today, today)), 5, 40, 25),
                new AccountState.Left(Budget.of("person:anna", Period.EVER, 1_000), Optional.empty(), 65, 40, 895),
                new AccountState.Left(Budget.of("person:anna", Period.MONTH, 100), Optional.of(new AccountState.Days(
                        LocalDate.of(2024, 11, 1), LocalDate.of(2024, 11, 30))), 5, 40, 55));
    }

    /** Goal: rows for spreadsheets. Method: a key that looks like a formula. */
    @Test
    void writesRowsAsCsv() throws Problem {
        ledger.book(new Booking("a", "person:anna", "machine:cpu", 1_234, Unit.EUR, Cause.of("answer").withModel("=1,2")),
                Meters.tokens(3, 4, 5));
        List<Reports.TimeGroup> rows = reports.report(By.MODEL, Optional.of(By.DAY), Filter.ALL).rows();
        assertThat(Exports.csv(rows)).isEqualTo("time,key,unit,amount,calls,tokensIn,tokensCached,tokensLookedUp,tokensThinking,"
                + "tokensOut,cpuMicros,diskBytes,kvByteSeconds,millijoules,isEnergyEstimated\r\n"
                + "2024-10-04,\"'=1,2\",EUR,0.001234,1,3,4,0,0,5,0,0,0,0,false\r\n");
    }
}
