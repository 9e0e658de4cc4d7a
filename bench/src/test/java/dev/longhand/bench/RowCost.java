package dev.longhand.bench;

import dev.longhand.kernels.Floats;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.KvType;
import dev.longhand.memory.DenseKv;
import dev.longhand.memory.KvBatch;
import dev.longhand.memory.KvPool;
import dev.longhand.memory.Limits;
import java.lang.foreign.Arena;
import java.nio.file.Path;

/**
 * What a pass of a few rows costs, as guessing ahead and batches of answers make them; a program, not a test.
 *
 * <p>Arguments: model file, tokens before, threads, one or many sequences ({@code one}: the rows follow each other; {@code many}:
 * each row is a sequence's next token). Prints milliseconds of a pass with logits of every row, best of several, and its cost in
 * passes of one row. The tier is chosen by {@code LONGHAND_TIER} and {@code LONGHAND_NATIVE_ISA}.
 */
final class RowCost {
    private static final int[] ROWS = {1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 32, 48};
    private static final int TRIES = 30;

    private RowCost() {}

    public static void main(String[] args) throws Exception {
        int depth = Integer.parseInt(args[1]);
        boolean isMany = args.length > 3 && args[3].equals("many");
        int most = ROWS[ROWS.length - 1];
        try (OwnModel own = new OwnModel(Path.of(args[0]), null, Integer.parseInt(args[2])); Arena arena = Arena.ofShared()) {
            KvShape shape = own.model.kvShape(KvType.F16);
            int[] tokens = own.tokens(depth + most);
            Floats logits = Floats.allocate(arena, most, own.model.config().vocabulary());
            try (KvPool pool = new KvPool(shape, new Limits(8L << 30)); KvBatch batch = new KvBatch(own.kernels, shape, most)) {
                DenseKv[] views = new DenseKv[isMany ? most : 1];
                for (int i = 0; i < views.length; i++) {
                    views[i] = new DenseKv(own.kernels, pool, depth + most);
                    for (int from = 0; from < depth; from += OwnModel.CHUNK_ROWS) {
                        batch.clear();
                        batch.add(views[i], Math.min(OwnModel.CHUNK_ROWS, depth - from));
                        own.model.forward(tokens, from, batch);
                    }
                }
                double one = 0;
                for (int rows : ROWS) {
                    double best = Double.MAX_VALUE;
                    for (int i = 0; i < TRIES; i++) {
                        long start = System.nanoTime();
                        batch.clear();
                        for (int v = 0; v < (isMany ? rows : 1); v++) {
                            batch.add(views[v], isMany ? 1 : rows);
                        }
                        own.model.forward(tokens, depth, batch);
                        own.model.logits(0, rows, logits);
                        best = Math.min(best, (System.nanoTime() - start) / 1e6);
                        for (DenseKv view : views) {
                            view.truncate(depth);
                        }
                    }
                    one = rows == 1 ? best : one;
                    System.out.printf("%3d rows %7.3f ms  %5.2fx%n", rows, best, best / one);
                }
                for (DenseKv view : views) {
                    view.close();
                }
            }
        }
    }
}
