package dev.longhand.kernels;

import dev.longhand.base.ElementType;
import dev.longhand.base.Problem;
import java.lang.foreign.Arena;
import java.util.List;

/**
 * The arithmetic of a transformer on one tier, spread over a team of threads.
 *
 * <p>Every method checks its arguments once, then calls kernels that check nothing. Calls come from one thread at a time (the
 * engine's); each returns when its result is complete. No method allocates on the heap per call.
 *
 * <p><b>Batch-invariant:</b> the bits of a result row depend on that row's inputs only, never on how many rows, which chunk or
 * how many threads computed it. Between tiers only tolerances hold.
 *
 * <p>A row is a token. {@link Activations} are inputs of {@link #matmul}; whoever writes them leaves them in the form the tier
 * multiplies with (quantised per 32 columns on the native tier), so norms, gates and attention end with that step.
 */
public interface Kernels extends AutoCloseable {
    /** Which RoPE elements turn together. */
    enum Pairing {
        /** Elements 2i and 2i+1: GGUF files of the llama architecture. */
        ADJACENT,
        /** Elements i and i + dim/2: gemma, qwen, the papers' "rotate half". */
        HALVES
    }

    /** The gate of a gated feed-forward network. */
    enum Gate { SILU, GELU_TANH }

    /** What the rows of an expert product's input are. */
    enum XRows {
        /** Row t is token t; every expert that the token uses gets it. */
        TOKENS,
        /** Rows stand at the plan's places, as an earlier expert product made them. */
        SLOTS
    }

    Tier tier();

    /** Instruction set in use, for people: {@code "avx512-vnni"}, {@code "avx2"}, {@code "vector 512 bit"}. */
    String instructionSet();

    int threads();

    /** The threads that work beside the caller's own, for whoever measures what they use. */
    List<Thread> workers();

    /** What {@link #pack} makes of a file's element type on this tier. */
    PanelType panelType(ElementType source);

    /** Reads and repacks a weight matrix {@code (rows, cols)} into {@code arena}, in parallel, without a full second copy. */
    Matrix pack(Arena arena, ElementType source, int rows, int cols, RawRows raw) throws Problem;

    /** Reads a vector (norm weight, bias, RoPE factors) as f32 {@code (1, n)}. */
    Floats vector(Arena arena, ElementType source, int n, RawRows raw) throws Problem;

    Activations activations(Arena arena, int rowsMax, int cols);

    /** {@code out(i) = table(tokens[i]) * scale}; table {@code (vocabulary, dim)}. */
    void embed(Matrix table, int[] tokens, int from, int count, float scale, Floats out);

    /** {@code out = x / sqrt(mean(x^2) + eps) * weight} over rows {@code [0, rows)}. */
    void rmsNorm(Floats x, int rows, Floats weight, float eps, Activations out);

    /** {@code residual += rmsNorm(x)}: the norm after a block. */
    void rmsNormAdd(Floats x, int rows, Floats weight, float eps, Floats residual);

    /** RMS norm of each head of {@code x (rows, heads * headDim)} in place; weight {@code (1, headDim)}. */
    void headNorm(Floats x, int rows, int heads, int headDim, Floats weight, float eps);

    /** {@code y(t, r) = sum_c w(r, c) x(t, c)} for {@code t < rows}. {@code x} must have been finished by its writer. */
    void matmul(Matrix w, Activations x, int rows, Floats y);

    /** Several products of the same {@code x} in one hand-off: {@code ys[i] = ws[i] x}. */
    void matmul(Matrix[] ws, Activations x, int rows, Floats[] ys);

    /**
     * Chooses experts for rows {@code [0, rows)} from the router's {@code logits (rows, experts)}. A row with a NaN gets weights
     * NaN.
     */
    void route(Floats logits, int rows, Router router, ExpertPlan plan);

    /**
     * {@code y(place) = W x} for every slot of the plan, W the slot's expert: {@code y (slots, rows of W)}, rows at the plan's
     * places. Experts that no slot uses are not read. The bits equal those of {@link #matmul} of the same row.
     */
    void matmulExperts(Matrix[] experts, Activations x, XRows xRows, ExpertPlan plan, Floats y);

    /** Several products of the same {@code x} in one hand-off: {@code ys[i]} from {@code sets[i]}, each one matrix per expert. */
    void matmulExperts(Matrix[][] sets, Activations x, XRows xRows, ExpertPlan plan, Floats[] ys);

    /** {@code out(t) = sum_j weight(t, j) y(place(t, j))}, in the order of j. */
    void combine(Floats y, ExpertPlan plan, int rows, Floats out);

    /** Bytes of weights that all products of these kernels have read so far; padding and scales count. */
    long weightBytesRead();

