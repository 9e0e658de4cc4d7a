package dev.longhand.memory;

import dev.longhand.kernels.Attention;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvSummaries;
import dev.longhand.kernels.KvTable;
import java.lang.foreign.Arena;
import java.util.HashSet;
import java.util.Set;

/** Measures choices that were made: as slow as attending to everything. Used by one thread at a time. */
final class Measuring {
    /** What is to be measured. */
    record Wanted(boolean mass, boolean twice) {}

    final Wanted wanted;
    private final Kernels kernels;
    private final KvSummaries summaries;
    private final Chooser full = new Chooser();
    private final Chooser twice = new Chooser();
    private long massRows;
    private double mass;
    private long twiceRows;
    private double twiceSame;
    private long twiceMassRows;
    private double twiceMass;

    Measuring(Wanted wanted, Kernels kernels, KvSummaries summaries) {
        this.wanted = wanted;
        this.kernels = kernels;
        this.summaries = summaries;
    }

    LookupMeasures measures() {
        return new LookupMeasures(massRows, mass, twiceRows, twiceSame, twiceMassRows, twiceMass);
    }

    /**
     * @param seen    sealed blocks that each row sees, the first of {@code records}
     * @param records of all sealed blocks
     * @param lists   (rows) what each row attends to
     */
    void mass(Floats q, Floats turned, int[] seen, int rows, KvTable records, KvTable[] lists, Attention attention) {
        KvShape shape = summaries.shape();
        try (Arena arena = Arena.ofShared()) {
            Floats shares = Floats.allocate(arena, rows * shape.kvHeads(), records.blocks());
            kernels.masses(q, turned, seen, rows, records, shape, attention, shares);
            for (int r = 0; r < rows; r++) {
                for (int h = 0; h < shape.kvHeads(); h++) {
                    Set<Long> attended = new HashSet<>();
                    for (int b = 0; b < lists[r].blocks(); b++) {
                        if (lists[r].tokens(h, b) > 0) {
                            attended.add(lists[r].record(h, b));
                        }
                    }
                    double found = 0;
                    for (int b = 0; b < seen[r]; b++) {
                        found += attended.contains(records.record(h, b)) ? shares.get(r * shape.kvHeads() + h, b) : 0;
                    }
                    mass += found / (attention.heads() / shape.kvHeads());
                    massRows++;
                }
            }
        }
    }

    /** A row of scores by looking twice beside one of scoring everything. */
    void twice(Floats fullScores, int fullRow, Floats scores, int row, int front, int candidates, int k, boolean hasPlanes) {
        if (k == 0 || k >= candidates) {
            return;
        }
        int[] best = full.choose(fullScores, fullRow, front, candidates, k);
        int[] chosen = twice.choose(scores, row, front, candidates, k);
        Set<Integer> there = new HashSet<>();
        double bestMass = 0;
        double chosenMass = 0;
        for (int i = 0; i < k; i++) {
            there.add(chosen[i]);
            bestMass += fullScores.get(fullRow, best[i]);
            chosenMass += fullScores.get(fullRow, chosen[i]);
        }
        int same = 0;
        for (int i = 0; i < k; i++) {
            same += there.contains(best[i]) ? 1 : 0;
        }
        twiceSame += (double) same / k;
        twiceRows++;
        if (hasPlanes && bestMass > 0) {
            twiceMass += chosenMass / bestMass;
            twiceMassRows++;
        }
    }
}
