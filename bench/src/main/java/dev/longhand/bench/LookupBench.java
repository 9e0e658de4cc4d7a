package dev.longhand.bench;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.engine.Adapter;
import dev.longhand.engine.EngineOptions;
import dev.longhand.engine.LocalModel;
import dev.longhand.engine.LookupOptions;
import dev.longhand.kernels.Tier;
import dev.longhand.memory.DenseKv;
import dev.longhand.memory.KvSource;
import dev.longhand.memory.Lookup;
import dev.longhand.memory.LookupSpec;
import dev.longhand.memory.Positions;
import dev.longhand.memory.SealedDocument;
import dev.longhand.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * How well lookups find what attention needs, on real text: predictions beside those of attending to everything.
 *
 * <p>Method: a context is read once, densely, with sealed blocks; then each way of choosing reads the same live text behind it, and
 * the predictions of the scored tokens are compared. Heads are calibrated on other text. Tasks, sources and seed are fixed
 * ({@link LookupTasks}); figures that count are of the test half of the sources.
 */
public final class LookupBench {
    private static final int WINDOW_TOKENS = 512;
    private static final int BLOCK = 64;
    /** Documents that the heads look at without words before them. */
    private static final int HEADS_ALONE_MAX = 256;

    /** What a model is measured with. */
    public record Subject(String name, Path file, int threads) {}

    private final Clock clock;
    private final Map<String, String> environment;
    private final Consumer<String> progress;
    private final Half half;

    /** @param half of the sources: what settings are chosen on, or what is reported */
    public LookupBench(Clock clock, Map<String, String> environment, Half half, Consumer<String> progress) {
        this.half = half;
        this.clock = clock;
        this.environment = environment;
        this.progress = progress;
    }

    /** Sensitive heads and front of a model, and its tokenizer. */
    private record Known(BitSet sensitive, int[] front, Tokenizer tokenizer) {}

    private Known known(Subject subject) throws Problem {
        try (LocalModel model = LocalModel.open(subject.file, subject.name, subject.name,
                EngineOptions.DEFAULT.withThreads(subject.threads).withLookup(LookupOptions.DEFAULT), clock)) {
            Path file = Adapter.fileOf(subject.file, model.tierChoice().instructionSet());
            Optional<Adapter> there = Adapter.read(file, subject.name, model.tierChoice().instructionSet());
            double[] measured = there.map(Adapter::sensitivities).orElse(new double[0]);
            double[] all = model.calibrate(measured, (head, heads, sensitivity) -> {
                if (head % 16 == 0) {
                    progress.accept("calibrating: head " + head + " of " + heads);
                }
            });
            if (there.isEmpty() || !there.get().isComplete()) {
                new Adapter(subject.name, model.tierChoice().instructionSet(), all.length, all).write(file, Disk.REAL);
            }
            return new Known(model.sensitive(all), model.documentFront(), model.tokenizer());
        }
    }

    private List<LookupTask> tasks(Tokenizer tokenizer, TaskShape shape, int count) throws Problem {
        Corpus corpus = Corpus.of(CorpusPlan.SMALL, new PackageFetcher(environment)).half(half);
        LookupTasks tasks = new LookupTasks(corpus, text -> tokenizer.encode(text, false).length, LookupTasks.SEED);
        List<LookupTask> all = count >= LookupTasks.CELL ? tasks.cell(shape) : tasks.cell(shape, TaskKind.MAIN, count);
        progress.accept("%d tasks %s, digest %s".formatted(all.size(), shape, LookupTasks.digest(all)));
        return all;
    }

    /** Heads that the model looks things up by. */
    public BitSet sensitive(Subject subject) throws Problem {
        return known(subject).sensitive;
    }

    /** The right document among many, by words, by heads and by both. */
    public List<Measure> routing(Subject subject, List<Integer> documents) throws Problem {
        known(subject);
        Corpus corpus = Corpus.of(CorpusPlan.WIDE, new PackageFetcher(environment)).half(half);
        Path folder = temporary();
        List<Measure> measures = new ArrayList<>();
        try (LocalModel model = LocalModel.open(subject.file, subject.name, subject.name,
                EngineOptions.DEFAULT.withThreads(subject.threads).withLookup(LookupOptions.DEFAULT), clock)) {
            RoutingQuestions questions = new RoutingQuestions(corpus, text -> model.tokenize(text).length, LookupTasks.SEED);
            for (int count : documents) {
                Map<String, RoutingBench.Way> ways = new LinkedHashMap<>(RoutingBench.words());
                ways.putAll(new HeadsRouting(model, folder).ways(count <= HEADS_ALONE_MAX));
                measures.addAll(new RoutingBench(ways).run(count, questions.sets(count)));
                progress.accept("%s: %d documents".formatted(subject.name, count));
            }
        } finally {
            delete(folder);
        }
        return measures;
    }