    /** {@code y += x} over rows {@code [0, rows)}. */
    void add(Floats y, Floats x, int rows);

    /** {@code x(t) += bias} for each row. */
    void addBias(Floats x, Floats bias, int rows);

    /** {@code out = gate(a) * b}, all {@code (rows, n)}. */
    void gate(Gate gate, Floats a, Floats b, int rows, Activations out);

    /**
     * Turns each head of {@code x (rows, heads * headDim)} in place. {@code angles (rows, 2 * turned/2)} holds, per row,
     * cos and sin: {@code [cos_0 .. cos_n-1, sin_0 .. sin_n-1]} with {@code n = turned / 2} pairs; elements past {@code 2n}
     * stay.
     */
    void rope(Floats x, int rows, int heads, int headDim, Floats angles, Pairing pairing);

    /**
     * Writes rows of k and v {@code (rows, kvHeads * headDim)} of every part at the positions of its sequence, into live blocks,
     * and seals the blocks of this layer that become full.
     */
    void storeKv(Floats k, Floats v, KvParts parts, KvShape shape, int layer);

    /** {@link #storeKv(Floats, Floats, KvParts, KvShape, int)} of one sequence. */
    void storeKv(Floats k, Floats v, int rows, KvShape shape, int layer, KvTable table, int position);

    /**
     * Causal attention of every part's rows of {@code q (rows, heads * headDim)}: row t of a part stands at its position + t and
     * sees what its window allows up to and including itself, which must have been stored. It reads its own block live and
     * earlier blocks stored. Sums run over spans of 256 tokens at absolute positions, merged in ascending order. Rows of {@code
     * out} that belong to a part are finished.
     */
    void attention(Floats q, KvParts parts, KvShape shape, Attention attention, Activations out);

    /** {@link #attention(Floats, KvParts, KvShape, Attention, Activations)} of one sequence. */
    void attention(Floats q, int rows, KvShape shape, Attention attention, KvTable table, int position, Activations out);

    /** Seals every record of a full block: {@code live} as {@link #storeKv} left it; both as {@link KvShape} describes them. */
    void seal(KvShape shape, long live, long stored);

    /**
     * Summaries of one layer of a sealed block that holds {@code tokens} tokens: a region of one block at {@code summaries}, whose
     * other layers are left alone. Layers that are not looked up have none.
     */
    void summarise(KvSummaries shape, int layer, long stored, int tokens, long summaries);

    /**
     * How much each block of {@code scan} matters to rows {@code [0, rows)} of {@code q (rows, heads * headDim)} in the layer of
     * {@code attention}: {@code out (rows * kvHeads, >= blocks)}, higher is more. For a sensitive head that is its share of the
     * attention to all blocks of the scan, added up over the query heads; for others the greatest product of a query and the
     * block's mean key. Row r sees the first {@code seen[r]} blocks; nothing is told of the others. The query of row
     * r for turn i (from 1) is row {@code (i - 1) * rows + r} of {@code turned (turns * rows, heads * headDim)}, which is null
     * without turns. A query or key that is no number makes the scores that it takes part in NaN: the block's own, and
     * where the head is sensitive those of all blocks.
     */
    default void scan(Floats q, Floats turned, int[] seen, int rows, KvScan scan, KvSummaries summaries, Attention attention,
            Floats out) {
        scan(q, turned, seen, rows, scan, summaries, attention, out, Scored.NOTHING);
    }

    /** {@link #scan} that tells {@code scored} of each row and KV head as soon as its scores are complete. */
    void scan(Floats q, Floats turned, int[] seen, int rows, KvScan scan, KvSummaries summaries, Attention attention, Floats out,
            Scored scored);

    /** Is told that the scores of a row and KV head are complete: by the thread that made the last of them, several at once. */
    @FunctionalInterface
    interface Scored {
        Scored NOTHING = (row, kvHead, worker) -> { };

        /** @param worker the thread's number, in {@code [0, threads())} */
        void complete(int row, int kvHead, int worker);
    }

    /**
     * What {@link #scan} estimates for sensitive heads, exactly, from the records themselves: {@code out (rows * kvHeads, >=
     * blocks)},
     * each block's share of the attention to the first {@code seen[r]} blocks of {@code table}, a table of stored records, added up
     * over the query heads. As slow as attending; for measuring.
     */
    void masses(Floats q, Floats turned, int[] seen, int rows, KvTable table, KvShape shape, Attention attention, Floats out);

    /** Copies row {@code from} of {@code x} to row {@code to} of {@code out}, finishing it (to run the head on few rows). */
    void copyRow(Activations x, int from, Activations out, int to);

    /** Index of the greatest value of a row, the lowest index among equals; -1 if the row holds a NaN. */
    int argmax(Floats x, int row);

    @Override
    void close();
}
