package dev.longhand.bench;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.engine.Adapter;
import dev.longhand.engine.EngineOptions;
import dev.longhand.engine.LocalModel;
import dev.longhand.engine.LookupOptions;
import dev.longhand.kernels.Tier;
import dev.longhand.memory.DenseKv;
import dev.longhand.memory.Lookup;
import dev.longhand.memory.LookupSpec;
import dev.longhand.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
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
    /** Tokens that needles are looked up among: the smaller of the usual budgets, where a wrong choice shows. */
    private static final int NEEDLES_LOOKED_UP = 1024;

    /**
     * What a model is measured with.
     *
     * @param fingerprint SHA-256 of the file, as the catalogue knows it: what is measured once serves every command
     */
    public record Subject(String name, Path file, String fingerprint, int threads) {
        public static Subject of(String name, Path file, int threads) throws Problem {
            try {
                return new Subject(name, file, Sha256.ofFile(file).hex(), threads);
            } catch (IOException e) {
                throw new Problem(Problem.Kind.DISK, "%s cannot be read: %s".formatted(file, e.getMessage()), e);
            }
        }
    }

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
        try (LocalModel model = LocalModel.open(subject.file, subject.name, subject.fingerprint,
                EngineOptions.DEFAULT.withThreads(subject.threads).withLookup(LookupOptions.DEFAULT), clock)) {
            Path file = Adapter.fileOf(subject.file, model.tierChoice().instructionSet());
            Optional<Adapter> there = Adapter.read(file, subject.fingerprint, model.tierChoice().instructionSet());
            double[] measured = there.map(Adapter::sensitivities).orElse(new double[0]);
            double[] all = model.calibrate(measured, (head, heads, sensitivity) -> {
                if (head % 16 == 0) {
                    progress.accept("calibrating: head " + head + " of " + heads);
                }
            });
            if (there.isEmpty() || !there.get().isComplete()) {
                new Adapter(subject.fingerprint, model.tierChoice().instructionSet(), all.length, all).write(file, Disk.REAL);
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

    /** What keeping attention memory in 8 bits changes, over {@code count} texts. */
    public List<Measure> kvTypes(Subject subject, TaskShape shape, int count) throws Problem {
        Known known = known(subject);
        List<int[]> texts = new ArrayList<>();
        for (LookupTask task : tasks(known.tokenizer, shape, count)) {
            int[] context = LookupText.of(task, known.tokenizer).context();
            texts.add(LookupText.concat(List.of(new int[] {known.front[0]}, Arrays.copyOf(context, KvTypeBench.TOKENS))));
        }
        List<Measure> measures = new ArrayList<>();
        for (Tier tier : List.of(Tier.VECTOR, Tier.NATIVE)) {
            try (OwnModel own = new OwnModel(subject.file, tier, subject.threads)) {
                measures.addAll(new KvTypeBench(progress).run(subject, own, texts));
            }
        }
        return measures;
    }

    /** Heads that the model looks things up by. */
    public BitSet sensitive(Subject subject) throws Problem {
        return known(subject).sensitive;
    }

    /**
     * The right document among many, by words, by heads and by both, and what a model says when the documents routed are attached.
     *
     * @param folder for documents that the model has read: a run that is stopped goes on there; emptied at the end
     */
    public List<Measure> routing(Subject subject, int documents, Path folder) throws Problem {
        known(subject);
        Corpus corpus = Corpus.of(CorpusPlan.WIDE, new PackageFetcher(environment)).half(half);
        List<Measure> measures = new ArrayList<>();
        Disk.REAL.createFolders(folder);
        try (LocalModel model = LocalModel.open(subject.file, subject.name, subject.fingerprint,
                EngineOptions.DEFAULT.withThreads(subject.threads).withLookup(LookupOptions.DEFAULT), clock);
                HeadsRouting heads = new HeadsRouting(model, folder, clock, progress)) {
            RoutingQuestions questions = new RoutingQuestions(corpus, text -> model.tokenize(text).length, LookupTasks.SEED);
            List<RoutingSet> sets = questions.sets(documents);
            progress.accept("%d documents, %d sets, digest %s".formatted(documents, sets.size(), sets.getFirst().digest()));
            Map<String, RoutingBench.Way> ways = new LinkedHashMap<>(RoutingBench.words());
            ways.putAll(heads.ways());
            for (Measure each : new RoutingBench(ways).run(documents, sets)) {
                measures.add(each.of(subject.name));
            }
            measures.addAll(heads.cost(subject.name, OwnModel.label(model.tierChoice()), documents));
            for (Measure each : new NeedleRouting(model, heads, LookupTasks.SEED, progress).run(documents, sets)) {
                measures.add(each.of(subject.name));
            }
        }
        delete(folder);
        return measures;
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

    /**
     * Every way of choosing blocks of one long context, at each budget of blocks.
     *
     * @param findsMass whether to measure how much of the attention goes to what is attended to: about twice as slow
     */
    public List<Measure> ladder(Subject subject, TaskShape shape, List<Integer> budgets, int count, boolean findsMass)
            throws Problem {
        Known known = known(subject);
        Map<String, LookupScore> scores = new LinkedHashMap<>();
        try (LookupRig rig = new LookupRig(new OwnModel(subject.file, Tier.NATIVE, subject.threads))) {
            List<Way> ways = ways(rig, known, budgets);
            ways.forEach(way -> way.lookup.measure(findsMass, false));
            int done = 0;
            for (LookupTask task : tasks(known.tokenizer, shape, count)) {
                LookupText text = LookupText.of(task, known.tokenizer);
                climb(rig, known, text, ways, scores);
                progress.accept("%s/%s: %d of %d, %s".formatted(subject.name, shape, ++done, count, task.id()));
            }
            List<Measure> measures = measures(subject, "lookup/" + shape, rig.own.label(), scores, known);
            for (Way way : ways) {
                way.lookup.measures().ifPresent(found -> measures.add(Measure.of(
                        "%s/lookup/%s/%s/mass found".formatted(subject.name, shape, way.name), rig.own.label(),
                        100 * found.massFound(), "% of the attention", Optional.empty(), "choices", found.massRows())));
                way.lookup.close();
            }
            return measures;
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
                dense = text.scored(rig.logits(kv, text.live(), 0));
            }
            scores.computeIfAbsent("DENSE", k -> new LookupScore()).add(text, dense, dense);
            for (Way way : ways) {
                try (DenseKv kv = base.fork(way.lookup)) {
                    float[][] rows = text.scored(rig.logits(kv, text.live(), 0));
                    scores.computeIfAbsent(way.name, k -> new LookupScore()).add(text, dense, rows);
                }
            }
        }
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
    public List<Measure> attach(Subject subject, List<AttachWay> ways, int documents, int count) throws Problem {
        Known known = known(subject);
        try (LookupRig rig = new LookupRig(new OwnModel(subject.file, Tier.NATIVE, subject.threads));
                DenseKv prefix = rig.dense(known.front.length);
                AttachBench bench = new AttachBench(rig, prefix, ways, known.sensitive)) {
            rig.read(prefix, known.front);
            int done = 0;
            for (LookupTask task : tasks(known.tokenizer, TaskShape.documents(documents), count)) {
                bench.compare(LookupText.of(task, known.tokenizer));
                progress.accept("%s/%d documents: %d of %d, %s".formatted(subject.name, documents, ++done, count, task.id()));
            }
            return bench.measures("%s/attach/%d documents".formatted(subject.name, documents));
        }
    }

    // ---------------------------------------------------------------- needles

    /**
     * Needles of all kinds in one long context that is looked up, beside attending to everything: single ones by length and depth,
     * the other kinds by length.
     *
     * @param lengths tokens of the contexts at most
     * @param count   tasks of a cell
     */
    public List<Measure> needles(Subject subject, List<Integer> lengths, int count) throws Problem {
        Known known = known(subject);
        Corpus corpus = Corpus.of(CorpusPlan.SMALL, new PackageFetcher(environment)).half(half);
        LookupTasks tasks = new LookupTasks(corpus, text -> known.tokenizer.encode(text, false).length, LookupTasks.SEED);
        List<Measure> measures = new ArrayList<>();
        try (LookupRig rig = new LookupRig(new OwnModel(subject.file, Tier.NATIVE, subject.threads))) {
            Way way = ways(rig, known, List.of(NEEDLES_LOOKED_UP)).stream()
                    .filter(each -> each.name.startsWith(LookupMode.HEADS.name())).findFirst().orElseThrow();
            for (int length : lengths) {
                for (NeedleCell cell : NeedleCell.of(length)) {
                    Map<String, LookupScore> scores = new LinkedHashMap<>();
                    for (LookupTask task : cell.tasks(tasks, count)) {
                        climb(rig, known, LookupText.of(task, known.tokenizer), List.of(way), scores);
                    }
                    measures.add(cell.measure(subject.name, rig.own.label(), scores.get("DENSE"), scores.get(way.name)));
                    progress.accept(measures.getLast().row());
                }
            }
            way.lookup.close();
        }
        return measures;
    }
}
