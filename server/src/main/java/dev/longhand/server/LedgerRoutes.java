package dev.longhand.server;

import dev.longhand.base.Problem;
import dev.longhand.ledger.Account;
import dev.longhand.ledger.AccountState;
import dev.longhand.ledger.Accounts;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.Budget;
import dev.longhand.ledger.Key;
import dev.longhand.ledger.Limits;
import dev.longhand.ledger.Unit;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /v1/ledger}: accounts and budgets; {@link LedgerReportRoute} has the report. */
final class LedgerRoutes {
    private static final int ACCOUNTS = 100;
    private static final int ACCOUNTS_MAX = 1_000;
    private static final String DOLLARS = "/usd";

    private final Books books;

    LedgerRoutes(Books books) {
        this.books = books;
    }

    List<Route> routes() {
        return List.of(route("GET", "accounts", Key.Role.READ_ONLY, this::list),
                route("GET", "accounts/{account...}", Key.Role.READ_ONLY, this::show),
                route("GET", "budgets", Key.Role.READ_ONLY, this::budgets),
                route("PUT", "budgets/{period}/{account...}", Key.Role.ADMIN, this::put),
                route("DELETE", "budgets/{period}/{account...}", Key.Role.ADMIN, this::remove));
    }

    private static Route route(String method, String rest, Key.Role needed, Route.Handler handler) {
        return Route.of(method, "/v1/ledger/" + rest, needed, Shape.OPENAI, handler);
    }

    /** A page of accounts, one more than fit where there are more. */
    @FunctionalInterface
    private interface Pages {
        List<AccountState> after(LedgerView view, Accounts accounts, String id, int rows) throws Problem;
    }

    private void list(Call call) throws Problem, Refusal, IOException {
        page(call, LedgerView::page, (data, state) -> data.add(LedgerReply.account(state, call.caller().account())));
    }

    private void budgets(Call call) throws Problem, Refusal, IOException {
        page(call, LedgerView::budgeted, (data, state) -> state.budgets().forEach(b -> data.add(LedgerReply.budget(b, state))));
    }

    @FunctionalInterface
    private interface Writer {
        void write(ArrayNode data, AccountState state);
    }

    private void page(Call call, Pages pages, Writer writer) throws Problem, Refusal, IOException {
        int limit = Queries.integer(call, "limit", 1, ACCOUNTS_MAX, ACCOUNTS);
        Accounts accounts = books.accounts();
        List<AccountState> page = pages.after(LedgerView.of(call.caller(), accounts), accounts, call.query("after").orElse(""),
                limit + 1);
        ObjectNode reply = Json.object();
        reply.put("object", "list");
        ArrayNode data = reply.putArray("data");
        page.stream().limit(limit).forEach(a -> writer.write(data, a));
        reply.put("has_more", page.size() > limit);
        call.reply(200, reply);
    }

    private void show(Call call) throws Problem, Refusal, IOException {
        Accounts accounts = books.accounts();
        AccountState state = LedgerView.of(call.caller(), accounts).find(accounts, call.name("account"));
        call.reply(200, LedgerReply.account(state, call.caller().account()));
    }

    private static Account account(Call call) throws Problem {
        String id = call.name("account");
        return id.endsWith(DOLLARS) ? Account.of(id.substring(0, id.length() - DOLLARS.length()), Unit.USD)
                : Account.of(id, Unit.EUR);
    }

    private void put(Call call) throws Problem, Refusal, IOException {
        Account account = account(call);
        Budget.Period period = Budget.Period.of(call.name("period"));
        Fields fields = call.fields();
        Optional<Long> hard = amount(fields, "hard", account.unit());
        Optional<Long> soft = amount(fields, "soft", account.unit());
        Optional<Long> perRequest = amount(fields, "perRequest", account.unit());
        fields.done();
        if (hard.isEmpty() && soft.isEmpty() && perRequest.isEmpty()) {
            throw Refusal.field("hard", "a budget needs hard, soft or perRequest, such as {\"hard\": \"12.50\"}");
        }
        long most = hard.orElse(Limits.BALANCE_MAX);
        if (soft.orElse(0L) > most) {
            throw Refusal.field("soft", "soft is %s and hard %s; soft is at most hard".formatted(account.unit().show(soft.get()),
                    account.unit().show(most)));
        }
        books.ledger().open(account);
        books.ledger().put(new Budget(account.id(), period, soft.orElse(most), most, perRequest.orElse(Long.MAX_VALUE)));
        AccountState state = books.accounts().of(Set.of(account.id())).getFirst();
        AccountState.Left set = state.budgets().stream().filter(b -> b.budget().period() == period).findFirst()
                .orElseThrow(() -> Refusal.of(409, "conflict", "the budget was removed at the same time"));
        ObjectNode reply = LedgerReply.budget(set, state);
        ArrayNode warnings = reply.putArray("warnings");
        fields.warnings().forEach(warnings::add);
        call.reply(200, reply);
    }

    private static Optional<Long> amount(Fields fields, String field, Unit unit) throws Problem, Refusal {
        Optional<String> text = fields.text(field);
        return text.isPresent() ? Optional.of(unit.amount(field, text.get())) : Optional.empty();
    }

    private void remove(Call call) throws Problem, Refusal, IOException {
        Account account = account(call);
        Budget.Period period = Budget.Period.of(call.name("period"));
        if (!books.ledger().removeBudget(account.id(), period)) {
            throw Refusal.notFound("%s has no budget for the period %s; nothing was removed".formatted(account.id(),
                    period.word()));
        }
        call.reply(200, Json.object().put("removed", account.id()).put("period", period.word()));
    }
}
