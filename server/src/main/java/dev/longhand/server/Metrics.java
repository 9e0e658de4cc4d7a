package dev.longhand.server;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.desk.Recalled;
import dev.longhand.engine.EngineCounters;
import dev.longhand.engine.LocalModel;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.Key;
import dev.longhand.ledger.Unit;
import dev.longhand.lm.Usage;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;

/**
 * What is seen from outside, in Prometheus' form: calls by route, times of answers under the names of OpenTelemetry's GenAI
 * conventions, and the counters of each model. Labels are routes, statuses and models: few. Thread-safe.
 */
final class Metrics {
    /** https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/: still on the move; only this class knows them. */
    private static final int OVER_BUDGET = 402;
    private static final String FIRST_TOKEN = "gen_ai.server.time_to_first_token";
    private static final String PER_TOKEN = "gen_ai.server.time_per_output_token";
    private static final String DURATION = "gen_ai.server.request.duration";
    private static final String TOKENS = "gen_ai.client.token.usage";
    private static final String MODEL = "gen_ai.request.model";
    private static final double[] TOKEN_BOUNDS = {1, 4, 16, 64, 256, 1024, 4096, 16_384, 65_536, 262_144, 1_048_576};
    private static final Duration[] LONG_BOUNDS = seconds(0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48,
            40.96, 81.92);
    private static final Duration[] TOKEN_TIME_BOUNDS = seconds(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3,
            0.4, 0.5, 0.75, 1, 2.5);

