package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.ledger.Account;
import dev.longhand.ledger.AccountState;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.Budget;
import dev.longhand.ledger.Cause;
import dev.longhand.ledger.CheckReport;
import dev.longhand.ledger.Seal;
import dev.longhand.ledger.Transfer;
import dev.longhand.ledger.Unit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code longhand ledger}: where the money went. */
@Command(name = "ledger",
        description = "Where the money went: reports, accounts, budgets, prices, exports, and a check of the books.",
        footer = {"  longhand ledger report --by model", "  longhand ledger accounts",
            "  longhand ledger budget person:anna --hard 5",
            "  longhand ledger export costs.csv --format focus"})
final class LedgerCommand extends CliCommand {
    static final String EMPTY = "Nothing is booked yet; 'longhand ask FOLDER QUESTION' books what it costs.";

    LedgerCommand(World world) {
        super(world);
    }

    /** The parser of this verb with its own verbs. */
    static CommandLine line(World world) {
        return new CommandLine(new LedgerCommand(world))
                .addSubcommand("accounts", new Accounts(world))
                .addSubcommand("show", new LedgerShow(world))
                .addSubcommand("report", new LedgerReport(world))
                .addSubcommand("export", new LedgerExport(world))
                .addSubcommand("check", new CheckBooks(world))
                .addSubcommand("archive", new LedgerArchive(world))
                .addSubcommand("budget", new LedgerBudget(world))
                .addSubcommand("price", LedgerPrice.line(world))
                .addSubcommand("correct", new Correct(world));
    }

    @Override
    public Integer call() throws Problem {
        throw new Problem(Problem.Kind.USAGE,
                "ledger needs one of accounts, show, report, export, check, archive, budget, price, correct; "
                + "see 'longhand ledger --help'");
    }

    /** {@code "per month: 0.12 of 5.00 EUR, 4.88 EUR left; soft limit 3.00 EUR; at most 0.10 EUR per request"}. */
    static String budget(Budget budget, Unit unit, long used, long left) {
        String span = budget.period() == Budget.Period.EVER ? "in all" : "per " + budget.period().name().toLowerCase(Locale.ROOT);
        StringBuilder text = new StringBuilder(span + ": " + unit.show(used));
        text.append(Budget.isLimit(budget.hard()) ? " of " + unit.show(budget.hard()) + ", " + unit.show(left) + " left"
                : ", no hard limit");
        if (budget.soft() < budget.hard()) {
            text.append("; soft limit ").append(unit.show(budget.soft()));
        }
        if (Budget.isLimit(budget.requestMax())) {
            text.append("; at most ").append(unit.show(budget.requestMax())).append(" per request");
        }
        return text.toString();
    }

    static Map<String, Object> json(Budget budget) {
        return Json.object("account", budget.account(), "period", budget.period().name().toLowerCase(Locale.ROOT),
                "hard", Budget.isLimit(budget.hard()) ? budget.hard() : null,
                "soft", Budget.isLimit(budget.soft()) ? budget.soft() : null,
                "perRequest", Budget.isLimit(budget.requestMax()) ? budget.requestMax() : null);
    }

    @Command(name = "accounts", description = "List the accounts: what they spent and received, their budgets and what is left.",
            footer = {"  longhand ledger accounts", "  longhand ledger accounts --json"})
    static final class Accounts extends BooksCommand {
        private final List<Map<String, Object>> objects = new ArrayList<>();
        private final Table table = new Table("ACCOUNT", "SPENT", "SET ASIDE", "RECEIVED", "BUDGETS").right(1, 2, 3);

        Accounts(World world) {
            super(world);
        }

        @Override
        int run(Books books) throws Problem {
            books.closeDays();
            String last = "";
            for (List<AccountState> page; !(page = books.accounts().after(last)).isEmpty();
                    last = page.getLast().account().id()) {
                page.forEach(isJson ? a -> objects.add(json(a)) : this::row);
            }
            if (isJson) {
                Json.print(world.out(), Json.object("accounts", objects));
            } else if (last.isEmpty()) {
                world.out().println(EMPTY);
            } else {
                table.print(world);
            }
            return ExitCodes.OK;
        }

        private void row(AccountState state) {
            Unit unit = state.account().unit();
            boolean isPayee = state.account().kind() == Account.Kind.MACHINE || state.account().kind() == Account.Kind.PROVIDER;
            List<String> budgets = state.budgets().stream().map(b -> budget(b.budget(), unit, b.used(), b.left())).toList();
            table.row(state.account().id(), shown(state.balance().spent(), unit), shown(state.balance().debitsPending(), unit),
                    isPayee ? shown(state.balance().creditsPosted(), unit) : "",
                    budgets.isEmpty() ? "" : budgets.getFirst());
            budgets.stream().skip(1).forEach(b -> table.row("", "", "", "", b));
        }

        private static String shown(long amount, Unit unit) {
            return amount == 0 ? "" : ReportPage.amount(amount, unit) + " " + unit;
        }

