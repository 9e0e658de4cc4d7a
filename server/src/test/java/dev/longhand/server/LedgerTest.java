package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.ledger.Account;
import dev.longhand.ledger.Key;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Goal: the books over HTTP are the books, and nobody sees more of them than is theirs. Method: real calls of several keys. */
@Timeout(300) // a job that never ends
class LedgerTest {
    private static final String ASK = "{'prompt': 'One, two', 'max_tokens': 2, 'seed': 1}";

    @TempDir
    private Path folder;

    private Served served;
    private String red;
    private String blue;
    private String admin;

    @BeforeEach
    void serve() throws Exception {
        served = Served.keyed(folder, Limits.DEFAULT);
        red = served.key("red", Key.Role.USER, "red");
        blue = served.key("blue", Key.Role.USER, "blue");
        admin = served.key("boss", Key.Role.ADMIN);
    }

    @AfterEach
    void end() throws Exception {
        List<String> findings = served.books.ledger().check().findings();
        served.close();
        assertThat(findings).isEmpty();
    }

    private void ask(String key) throws Exception {
        Served.Reply reply = served.call(key, "POST", "/v1/completions", ASK);
        assertThat(reply.status()).as(reply.http().body()).isEqualTo(200);
    }

    private JsonNode get(String key, String path) throws Exception {
        Served.Reply reply = served.call(key, "GET", "/v1/ledger/" + path, "");
        assertThat(reply.status()).as(path + ": " + reply.http().body()).isEqualTo(200);
        return reply.body();
    }

    private JsonNode refused(int status, String key, String method, String path, String body) throws Exception {
        Served.Reply reply = served.call(key, method, "/v1/ledger/" + path, body);
        assertThat(reply.status()).as(path + ": " + reply.http().body()).isEqualTo(status);
        return reply.body().get("error");
    }

    private static List<String> texts(JsonNode list, String field) {
        return list.get("data").valueStream().map(n -> n.get(field).stringValue()).toList();
    }

    private String spent(String account) throws Exception {
        return Account.of(account, dev.longhand.ledger.Unit.EUR).unit().exact(served.books.ledger().balance(account).spent());
    }

    @Test
    void reportsWhatWasSpentToWhomItConcerns() throws Exception {
        ask(red);
        ask(red);
        ask(blue);

        JsonNode all = get(admin, "report?by=person");
        assertThat(texts(all, "key")).containsExactly("blue", "red");
        assertThat(texts(all, "amount")).containsExactly(spent("person:blue"), spent("person:red"));
        JsonNode row = all.get("data").get(1);
        assertThat(row.get("calls").longValue()).isEqualTo(2);
        assertThat(row.get("tokensOut").longValue()).isEqualTo(4);
        assertThat(row.get("cpuMicros").longValue()).isPositive();
        BigDecimal sum = texts(all, "amount").stream().map(BigDecimal::new).reduce(BigDecimal.ZERO, BigDecimal::add);
        assertThat(all.at("/totals/0/amount").stringValue()).isEqualTo(sum.toPlainString());
        assertThat(all.at("/answers/0/count").longValue()).isEqualTo(3);
        assertThat(all.get("machine").get("closedDays").longValue()).isZero();

        JsonNode own = get(red, "report?by=account");
        assertThat(texts(own, "key")).containsExactly("person:red");
        assertThat(texts(own, "amount")).containsExactly(spent("person:red"));
        assertThat(own.get("machine").isNull()).isTrue();
        assertThat(get(red, "report?by=person&person=blue").get("data").isEmpty()).isTrue();
        assertThat(get(admin, "report?account=person:blue").at("/totals/0/calls").longValue()).isEqualTo(1);
        String there = refused(404, red, "GET", "report?account=person:blue", "").get("message").stringValue();
        String missing = refused(404, red, "GET", "report?account=person:nobody", "").get("message").stringValue();
        assertThat(there.replace("blue", "X")).isEqualTo(missing.replace("nobody", "X"));
    }

