package dev.longhand.cli;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.bench.Corpus;
import dev.longhand.bench.CorpusPlan;
import dev.longhand.bench.Measure;
import dev.longhand.bench.PackageFetcher;
import dev.longhand.bench.ServeLoad;
import dev.longhand.engine.EngineOptions;
import dev.longhand.engine.Limits;
import dev.longhand.engine.LocalModel;
import dev.longhand.kernels.TierChoice;
import dev.longhand.ledger.Books;
import dev.longhand.server.LonghandServer;
import dev.longhand.server.ServerSetting;
import dev.longhand.store.StoreSetting;
import dev.longhand.upkeep.Site;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code longhand bench serve}. */
@Command(name = "serve",
        description = "Clients of a server, some at a time: tokens a second, time to the first token and per token.",
        footer = {"  longhand bench serve", "  longhand bench serve -m smollm2 --streams 16 --requests 64",
            "  longhand bench serve --streams 16 --overload 1,2,5 --seconds 60 --wait 10",
            "  longhand bench serve --peer-url http://127.0.0.1:8080/v1"})
final class BenchServeCommand extends BenchReport {
    private static final int PROMPT_CHARS_MIN = 1_000;
    private static final int PROMPT_CHARS_MAX = 2_600;
    private static final int REQUESTS_MAX = 2_000;

    @Option(names = {"-m", "--model"}, paramLabel = "REF", description = "The model (default: smollm2).")
    private String model = "smollm2";

    @Option(names = "--streams", paramLabel = "N", split = ",", description = "Clients at the same time (default: 1,4,16,64).")
    private List<Integer> streams = List.of(1, 4, 16, 64);

    @Option(names = "--requests", paramLabel = "N", description = "Requests of each load (default: three per client, at least 8).")
    private Integer requests;

    @Option(names = "--answer", paramLabel = "N", description = "Tokens of each answer at most (default: 64).")
    private int answerTokens = 64;

    @Option(names = "--peer-url", paramLabel = "URL", description = "A server of another kind that runs, up to /v1; it is measured "
            + "in turns with ours. Give it the same model file and as many threads.")
    private String peer;

    @Option(names = "--overload", paramLabel = "FACTOR", split = ",",
            description = "Then requests that come by themselves, at so many times the speed that the last load "
                    + "was served with (default: none).")
    private List<Double> overload = List.of();

    @Option(names = "--seconds", paramLabel = "N", description = "How long they come, for each factor (default: 60).")
    private int seconds = 60;

    @Option(names = "--wait", paramLabel = "SECONDS", description = "Our server refuses who would wait longer (default: 60).")
    private int wait = 60;

    BenchServeCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() throws Problem {
        if (answerTokens < 2 || answerTokens > 4_096 || streams.stream().anyMatch(s -> s < 1 || s > 256)) {
            throw new Problem(Problem.Kind.USAGE, "--answer is %d and --streams %s; they must lie in [2, 4096] and [1, 256]"
                    .formatted(answerTokens, streams));
        }
        if (overload.stream().anyMatch(f -> !(f > 0 && f <= 100)) || seconds < 1 || seconds > 36_000 || wait < 1 || wait > 3_600) {
            throw new Problem(Problem.Kind.USAGE, ("--overload is %s, --seconds %d and --wait %d; they must lie in (0, 100], "
                    + "[1, 36000] and [1, 3600]").formatted(overload, seconds, wait));
        }
        int all = streams.stream().mapToInt(this::requests).sum();
        if (all > REQUESTS_MAX) {
            throw new Problem(Problem.Kind.USAGE, "%d requests in all; at most %d".formatted(all, REQUESTS_MAX));
        }
        Path file = sources.file(world, model);
        Corpus corpus = Corpus.of(CorpusPlan.SMALL, new PackageFetcher(world.environment()));
        List<String> prompts = ServeLoad.prompts(corpus, all + 1, PROMPT_CHARS_MIN, PROMPT_CHARS_MAX);
        EngineOptions options = EngineOptions.DEFAULT.withThreads(tiers.threads(world))
                .withLimits(Limits.DEFAULT.withInteractiveWait(Duration.ofSeconds(wait)));
        Path folder = temporary();
        try (LocalModel local = LocalModel.open(file, model, "", options, world.clock());
                Books books = Books.open(new StoreSetting.Sqlite(folder.resolve("books.db")), world.clock(), Disk.REAL,
                        Site.SCHEMAS);
                LonghandServer server = LonghandServer.start(ServerSetting.loopback(0), new LonghandServer.Parts(
                        List.of(new LonghandServer.Model(List.of(model), local)), books, world.clock(), "person:bench",
                        line -> {}))) {
            return report(measure(server.address() + "/v1", local.tierChoice(), prompts));
        } finally {
            delete(folder);
        }
    }

