package dev.longhand.bench;

import dev.longhand.base.Problem;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Needles of one kind in contexts of one length. Single ones are put at a chosen depth; the others, several sentences each, lie
 * anywhere. Counting words over the whole text is no needle and not here: what sees a part of the text is expected to lose there.
 *
 * @param depth of the needle as a band, {@link #ANYWHERE} for all of the text
 */
record NeedleCell(int tokensMax, TaskKind kind, Band depth) {
    /** A part of a text, as shares of its characters. */
    record Band(double from, double width) {
        @Override
        public String toString() {
            return "%.0f-%.0f %%".formatted(100 * from, 100 * (from + width));
        }
    }

    static final Band ANYWHERE = new Band(0.05, 0.9);
    private static final List<Band> DEPTHS = List.of(new Band(0.05, 0.25), new Band(0.35, 0.3), new Band(0.7, 0.25));

    static List<NeedleCell> of(int tokensMax) {
        List<NeedleCell> cells = new ArrayList<>();
        DEPTHS.forEach(depth -> cells.add(new NeedleCell(tokensMax, TaskKind.NEEDLE, depth)));
        TaskKind.NEEDLES.forEach(kind -> cells.add(new NeedleCell(tokensMax, kind, ANYWHERE)));
        return cells;
    }

    TaskShape shape() {
        return new TaskShape(1, tokensMax * 3 / 4, tokensMax);
    }

    List<LookupTask> tasks(LookupTasks tasks, int count) throws Problem {
        return tasks.cell(shape(), kind, depth, count);
    }

    /** Exact answers, beside those of attending to everything. */
    Measure measure(String subject, String tier, LookupScore dense, LookupScore looked) {
        String place = depth.equals(ANYWHERE) ? "anywhere" : depth.toString();
        return Measure.of("%s/needles/%s/%s/%s".formatted(subject, shape(), kind, place), tier, 100 * looked.exact().mean(),
                "exact %", Optional.empty(), "dense exact %", 100 * dense.exact().mean(), "loss", looked.loss().mean(),
                "dense loss", dense.loss().mean(), "KL", looked.divergence().mean(),
                "KL standard error", looked.divergence().standardError(), "tasks", looked.loss().count());
    }
}