    @Test
    void reportsOverTimeByPagesAndAsCsv() throws Exception {
        ask(red);
        ask(blue);
        LocalDate today = LocalDate.ofInstant(Clock.SYSTEM.now(), ZoneOffset.UTC);

        JsonNode page = get(admin, "report?by=person&per=hour&limit=1&since=" + today.minusDays(1));
        assertThat(texts(page, "key")).containsExactly("blue");
        assertThat(page.at("/data/0/time").stringValue()).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d");
        assertThat(page.get("rowsAll").intValue()).isEqualTo(2);
        assertThat(page.get("has_more").booleanValue()).isTrue();
        assertThat(page.at("/totals/0/calls").longValue()).isEqualTo(2);
        JsonNode rest = get(admin, "report?by=person&per=hour&limit=1&offset=1&since=" + today.minusDays(1));
        assertThat(texts(rest, "key")).containsExactly("red");
        assertThat(rest.get("has_more").booleanValue()).isFalse();
        JsonNode plain = get(admin, "report");
        assertThat(plain.get("by").stringValue()).isEqualTo("day");
        assertThat(LocalDate.parse(plain.get("since").stringValue())).isEqualTo(LocalDate.parse(plain.get("until").stringValue())
                .minusDays(30));
        assertThat(get(admin, "report?since=2001-01-01&until=2001-12-31").get("data").isEmpty()).isTrue();

        String csv = served.client().send(served.request("/v1/ledger/report?by=model&per=day").header("Accept", "text/csv")
                .header("Authorization", "Bearer " + red).build(), java.net.http.HttpResponse.BodyHandlers.ofString()).body();
        assertThat(csv.lines()).hasSize(2);
        assertThat(csv.lines().toList().getFirst()).startsWith("time,key,unit,amount,calls,tokensIn");
        assertThat(csv.lines().toList().getLast()).contains("," + Served.MODEL + ",EUR," + spent("person:red") + ",1,");

        for (String each : List.of("by=size", "per=model", "by=day&per=hour", "since=yesterday", "until=1969-12-31", "limit=0",
                "limit=10001", "offset=-1", "since=2026-02-01&until=2026-01-01", "by=hour&since=2026-01-01&until=2026-03-04")) {
            String first = each.substring(0, each.indexOf('='));
            assertThat(refused(400, admin, "GET", "report?" + each, "").get("param").stringValue()).as(each)
                    .isIn(first, "since", "per");
        }
    }

    @Test
    void showsAccountsToThoseTheyBelongTo() throws Exception {
        String sister = served.books.keys().add(new Key.Spec("sister", Key.Role.READ_ONLY, "green", "person:red", 0, 0)).secret();
        ask(red);
        ask(blue);

        for (String key : List.of(red, sister)) {
            JsonNode own = get(key, "accounts");
            assertThat(texts(own, "id")).containsExactly("person:red");
            assertThat(own.at("/data/0/isOwn").booleanValue()).isTrue();
            assertThat(texts(own, "spent")).containsExactly(spent("person:red"));
            assertThat(texts(own, "setAside")).containsExactly("0.000000");
            assertThat(own.get("has_more").booleanValue()).isFalse();
        }
        assertThat(texts(get(admin, "accounts"), "id")).contains("machine:cpu", "person:blue", "person:red");
        JsonNode first = get(admin, "accounts?limit=1");
        assertThat(first.get("has_more").booleanValue()).isTrue();
        assertThat(texts(get(admin, "accounts?limit=1&after=" + texts(first, "id").getFirst()), "id")).hasSize(1)
                .isNotEqualTo(texts(first, "id"));
        assertThat(get(admin, "accounts/machine:cpu").get("received").stringValue()).isEqualTo(new BigDecimal(spent("person:red"))
                .add(new BigDecimal(spent("person:blue"))).toPlainString());
        assertThat(get(red, "accounts/person:red").get("unit").stringValue()).isEqualTo("EUR");
        refused(404, red, "GET", "accounts/person:blue", "");
        refused(404, admin, "GET", "accounts/person:nobody", "");
        refused(400, admin, "GET", "accounts?limit=1001", "");
    }