    private int requests(int streams) {
        return requests != null ? Math.max(streams, requests) : Math.max(8, 3 * streams);
    }

    private List<Measure> measure(String address, TierChoice tier, List<String> prompts) throws Problem {
        load(address, prompts.subList(0, 1)).closed(1, answerTokens); // warms up
        List<Measure> measures = new ArrayList<>();
        int from = 1;
        double perSecond = 1;
        for (int each : streams) {
            List<String> own = prompts.subList(from, from + requests(each));
            from += own.size();
            ServeLoad.Result ours = run(address, own, each);
            Optional<ServeLoad.Result> theirs = peer == null ? Optional.empty() : Optional.of(run(peer, own, each));
            perSecond = ours.answers() / ours.seconds();
            measures.add(row("serve-" + each, RunCommand.tier(tier), ours, theirs.map(t ->
                    Map.<String, Object>of("times peer", ours.totalPerSecond() / t.totalPerSecond())).orElse(Map.of())));
            theirs.ifPresent(t -> measures.add(row("peer-serve-" + each, "peer", t, Map.of())));
            keep(measures);
        }
        for (double each : overload) {
            measures.add(overloaded(address, tier, prompts, each, each * perSecond));
            keep(measures);
        }
        return measures;
    }

    private ServeLoad load(String address, List<String> prompts) {
        return new ServeLoad(URI.create(address), model, prompts, world.clock());
    }

    private ServeLoad.Result run(String address, List<String> prompts, int streams) throws Problem {
        world.note("%s: %d requests, %d at a time".formatted(address, prompts.size(), streams));
        return load(address, prompts).closed(streams, answerTokens);
    }

    private Measure overloaded(String address, TierChoice tier, List<String> prompts, double factor, double perSecond)
            throws Problem {
        world.note("%s: %.1f requests a second for %d s, %.1f times what it can".formatted(address, perSecond, seconds, factor));
        ServeLoad.Result result = load(address, prompts).open(perSecond, seconds, answerTokens, Math.round(factor * 1000));
        return row("overload-%s".formatted(factor), RunCommand.tier(tier), result, Map.of("heap MB", heapBytes() / 1e6));
    }

    /** What is in use of the heap when all that can go is gone. */
    private static double heapBytes() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private Measure row(String name, String tier, ServeLoad.Result result, Map<String, Object> more) {
        Map<String, Object> details = new LinkedHashMap<>(more);
        details.put("answered tokens/s", result.answerPerSecond());
        details.put("first token s p50", ServeLoad.Result.quantile(result.firstSeconds(), 0.5));
        details.put("p99", ServeLoad.Result.quantile(result.firstSeconds(), 0.99));
        details.put("ms per token p50", 1000 * ServeLoad.Result.quantile(result.tokenSeconds(), 0.5));
        details.put("p99 ms", 1000 * ServeLoad.Result.quantile(result.tokenSeconds(), 0.99));
        details.put("answers", result.answers());
        details.put("refused", result.refused());
        return new Measure(model + "/" + name, tier, result.totalPerSecond(), "tokens/s in and out", Optional.empty(), details);
    }

    private static Path temporary() throws Problem {
        try {
            return Files.createTempDirectory("longhand-bench-serve");
        } catch (IOException e) {
            throw new Problem(Problem.Kind.DISK, "no folder for the books of the bench: " + e.getMessage(), e);
        }
    }

    private static void delete(Path folder) throws Problem {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path each : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(each);
            }
        } catch (IOException e) {
            throw new Problem(Problem.Kind.DISK, "deleting %s: %s".formatted(folder, e.getMessage()), e);
        }
    }
}
