package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.ledger.Budget;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goal: what metrics say is what happened. Method: one answer and one refusal, then the figures beside the engine's counters. */
class MetricsTest {
    private static double value(String text, String series) {
        Matcher found = Pattern.compile("^" + Pattern.quote(series) + " (\\S+)$", Pattern.MULTILINE).matcher(text);
        assertThat(found.find()).as(series + " in\n" + text).isTrue();
        return Double.parseDouble(found.group(1));
    }

    @Test
    void countsAnswersAndRefusals(@TempDir Path home) throws Exception {
        try (Served served = Served.smolLm2(home)) {
            String body = "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"max_tokens\":%d}";
            assertThat(served.post("/v1/chat/completions", body.formatted(5)).status()).isEqualTo(200);
            assertThat(served.post("/v1/chat/completions", body.formatted(99_999)).status()).isEqualTo(400);
            assertThat(served.get("/nothing/here").statusCode()).isEqualTo(404);
            served.books.ledger().put(Budget.of("person:anna", Budget.Period.MONTH, 1));
            assertThat(served.post("/v1/chat/completions", body.formatted(5)).status()).isEqualTo(402);
            System.gc(); // a gauge of what nobody else keeps would tell nothing from now on
            String text = served.get("/metrics").body();
            String model = "gen_ai_request_model=\"smollm2\"";
            assertThat(value(text, "longhand_engine_answered_tokens_total{" + model + "}"))
                    .isEqualTo(served.model.counters().answeredTokens()).isEqualTo(5);
            assertThat(value(text, "longhand_engine_prompt_tokens_total{" + model + "}"))
                    .isEqualTo(served.model.counters().promptTokens());
            assertThat(value(text, "longhand_engine_kv_blocks_used{" + model + "}")).isEqualTo(served.model.pool().blocksLent());
            String chat = "gen_ai_operation_name=\"chat\"," + model;
            assertThat(value(text, "gen_ai_server_time_to_first_token_seconds_count{" + chat + "}")).isEqualTo(1);
            assertThat(value(text, "gen_ai_client_token_usage_sum{gen_ai_operation_name=\"chat\"," + model
                    + ",gen_ai_token_type=\"output\"}")).isEqualTo(5);
            String route = "longhand_http_requests_seconds_count{method=\"POST\",route=\"/v1/chat/completions\",status=\"%d\"}";
            assertThat(value(text, route.formatted(200))).isEqualTo(1);
            assertThat(value(text, route.formatted(400))).isEqualTo(1);
            String none = "longhand_http_requests_seconds_count{method=\"other\",route=\"none\",status=\"404\"}";
            assertThat(value(text, none)).isEqualTo(1);
            assertThat(value(text, "longhand_budget_refusals_total")).isEqualTo(1);
            assertThat(value(text, "longhand_ledger_reserved{unit=\"EUR\"}")).isZero();
            assertThat(value(text, "longhand_http_connections")).isEqualTo(1);
            assertThat(value(text, "longhand_http_body_bytes")).isZero();
            assertThat(text).doesNotContain("/nothing/here");
        }
    }

    @Test
    void countsAnswersOfDesks(@TempDir Path home) throws Exception {
        try (Served served = Served.uncached(home, ServerSetting.loopback(0))) {
            served.call("", "POST", "/v1/desks", "{'name': 'boats'}");
            served.call("", "POST", "/v1/desks/boats/documents?name=boats.md", "The ferry leaves at seven.");
            while (served.call("", "GET", "/v1/desks/boats", "").body().get("documents").intValue() == 0) {
                Clock.SYSTEM.sleep(20_000_000); // until it is read
            }
            Served.Reply reply = served.call("", "POST", "/v1/desks/boats/ask",
                    "{'question': 'When does the ferry leave?', 'max_tokens': 5}");
            assertThat(reply.status()).as(served.text(reply.body())).isEqualTo(200);
            String text = served.get("/metrics").body();
            String labels = "gen_ai_operation_name=\"chat\",gen_ai_request_model=\"smollm2\"";
            assertThat(value(text, "gen_ai_server_time_to_first_token_seconds_count{" + labels + "}")).isEqualTo(1);
            assertThat(value(text, "gen_ai_client_token_usage_sum{" + labels + ",gen_ai_token_type=\"output\"}"))
                    .isEqualTo(reply.body().at("/usage/completion_tokens").intValue()).isPositive();
        }
    }
}