    @Test
    void anAdminSetsBudgetsThatHold() throws Exception {
        Served.Reply set = served.call(admin, "PUT", "/v1/ledger/budgets/month/person:red", "{'hard': '12.5', 'soft': '0.000001', "
                + "'colour': 1}");
        assertThat(set.status()).as(set.http().body()).isEqualTo(200);
        assertThat(set.body().get("hard").stringValue()).isEqualTo("12.500000");
        assertThat(set.body().get("left").stringValue()).isEqualTo("12.500000");
        assertThat(set.body().get("perRequest").isNull()).isTrue();
        assertThat(set.body().get("warnings").get(0).stringValue()).contains("colour");
        ask(red);
        JsonNode shown = get(red, "budgets").get("data").get(0);
        assertThat(shown.get("account").stringValue()).isEqualTo("person:red");
        assertThat(shown.get("period").stringValue()).isEqualTo("month");
        assertThat(shown.get("since").stringValue()).endsWith("-01");
        assertThat(shown.get("spent").stringValue()).isEqualTo(spent("person:red"));
        assertThat(new BigDecimal(shown.get("left").stringValue())).isEqualByComparingTo(new BigDecimal("12.5").subtract(
                new BigDecimal(spent("person:red"))));
        assertThat(get(red, "accounts/person:red").get("budgets").get(0).get("soft").stringValue()).isEqualTo("0.000001");
        assertThat(get(blue, "budgets").get("data").isEmpty()).isTrue();

        assertThat(served.call(admin, "PUT", "/v1/ledger/budgets/ever/person:red", "{'perRequest': '0'}").status())
                .isEqualTo(200);
        assertThat(served.call(red, "POST", "/v1/completions", ASK).status()).isEqualTo(402);
        assertThat(get(admin, "budgets").get("data").size()).isEqualTo(2);
        assertThat(served.call(admin, "DELETE", "/v1/ledger/budgets/ever/person:red", "").status()).isEqualTo(200);
        ask(red);
        refused(404, admin, "DELETE", "budgets/ever/person:red", "");

        refused(403, red, "PUT", "budgets/month/person:red", "{'hard': '99'}");
        assertThat(refused(400, admin, "PUT", "budgets/month/person:red", "{}").get("param").stringValue()).isEqualTo("hard");
        assertThat(refused(400, admin, "PUT", "budgets/month/person:red", "{'hard': '1', 'soft': '2'}").get("param").stringValue())
                .isEqualTo("soft");
        refused(400, admin, "PUT", "budgets/month/person:red", "{'hard': '-1'}");
        refused(400, admin, "PUT", "budgets/month/person:red", "{'hard': 1}");
        refused(400, admin, "PUT", "budgets/week/person:red", "{'hard': '1'}");
        refused(400, admin, "PUT", "budgets/month/nobody", "{'hard': '1'}");
        assertThat(served.call(admin, "PUT", "/v1/ledger/budgets/day/cost-centre:lab/usd", "{'hard': '1'}").body().get("unit")
                .stringValue()).isEqualTo("USD");
    }

    @Test
    void namesADeskAsItsTeamDoes() throws Exception {
        assertThat(served.call(red, "POST", "/v1/desks", "{'name': 'boats'}").status()).isEqualTo(201);
        String job = served.call(red, "POST", "/v1/desks/boats/documents?name=boats.md", "The ferry leaves at seven.").body()
                .at("/job/id").stringValue();
        while (!served.call(red, "GET", "/v1/jobs/" + job, "").body().get("state").stringValue().equals("done")) {
            Clock.SYSTEM.sleep(20_000_000);
        }
        assertThat(served.call(red, "POST", "/v1/desks/boats/ask", "{'question': 'When does the ferry leave?', 'max_tokens': 2}")
                .status()).isEqualTo(200);

        assertThat(texts(get(red, "report?by=purpose&desk=boats"), "key")).containsExactly("answer", "read");
        assertThat(texts(get(red, "report?by=desk"), "key")).containsExactly("boats");
        assertThat(texts(get(admin, "report?by=desk"), "key")).containsExactly("red--boats");
        assertThat(get(admin, "report?desk=red--boats").at("/totals/0/amount")).isEqualTo(get(red, "report?desk=boats")
                .at("/totals/0/amount"));
    }
}
