package dev.longhand.bench;

import dev.longhand.base.Problem;
import dev.longhand.engine.Stitching;
import dev.longhand.memory.Context;
import dev.longhand.memory.DenseKv;
import dev.longhand.memory.KvSource;
import dev.longhand.memory.Lookup;
import dev.longhand.memory.LookupSpec;
import dev.longhand.memory.Placement;
import dev.longhand.memory.Positions;
import dev.longhand.memory.SealedDocument;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What attached documents keep of what reading them in place gives. Method: the same question behind all documents read one after
 * another, behind none, behind the right one alone, and behind all of them attached in different ways; everything attached is
 * attended to, except where it says looked up. The right document is next to the question where attached documents stand in a row;
 * so divergences are from reading in place in that order. Filled task by task; used by one thread.
 */
final class AttachBench implements AutoCloseable {
    private static final int WINDOW_TOKENS = 512;
    private static final int BLOCK = 64;
    private static final String SEQUENTIAL = "sequential";
    private static final String NONE = "none";

    private final LookupRig rig;
    private final DenseKv prefix;
    private final List<AttachWay> ways;
    private final Lookup all;
    private final Lookup some;
    private final Map<String, Map<TaskKind, LookupScore>> scores = new LinkedHashMap<>(); // way, kind

    AttachBench(LookupRig rig, DenseKv prefix, List<AttachWay> ways, BitSet sensitive) {
        this.rig = rig;
        this.prefix = prefix;
        this.ways = ways;
        this.all = rig.lookup(LookupMode.HEADS, sensitive, new LookupSpec(512, WINDOW_TOKENS));
        this.some = rig.lookup(LookupMode.HEADS, sensitive, new LookupSpec(16, WINDOW_TOKENS));
    }

    void compare(LookupText text) throws Problem {
        int room = prefix.tokens() + text.context().length + text.live().length + BLOCK;
        float[][] rightLast = behind(inOrder(text), text, room);
        add("sequential, the right one last", text, rightLast, rightLast);
        add(SEQUENTIAL, text, rightLast, behind(text.context(), text, room));
        add(NONE, text, rightLast, behind(new int[0], text, room));
        List<KvSource> sources = new ArrayList<>(); // the right one first
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
            for (AttachWay way : ways) {
                Placement placement = placement(way.positions(), text);
                if (way.positions() != Positions.GROUPED || isGrouping(sources, placement)) {
                    add(way.toString(), text, rightLast, attached(sources, placement, way.stitching(), all, text));
                }
            }
            attachInAnyOrder(read, rightLast, text);
            add("attached PARALLEL, 1,024 looked up", text, rightLast,
                    attached(sources, Placement.PARALLEL, Stitching.NONE, some, text));
            add("right alone, attached", text, rightLast,
                    attached(sources.subList(0, 1), Placement.TRUE, Stitching.NONE, all, text));
        } finally {
            read.forEach(SealedDocument::release);
        }
    }

    /** Documents in a row, the right one where the task has it: as if words had not led to it. */
    private void attachInAnyOrder(List<SealedDocument> read, float[][] rightLast, LookupText text) throws Problem {
        List<KvSource> sources = List.copyOf(read.reversed());
        for (AttachWay way : ways) {
            Placement placement = placement(way.positions(), text);
            boolean isOther = way.positions() != Positions.GROUPED || isGrouping(sources, placement);
            if (way.positions().isInARow() && way.stitching() == Stitching.NONE && isOther) {
                add(way + ", in any order", text, rightLast, attached(sources, placement, way.stitching(), all, text));
            }
        }
    }

    /** The pieces as documents in a row stand: the first of the list, the right one, is last. */
    private static int[] inOrder(LookupText text) {
        List<int[]> pieces = new ArrayList<>(text.pieces().reversed());
        int[] right = pieces.remove(pieces.size() - 1 - text.task().answerPiece());
        pieces.add(right);
        return LookupText.concat(pieces);
    }

    /** Whether it is anything else than in a row. */
    private boolean isGrouping(List<KvSource> sources, Placement grouped) {
        return Context.tokens(prefix, sources, grouped) != Context.tokens(prefix, sources, Placement.TRUE);
    }

    private Placement placement(Positions positions, LookupText text) {
        int reach = rig.own.model.config().contextTokens() * 2 / 3 - prefix.tokens() - text.live().length;
        return Placement.of(positions, WINDOW_TOKENS, reach);
    }

    private float[][] behind(int[] context, LookupText text, int room) throws Problem {
        try (DenseKv kv = rig.dense(room)) {
            prefix.copyTo(kv);
            rig.read(kv, context);
            return text.scored(rig.logits(kv, text.live(), 0));
        }
    }

    private float[][] attached(List<KvSource> sources, Placement placement, Stitching stitching, Lookup lookup, LookupText text)
            throws Problem {
        try (DenseKv kv = rig.attached(text.live().length + BLOCK, lookup, prefix, sources, placement, stitching)) {
            return text.scored(rig.logits(kv, text.live(), 0));
        }
    }

    private void add(String way, LookupText text, float[][] reference, float[][] rows) {
        scores.computeIfAbsent(way, k -> new EnumMap<>(TaskKind.class))
                .computeIfAbsent(text.task().kind(), k -> new LookupScore()).add(text, reference, rows);
    }

    /** Share of the gain of sequential reading over none that each way keeps. */
    List<Measure> measures(String row) {
        List<Measure> measures = new ArrayList<>();
        scores.forEach((way, byKind) -> byKind.forEach((kind, score) -> {
            double none = scores.get(NONE).get(kind).loss().mean();
            double gain = none - scores.get(SEQUENTIAL).get(kind).loss().mean();
            measures.add(Measure.of("%s/%s/%s".formatted(row, kind, way), rig.own.label(),
                    100 * (none - score.loss().mean()) / gain, "% of the gain", Optional.empty(),
                    "gained", none - score.loss().mean(), "loss", score.loss().mean(), "exact %", 100 * score.exact().mean(),
                    "KL", score.divergence().mean(),
                    "KL standard error", score.divergence().standardError(), "tasks", score.loss().count()));
        }));
        return measures;
    }

    @Override
    public void close() {
        all.close();
        some.close();
    }
}