    private final RecentTimes firstTokens = new RecentTimes();
    private final RecentSums booked = new RecentSums();
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);

    private static Duration[] seconds(double... bounds) {
        Duration[] durations = new Duration[bounds.length];
        for (int i = 0; i < bounds.length; i++) {
            durations[i] = Duration.ofNanos((long) (bounds[i] * 1e9));
        }
        return durations;
    }

    List<Route> routes() {
        return List.of(Route.of("GET", "/metrics", Key.Role.READ_ONLY, Shape.OPENAI, this::scrape));
    }

    private void scrape(Call call) throws IOException {
        call.reply(200, "text/plain; version=0.0.4; charset=utf-8", registry.scrape());
    }

    /** A call ended; {@code path} is that of its route. */
    void called(String method, String path, int status, long nanos) {
        Timer.builder("longhand.http.requests").description("calls by route and status")
                .tags("method", method, "route", path, "status", Integer.toString(status)).register(registry)
                .record(Duration.ofNanos(nanos));
        if (status == OVER_BUDGET) {
            Counter.builder("longhand.budget.refusals").description("calls that a budget did not allow").register(registry)
                    .increment();
        }
    }

    /** What a desk's answer found in memory, and what it had to read. */
    void recalled(String model, Recalled recalled) {
        Tags tags = Tags.of(MODEL, model);
        for (Recalled.Attachment each : recalled.documents()) {
            Counter.builder("longhand.desk.segments").description("parts of documents that were attached")
                    .tags(tags.and("found", each.isRead() ? "no" : "yes")).register(registry).increment();
        }
        Counter.builder("longhand.desk.attached.tokens").description("tokens of these").tags(tags).register(registry)
                .increment(recalled.attachedTokens());
        Counter.builder("longhand.desk.looked.up.tokens").description("of these, around what answers attended to").tags(tags)
                .register(registry).increment(recalled.lookedUpTokens());
    }

    /** What a call booked. */
    void booked(Map<Unit, Long> amounts, Clock clock) {
        amounts.forEach((unit, amount) -> {
            Counter.builder("longhand.booked").description("what calls booked, money in millionths").tags("unit", unit.name())
                    .register(registry).increment(amount);
            booked.add(clock.nanos() / 1_000_000_000, unit, amount);
        });
    }

    Map<Unit, Long> bookedLastHour(Clock clock) {
        return booked.lastHour(clock.nanos() / 1_000_000_000);
    }

    /** Times to the first token of answers that ended after that, shortest first. */
    long[] firstTokensSince(long nanos) {
        return firstTokens.since(nanos);
    }

    /** A model answered; its times are those of the tokens that {@code told} saw. */
    void answered(String model, Usage usage, TimedSink told) {
        Tags tags = Tags.of(MODEL, model, "gen_ai.operation.name", "chat");
        if (told.firstNanos() >= 0) {
            timer(DURATION, "time to the last token", tags, LONG_BOUNDS).record(Duration.ofNanos(told.lastNanos()));
            firstTokens.add(told.nowNanos(), told.firstNanos());
            timer(FIRST_TOKEN, "time to the first token", tags, LONG_BOUNDS).record(Duration.ofNanos(told.firstNanos()));
        }
        if (told.firstNanos() >= 0 && usage.answeredTokens() > 1) {
            timer(PER_TOKEN, "time per token behind the first", tags, TOKEN_TIME_BOUNDS)
                    .record(Duration.ofNanos((told.lastNanos() - told.firstNanos()) / (usage.answeredTokens() - 1)));
        }
        tokens(tags.and("gen_ai.token.type", "input")).record(usage.readTokens() + usage.cachedTokens());
        tokens(tags.and("gen_ai.token.type", "output")).record(usage.answeredTokens());
    }

    private Timer timer(String name, String about, Tags tags, Duration[] bounds) {
        return Timer.builder(name).description(about).tags(tags).serviceLevelObjectives(bounds).register(registry);
    }

    private DistributionSummary tokens(Tags tags) {
        return DistributionSummary.builder(TOKENS).description("tokens of calls").tags(tags).serviceLevelObjectives(TOKEN_BOUNDS)
                .register(registry);
    }

    /** What is set aside in the books for calls that run. */
    void watch(Books books) {
        Gauge.builder("longhand.ledger.reserved", books, Metrics::reserved)
                .description("money set aside for what runs on this machine, in millionths")
                .tags("unit", Unit.EUR.name()).strongReference(true).register(registry);
    }

    private static double reserved(Books books) {
        try {
            return books.setAside();
        } catch (Problem e) {
            return Double.NaN; // the store says why where it is used
        }
    }

    /** Something that goes up and down. */
    void gauge(String name, String about, LongSupplier value) {
        Gauge.builder(name, value, LongSupplier::getAsLong).description(about)
                .strongReference(true) // nobody else keeps it
                .register(registry);
    }

    /** The counters of a model that runs here. */
    void watch(String name, LocalModel model) {
        Tags tags = Tags.of(MODEL, name);
        count(model, tags, "steps", "forward passes", EngineCounters::steps);
        count(model, tags, "prompt.tokens", "prompt tokens that were read", EngineCounters::promptTokens);
        count(model, tags, "cached.tokens", "prompt tokens that were there", EngineCounters::cachedTokens);
        count(model, tags, "answered.tokens", "tokens that were chosen", EngineCounters::answeredTokens);
        count(model, tags, "guessed.tokens", "tokens that were guessed ahead", EngineCounters::guessedTokens);
        count(model, tags, "guessed.right.tokens", "of these, those that were right", EngineCounters::guessedRight);
        count(model, tags, "cpu.seconds", "processor time", c -> c.cpuMicros() / 1e6);
        count(model, tags, "kv.byte.seconds", "bytes of attention memory times the seconds they were held",
                EngineCounters::kvByteSeconds);
        count(model, tags, "preempted", "requests that lost their memory to another", EngineCounters::preempted);
        count(model, tags, "cancelled", "requests that their callers ended", EngineCounters::cancelled);
        count(model, tags, "failed", "requests that ended with an error", EngineCounters::failed);
        count(model, tags, "refused", "requests that were not taken, because too many waited", EngineCounters::refused);
        level(model, tags, "waiting.requests", "requests that wait to begin", LocalModel::waitingRequests);
        level(model, tags, "kv.blocks.used", "blocks of attention memory lent", m -> m.pool().blocksLent());
        level(model, tags, "kv.blocks.max", "blocks that there may be", m -> m.pool().blocksMax());
        level(model, tags, "kv.blocks.cached", "of these, kept for prompts that begin the same",
                m -> m.prefixCounters().blocks());
        level(model, tags, "kv.bytes", "bytes of attention memory", LocalModel::kvBytes);
        watchLookups(model, tags);
    }

    private void watchLookups(LocalModel model, Tags tags) {
        if (model.lookupCounters().isEmpty()) {
            return;
        }
        function(model, tags, "lookup.scanned.blocks", "blocks whose summaries were scored",
                m -> m.lookupCounters().orElseThrow().scannedBlocks());
        function(model, tags, "lookup.chosen.blocks", "blocks that were attended to",
                m -> m.lookupCounters().orElseThrow().chosenBlocks());
        function(model, tags, "lookup.attended.bytes", "bytes of records attended to",
                m -> m.lookupCounters().orElseThrow().attendedBytes());
    }

    private void count(LocalModel model, Tags tags, String name, String about, ToDoubleFunction<EngineCounters> value) {
        function(model, tags, name, about, m -> value.applyAsDouble(m.counters()));
    }

    private void function(LocalModel model, Tags tags, String name, String about, ToDoubleFunction<LocalModel> value) {
        FunctionCounter.builder("longhand.engine." + name, model, value).description(about).tags(tags).register(registry);
    }

    private void level(LocalModel model, Tags tags, String name, String about, ToDoubleFunction<LocalModel> value) {
        Gauge.builder("longhand.engine." + name, model, value).description(about).tags(tags).register(registry);
    }
}
