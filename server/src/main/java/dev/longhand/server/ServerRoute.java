package dev.longhand.server;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.base.ProcFile;
import dev.longhand.base.Version;
import dev.longhand.desk.DeskInfo;
import dev.longhand.desk.Desks;
import dev.longhand.engine.EngineCounters;
import dev.longhand.engine.EngineFacts;
import dev.longhand.engine.LocalModel;
import dev.longhand.ledger.Key;
import dev.longhand.lm.Capability;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code GET /v1/server}: which process this is, what its models are and how much they do; for {@code longhand ps}, {@code top},
 * and commands that use a server where there is one. Counters are those of {@code /metrics}. Thread-safe.
 */
final class ServerRoute {
    private static final Duration WINDOW = Duration.ofSeconds(60);
    private static final Duration DISK_LOOKED_AT_EVERY = Duration.ofSeconds(30);

    private final ServedModels models;
    private final Metrics metrics;
    private final Clock clock;
    private final Optional<Desks> desks;
    private final long begunNanos;
    private final String begun;
    private final AtomicBoolean isLooking = new AtomicBoolean();
    private volatile long diskBytes;
    private volatile long diskLookedAt;

    /** @param desks whose room on disk is told; empty where none are served */
    ServerRoute(ServedModels models, Metrics metrics, Clock clock, Optional<Desks> desks) {
        this.models = models;
        this.metrics = metrics;
        this.clock = clock;
        this.desks = desks;
        this.begunNanos = clock.nanos();
        this.begun = clock.now().toString();
        this.diskLookedAt = begunNanos - DISK_LOOKED_AT_EVERY.toNanos();
    }

    List<Route> routes() {
        return List.of(Route.of("GET", "/v1/server", Key.Role.READ_ONLY, Shape.OPENAI, this::show));
    }

    private void show(Call call) throws Problem, IOException {
        ObjectNode reply = Json.object();
        reply.put("object", "server");
        reply.put("pid", ProcessHandle.current().pid());
        reply.put("version", Version.number());
        reply.put("since", begun);
        reply.put("uptimeSeconds", clock.secondsSince(begunNanos));
        ObjectNode caller = reply.putObject("caller");
        caller.put("key", call.caller().key());
        caller.put("role", call.caller().role().word());
        caller.put("team", call.caller().team());
        caller.put("account", call.caller().account());
        ArrayNode all = reply.putArray("models");
        for (ServedModels.Served each : models.all()) {
            all.add(model(each));
        }
        firstTokens(reply.putObject("firstToken"));
        process(reply.putObject("process"));
        reply.put("deskBytes", diskBytes());
        ObjectNode booked = reply.putObject("bookedLastHour");
        metrics.bookedLastHour(clock).forEach((unit, amount) -> booked.put(unit.name(), amount));
        call.reply(200, reply);
    }

    private static ObjectNode model(ServedModels.Served served) {
        ObjectNode node = OpenAiModels.facts(served);
        node.put("id", served.name());
        ArrayNode names = node.putArray("names");
        served.names().forEach(names::add);
        node.put("fingerprint", served.model().info().fingerprint());
        node.put("canAttach", served.model().capabilities().contains(Capability.ATTACH));
        if (served.model() instanceof LocalModel local) {
            EngineFacts facts = EngineFacts.of(local);
            ObjectNode tier = node.putObject("tier");
            tier.put("name", facts.tier());
            tier.put("instructionSet", facts.instructionSet());
            tier.put("reason", facts.reason());
            tier.put("isDegraded", facts.isDegraded());
            node.put("threads", facts.threads());
            node.put("kvType", facts.kvType());
            node.put("weightBytes", local.weightBytes());
            engine(node.putObject("engine"), local);
        }
        return node;
    }

    private static void engine(ObjectNode node, LocalModel model) {
        EngineCounters counters = model.counters();
        node.put("steps", counters.steps());
        node.put("promptTokens", counters.promptTokens());
        node.put("cachedTokens", counters.cachedTokens());
        node.put("answeredTokens", counters.answeredTokens());
        node.put("cpuMicros", counters.cpuMicros());
        node.put("waitingRequests", model.waitingRequests());
        node.put("kvBlocksUsed", model.pool().blocksLent());
        node.put("kvBlocksCached", model.prefixCounters().blocks());
        node.put("kvBlocksMax", model.pool().blocksMax());
        node.put("kvBytes", model.kvBytes());
    }

    private void firstTokens(ObjectNode node) {
        long[] times = metrics.firstTokensSince(clock.nanos() - WINDOW.toNanos());
        node.put("windowSeconds", WINDOW.toSeconds());
        node.put("count", times.length);
        if (times.length > 0) {
            node.put("p50Seconds", RecentTimes.quantile(times, 0.5) / 1e9);
            node.put("p99Seconds", RecentTimes.quantile(times, 0.99) / 1e9);
        }
    }

    private static void process(ObjectNode node) {
        node.put("processors", Runtime.getRuntime().availableProcessors());
        ProcessHandle.current().info().totalCpuDuration().ifPresent(t -> node.put("cpuSeconds", t.toMillis() / 1e3));
        ProcFile.residentBytes().ifPresent(b -> node.put("residentBytes", b));
        ProcFile.peakBytes().ifPresent(b -> node.put("peakBytes", b));
        Runtime heap = Runtime.getRuntime();
        node.put("heapBytes", heap.totalMemory() - heap.freeMemory());
    }

    /** Walking desks takes a while, so it is done now and then, by one at a time; the others get what was found before. */
    private long diskBytes() throws Problem {
        long now = clock.nanos();
        if (desks.isEmpty() || now - diskLookedAt < DISK_LOOKED_AT_EVERY.toNanos() || !isLooking.compareAndSet(false, true)) {
            return diskBytes;
        }
        try {
            diskBytes = desks.get().list().stream().mapToLong(DeskInfo::diskBytes).sum();
            diskLookedAt = now;
            return diskBytes;
        } finally {
            isLooking.set(false);
        }
    }
}
