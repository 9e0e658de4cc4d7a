package dev.longhand.memory;

import dev.longhand.base.Problem;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/**
 * The first block of a document, read again with what stands before the document in view: used in place of the document's own
 * first block. Layers with a window keep the document's own.
 *
 * @param block    its one block; keys stand at {@code position} and the positions that follow
 * @param position of its first key
 */
public record Seam(KvSource block, int position) {
    /** Reads the first block of a document behind {@code before}; who asked releases it. */
    @FunctionalInterface
    public interface Reader {
        KvSource read(Context before, KvSource document) throws Problem;
    }

    /**
     * Seams of documents in a row, best-routed first: the last one stands first and has none. The caller {@linkplain #release
     * releases} them once a context holds them; where reading fails they are released already.
     */
    public static List<Optional<Seam>> all(DenseKv prefix, List<KvSource> documents, Placement placement, Reader reader)
            throws Problem {
        List<Optional<Seam>> seams = new ArrayList<>(Collections.nCopies(documents.size(), Optional.empty()));
        boolean isDone = false;
        try {
            for (int i = documents.size() - 2; i >= 0; i--) {
                Context before = Context.of(prefix, documents.subList(i + 1, documents.size()), placement,
                        seams.subList(i + 1, documents.size()));
                seams.set(i, Optional.of(new Seam(reader.read(before, documents.get(i)), before.tokens())));
            }
            isDone = true;
            return seams;
        } finally {
            if (!isDone) {
                release(seams);
            }
        }
    }

    public static void release(List<Optional<Seam>> seams) {
        seams.forEach(seam -> seam.ifPresent(s -> s.block.release()));
    }
}
