package dev.longhand.bench;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Tasks over a corpus, in cells: one shape of context, some kinds of questions, many sources. The same corpus, tokenizer and seed
 * give the same tasks anywhere.
 *
 * <p>Kinds take turns and so do sources, so that each kind has an equal share and no source more than its part. Lengths are counted
 * with the model's own tokenizer, so each model has its own tasks. Thread-safe.
 */
public final class LookupTasks {
    /** Segments of a standard cell, a third of each main kind. */
    public static final int CELL = 42;
    /** Sources that a standard cell has at least. */
    public static final int CELL_SOURCES_MIN = 20;
    /** Seed of all reported figures; fixed before anything was tuned. */
    public static final long SEED = 20261128;

    private final Map<String, List<TextLines>> sources = new LinkedHashMap<>();
    private final TokenCount tokens;
    private final long seed;

    /** Counts the tokens of the whole corpus once. */
    public LookupTasks(Corpus corpus, TokenCount tokens, long seed) {
        Map<String, Integer> counted = new HashMap<>(); // lines repeat a lot
        TokenCount remembered = line -> counted.computeIfAbsent(line, tokens::of);
        corpus.bySource().forEach((source, documents) ->
                sources.put(source, documents.stream().map(d -> new TextLines(d, remembered)).toList()));
        this.tokens = tokens;
        this.seed = seed;
    }

    /** {@value #CELL} tasks of the main kinds from at least {@value #CELL_SOURCES_MIN} sources. */
    public List<LookupTask> cell(TaskShape shape) throws Problem {
        List<LookupTask> cell = cell(shape, TaskKind.MAIN, CELL);
        long found = cell.stream().map(LookupTask::source).distinct().count();
        if (found < CELL_SOURCES_MIN) {
            throw new Problem(Problem.Kind.LIMIT, "tasks of %s come from %d sources only, %d are needed; take a larger corpus"
                    .formatted(shape, found, CELL_SOURCES_MIN));
        }
        return cell;
    }

    /** So many tasks of needles at a depth. */
    List<LookupTask> cell(TaskShape shape, TaskKind kind, NeedleCell.Band depth, int count) throws Problem {
        return cell(shape, List.of(kind), depth, count);
    }

    /** So many tasks, the kinds taking turns. A source that has no text for one gives way to the next. */
    public List<LookupTask> cell(TaskShape shape, List<TaskKind> kinds, int count) throws Problem {
        return cell(shape, kinds, NeedleCell.ANYWHERE, count);
    }

    private List<LookupTask> cell(TaskShape shape, List<TaskKind> kinds, NeedleCell.Band depth, int count) throws Problem {
        Check.argument(!kinds.isEmpty() && count > 0, "%d tasks of %s", count, kinds);
        List<String> order = sources.keySet().stream()
                .sorted(Comparator.comparing(s -> Sha256.of(seed + "/" + shape + "/" + s).hex())).toList();
        List<LookupTask> cell = new ArrayList<>();
        int next = 0;
        for (int i = 0; i < count; i++) {
            TaskKind kind = kinds.get(i % kinds.size());
            Optional<LookupTask> task = Optional.empty();
            for (int tries = 0; tries < 2 * order.size() && task.isEmpty(); tries++) {
                String source = order.get(next++ % order.size());
                long own = Chance.seed(seed, shape, kind, i, source, tries);
                task = new TaskMaker(sources, tokens, shape, source, own, depth).make(shape + "/" + kind + "/" + i, kind, own);
            }
            cell.add(task.orElseThrow(() -> new Problem(Problem.Kind.LIMIT,
                    "no source has text for a task %s of %s; take a larger corpus".formatted(kind, shape))));
        }
        return cell;
    }

    /** Of all tasks, in order: what a report names, so that figures can be compared. */
    public static Sha256 digest(List<LookupTask> tasks) {
        MessageDigest digester = Sha256.digester();
        tasks.forEach(t -> digester.update((t.digest() + "\n").getBytes(StandardCharsets.UTF_8)));
        return Sha256.of(digester);
    }

    /** Tokens of all documents, as sums over their lines. */
    public long corpusTokens() {
        return sources.values().stream().flatMap(List::stream).mapToLong(TextLines::tokens).sum();
    }
}