        private static Map<String, Object> json(AccountState state) {
            return Json.object("id", state.account().id(), "kind", state.account().kind().name().toLowerCase(Locale.ROOT),
                    "unit", state.account().unit().name(), "spent", state.balance().spent(),
                    "setAside", state.balance().debitsPending(), "debits", state.balance().debitsPosted(),
                    "credits", state.balance().creditsPosted(), "budgets", state.budgets().stream().map(b -> {
                        Map<String, Object> budget = LedgerCommand.json(b.budget());
                        budget.put("used", b.used());
                        budget.put("left", Budget.isLimit(b.budget().hard()) ? b.left() : null);
                        return budget;
                    }).toList());
        }
    }

    @Command(name = "check", description = "Read all lines again and compare: sums, order, reservations, seals. Ends with 5 where "
            + "something is wrong.",
            footer = {"  longhand ledger check", "  longhand ledger check --json"})
    static final class CheckBooks extends BooksCommand {
        CheckBooks(World world) {
            super(world);
        }

        @Override
        int run(Books books) throws Problem {
            CheckReport report = books.ledger().check();
            Optional<Seal> seal = books.reports().lastSeal();
            if (isJson) {
                Json.print(world.out(), Json.object("lines", report.transfers(), "archived", report.archived(),
                        "unsealed", report.unsealed(), "findings", report.findings(),
                        "lastSeal", seal.map(s -> Json.object("number", s.number(), "lastLine",
                        s.lastSeq(), "sha256", s.hash().hex())).orElse(null)));
            } else {
                world.out().println(report.isClean() ? "The books are whole: "
                        + Units.count(report.transfers() - report.archived()) + " lines read again"
                        + (report.archived() == 0 ? "." : "; " + Units.count(report.archived()) + " more are in archives.")
                        : "The books are damaged; restore them from a backup:");
                report.findings().forEach(f -> world.out().println("  " + Style.safe(f)));
                world.out().println(Units.count(report.unsealed()) + " lines at the end are not sealed yet.");
                seal.ifPresent(s -> world.out().println("The last seal, number " + s.number() + ", ends with line " + s.lastSeq()
                        + ":\n  " + s.hash().hex() + "\nNote it elsewhere: who changes these lines cannot make it again."));
            }
            return report.isClean() ? ExitCodes.OK : Problem.Kind.MALFORMED.exitCode();
        }
    }

    @Command(name = "correct", description = "Give back part or all of what a line booked, as a line of its own.",
            footer = {"  longhand ledger correct 1234 0.000020 --reason refund",
                "  longhand ledger correct last all --reason wrong-model"})
    static final class Correct extends BooksCommand {
        @Parameters(index = "0", paramLabel = "LINE", description = "The line's id or number, or last; see 'longhand ledger show'.")
        private String line;

        @Parameters(index = "1", paramLabel = "AMOUNT", description = "As in 0.05, or all that is left of it.")
        private String amount;

        @Option(names = "--reason", paramLabel = "WORDS", required = true, description = "Why, in a few words without digits.")
        private String reason;

        Correct(World world) {
            super(world);
        }

        @Override
        int run(Books books) throws Problem {
            Transfer wrong = LedgerShow.find(books, line).line();
            long given = LedgerShow.find(books, wrong.id()).referredBy().stream().filter(t -> t.kind() == Transfer.Kind.CORRECT)
                    .mapToLong(Transfer::amount).sum();
            Unit unit = wrong.booking().unit();
            long micros = amount.equals("all") ? wrong.amount() - given : amount(unit);
            Transfer correction = books.ledger().correct("correct:" + UUID.randomUUID(), wrong.id(), micros,
                    Cause.of(purpose(reason)).withPerson(OpenBooks.person()));
            if (isJson) {
                Json.print(world.out(), LedgerShow.json(correction));
            } else {
                world.out().println(Style.safe("gave " + unit.show(micros) + " back to " + wrong.booking().debit() + " as line "
                        + correction.seq() + "; of " + wrong.id() + " there is " + unit.show(wrong.amount() - given - micros)
                        + " left"));
            }
            return ExitCodes.OK;
        }

        private long amount(Unit unit) throws Problem {
            if (!unit.isMoney()) {
                throw new Problem(Problem.Kind.USAGE, "the line counts " + unit + ", which only 'all' corrects");
            }
            return unit.amount("AMOUNT", amount);
        }

        /** A reason is kept as a purpose: lower-case letters and hyphens. */
        private static String purpose(String reason) throws Problem {
            String purpose = reason.strip().toLowerCase(Locale.ROOT).replaceAll("\\s+", "-");
            if (!purpose.matches("[a-z][a-z-]{0,39}")) {
                throw new Problem(Problem.Kind.USAGE, "--reason is \"" + reason
                        + "\"; it is kept as 1 to 40 letters from a to z and "
                        + "hyphens, as in refund or wrong-model");
            }
            return purpose;
        }
    }
}