    private static Path temporary() throws Problem {
        try {
            return Files.createTempDirectory("longhand-routing");
        } catch (IOException e) {
            throw new Problem(Problem.Kind.DISK, "making a temporary folder failed: " + e.getMessage(), e);
        }
    }

    private static void delete(Path folder) throws Problem {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path each : files.toList()) {
                Files.delete(each);
            }
            Files.delete(folder);
        } catch (IOException e) {
            throw Disk.problem("removing", folder, e);
        }
    }

    // ---------------------------------------------------------------- one long context

    /** Every way of choosing blocks of one long context, at each budget of blocks. */
    public List<Measure> ladder(Subject subject, TaskShape shape, List<Integer> budgets, int count) throws Problem {
        Known known = known(subject);
        Map<String, LookupScore> scores = new LinkedHashMap<>();
        try (LookupRig rig = new LookupRig(new OwnModel(subject.file, Tier.NATIVE, subject.threads))) {
            List<Way> ways = ways(rig, known, budgets);
            int done = 0;
            for (LookupTask task : tasks(known.tokenizer, shape, count)) {
                LookupText text = LookupText.of(task, known.tokenizer);
                climb(rig, known, text, ways, scores);
                progress.accept("%s/%s: %d of %d, %s".formatted(subject.name, shape, ++done, count, task.id()));
            }
            ways.forEach(way -> way.lookup.close());
            return measures(subject, "lookup/" + shape, rig.own.label(), scores, known);
        }
    }

    private record Way(String name, Lookup lookup) {}

    private static List<Way> ways(LookupRig rig, Known known, List<Integer> budgets) {
        List<Way> ways = new ArrayList<>();
        for (int budget : budgets) {
            for (LookupMode mode : LookupMode.values()) {
                ways.add(new Way(mode + "-" + budget, rig.lookup(mode, known.sensitive,
                        new LookupSpec(budget / BLOCK, WINDOW_TOKENS))));
            }
        }
        return ways;
    }

    private static void climb(LookupRig rig, Known known, LookupText text, List<Way> ways, Map<String, LookupScore> scores)
            throws Problem {
        int[] context = LookupText.concat(List.of(new int[] {known.front[0]}, text.context()));
        try (DenseKv base = rig.dense(context.length + text.live().length + BLOCK)) {
            rig.read(base, context);
            float[][] dense;
            try (DenseKv kv = base.fork()) {
                dense = scored(rig.logits(kv, text.live(), 0), text);
            }
            scores.computeIfAbsent("DENSE", k -> new LookupScore()).add(text, dense, dense);
            for (Way way : ways) {
                try (DenseKv kv = base.fork(way.lookup)) {
                    float[][] rows = scored(rig.logits(kv, text.live(), 0), text);
                    scores.computeIfAbsent(way.name, k -> new LookupScore()).add(text, dense, rows);
                }
            }
        }
    }

    /** Predictions of the scored tokens: each stands in the row before it. */
    private static float[][] scored(float[][] logits, LookupText text) {
        float[][] rows = new float[text.scored().length][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = logits[text.scored()[i] - 1];
        }
        return rows;
    }

    private static List<Measure> measures(Subject subject, String what, String tier, Map<String, LookupScore> scores, Known known) {
        List<Measure> measures = new ArrayList<>();
        scores.forEach((name, score) -> measures.add(Measure.of(subject.name + "/" + what + "/" + name, tier,
                score.divergence().mean(), "nats KL", Optional.empty(), "standard error", score.divergence().standardError(),
                "top-1 %", 100 * score.agreement().mean(), "loss", score.loss().mean(), "exact %", 100 * score.exact().mean(),
                "exact standard error", 100 * score.exact().standardError(), "tasks", score.divergence().count(),
                "sensitive heads", known.sensitive.cardinality())));
        return measures;
    }

    // ---------------------------------------------------------------- attached documents

    /** Documents that were read alone and attached, beside reading all of them in place, and beside none. */
    public List<Measure> attach(Subject subject, int documents, int count) throws Problem {
        Known known = known(subject);
        Map<String, Map<TaskKind, double[]>> losses = new LinkedHashMap<>(); // nats: sum, exact, tasks
        try (LookupRig rig = new LookupRig(new OwnModel(subject.file, Tier.NATIVE, subject.threads));
                DenseKv prefix = rig.dense(known.front.length);
                Lookup all = rig.lookup(LookupMode.HEADS, known.sensitive, new LookupSpec(512, WINDOW_TOKENS));
                Lookup some = rig.lookup(LookupMode.HEADS, known.sensitive, new LookupSpec(16, WINDOW_TOKENS))) {
            rig.read(prefix, known.front);
            int done = 0;
            for (LookupTask task : tasks(known.tokenizer, TaskShape.documents(documents), count)) {
                LookupText text = LookupText.of(task, known.tokenizer);
                compare(rig, known, prefix, text, List.of(all, some), losses);
                progress.accept("%s/%d documents: %d of %d, %s".formatted(subject.name, documents, ++done, count, task.id()));
            }
            return kept(subject, documents, rig.own.label(), losses);
        }
    }

    private static void compare(LookupRig rig, Known known, DenseKv prefix, LookupText text, List<Lookup> lookups,
            Map<String, Map<TaskKind, double[]>> losses) throws Problem {
        int room = known.front.length + text.context().length + text.live().length + BLOCK;
        add(losses, "sequential", text, behind(rig, prefix, text.context(), text, room));
        add(losses, "none", text, behind(rig, prefix, new int[0], text, room));
        add(losses, "right alone, in place", text, behind(rig, prefix, text.pieces().get(text.task().answerPiece()), text, room));
        List<KvSource> sources = new ArrayList<>();
        List<SealedDocument> read = new ArrayList<>();
        try {
            for (int i = 0; i < text.pieces().size(); i++) {
                read.add(rig.document("" + i, prefix, text.pieces().get(i)));
            }
            sources.add(read.get(text.task().answerPiece()));
            for (SealedDocument each : read) {
                if (each != sources.getFirst()) {
                    sources.add(each);
                }
            }
            for (Positions positions : Positions.values()) {
                add(losses, "attached " + positions, text, attached(rig, prefix, sources, positions, lookups.get(0), text));
            }
            add(losses, "attached PARALLEL, 1,024 looked up", text,
                    attached(rig, prefix, sources, Positions.PARALLEL, lookups.get(1), text));
            add(losses, "right alone, attached", text,
                    attached(rig, prefix, sources.subList(0, 1), Positions.TRUE, lookups.get(0), text));
        } finally {
            read.forEach(SealedDocument::release);
        }
    }

    private static float[][] behind(LookupRig rig, DenseKv prefix, int[] context, LookupText text, int room) throws Problem {
        try (DenseKv kv = rig.dense(room)) {
            prefix.copyTo(kv);
            rig.read(kv, context);
            return scored(rig.logits(kv, text.live(), 0), text);
        }
    }

    private static float[][] attached(LookupRig rig, DenseKv prefix, List<KvSource> sources, Positions positions, Lookup lookup,
            LookupText text) throws Problem {
        try (DenseKv kv = rig.attached(text.live().length + BLOCK, lookup, prefix, sources, positions)) {
            return scored(rig.logits(kv, text.live(), 0), text);
        }
    }

    private static void add(Map<String, Map<TaskKind, double[]>> losses, String way, LookupText text, float[][] rows) {
        int[] expected = text.expected();
        double loss = 0;
        for (int i = 0; i < rows.length; i++) {
            loss -= Logits.logProbability(rows[i], expected[i]) / rows.length;
        }
        double[] sums = losses.computeIfAbsent(way, k -> new EnumMap<>(TaskKind.class)).computeIfAbsent(text.task().kind(),
                k -> new double[3]);
        sums[0] += loss;
        sums[1] += Logits.isExactMatch(rows, expected) ? 1 : 0;
        sums[2]++;
    }

    /** Share of the gain of sequential reading over none that each way keeps. */
    private static List<Measure> kept(Subject subject, int documents, String tier, Map<String, Map<TaskKind, double[]>> losses) {
        List<Measure> measures = new ArrayList<>();
        losses.forEach((way, byKind) -> byKind.forEach((kind, sums) -> {
            double none = losses.get("none").get(kind)[0];
            double gain = none - losses.get("sequential").get(kind)[0];
            measures.add(Measure.of("%s/attach/%d documents/%s/%s".formatted(subject.name, documents, kind, way), tier,
                    100 * (none - sums[0]) / gain, "% of the gain", Optional.empty(), "loss", sums[0] / sums[2], "exact %",
                    100 * sums[1] / sums[2], "tasks", sums[2]));
        }));
        return measures;
    }
}
