package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.ledger.Account;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.Budget;
import dev.longhand.ledger.Limits;
import dev.longhand.ledger.Unit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code longhand ledger budget}. */
@Command(name = "budget", description = "Show, set or remove an account's budget. What is over the hard limit is refused before it "
        + "runs; over the soft limit there is a note.",
        footer = {"  longhand ledger budget person:anna",
            "  longhand ledger budget person:anna --hard 5 --soft 3 --per-request 0.10",
            "  longhand ledger budget desk:papers --per day --hard 0.50",
            "  longhand ledger budget person:anna --per day --remove"})
final class LedgerBudget extends BooksCommand {
    @Parameters(paramLabel = "ACCOUNT", description = "As in person:anna; in dollars person:anna/usd. Made where there is none.")
    private String account;

    @Option(names = "--per", paramLabel = "PERIOD", defaultValue = "month", description = "day, month or ever (default: month).")
    private Budget.Period period;

    @Option(names = "--hard", paramLabel = "AMOUNT", description = "More than this is refused.")
    private String hard;

    @Option(names = "--soft", paramLabel = "AMOUNT", description = "More than this is noted.")
    private String soft;

    @Option(names = "--per-request", paramLabel = "AMOUNT", description = "A request that could cost more is refused.")
    private String perRequest;

    @Option(names = "--remove", description = "Take the budget of that period away.")
    private boolean isRemoved;

    LedgerBudget(World world) {
        super(world);
    }

    @Override
    int run(Books books) throws Problem {
        boolean isSet = hard != null || soft != null || perRequest != null;
        if (isSet && isRemoved) {
            throw new Problem(Problem.Kind.USAGE, "--remove takes the budget away; it cannot be set in the same command");
        }
        boolean isDollars = account.endsWith("/usd");
        Account wanted = Account.of(isDollars ? account.substring(0, account.length() - 4) : account,
                isDollars ? Unit.USD : Unit.EUR);
        if (isSet) {
            Budget budget = budget(books, wanted);
            books.ledger().open(wanted);
            books.ledger().put(budget);
        } else if (isRemoved && !books.ledger().removeBudget(wanted.id(), period)) {
            throw new Problem(Problem.Kind.NOT_FOUND, "%s has no budget for the period %s; nothing was removed"
                    .formatted(wanted.id(), period.name().toLowerCase(Locale.ROOT)));
        }
        show(books.ledger().budgets(wanted.id()), wanted);
        return ExitCodes.OK;
    }

    /** What was not named stays as it was; a soft limit that was no limit of its own goes with the hard one. */
    private Budget budget(Books books, Account wanted) throws Problem {
        Optional<Budget> before = books.ledger().budgets(wanted.id()).stream().filter(b -> b.period() == period).findFirst();
        long hardest = hard != null ? wanted.unit().amount("--hard", hard) : before.map(Budget::hard).orElse(Limits.BALANCE_MAX);
        long softest = soft != null ? wanted.unit().amount("--soft", soft)
                : before.filter(b -> b.soft() < b.hard()).map(Budget::soft).orElse(hardest);
        long request = perRequest != null ? wanted.unit().amount("--per-request", perRequest)
                : before.map(Budget::requestMax).orElse(Long.MAX_VALUE);
        if (softest > hardest) {
            throw new Problem(Problem.Kind.USAGE, "the soft limit, %s, would be above the hard one, %s; name both --soft and --hard"
                    .formatted(wanted.unit().show(softest), wanted.unit().show(hardest)));
        }
        return new Budget(wanted.id(), period, softest, hardest, request);
    }

    private void show(List<Budget> budgets, Account wanted) {
        if (isJson) {
            Json.print(world.out(), Json.object("account", wanted.id(), "unit", wanted.unit().name(),
                    "budgets", budgets.stream().map(LedgerCommand::json).toList()));
        } else if (budgets.isEmpty()) {
            world.out().println(Style.safe(wanted.id() + " has no budget; what it spends has no limit."));
        } else {
            Table table = new Table("ACCOUNT", "PER", "HARD", "SOFT", "PER REQUEST").right(2, 3, 4);
            budgets.forEach(b -> table.row(b.account(), b.period().name().toLowerCase(Locale.ROOT), limit(b.hard(), wanted.unit()),
                    b.soft() < b.hard() ? limit(b.soft(), wanted.unit()) : "none", limit(b.requestMax(), wanted.unit())));
            table.print(world);
        }
    }

    private static String limit(long amount, Unit unit) {
        return Budget.isLimit(amount) ? unit.show(amount) : "none";
    }
}
