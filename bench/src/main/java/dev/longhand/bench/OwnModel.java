package dev.longhand.bench;

import dev.longhand.base.Problem;
import dev.longhand.formats.ModelFile;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KernelsFactory;
import dev.longhand.kernels.Tier;
import dev.longhand.kernels.TierChoice;
import dev.longhand.model.ExpertStore;
import dev.longhand.model.Model;
import dev.longhand.model.Models;
import java.nio.file.Path;
import java.util.Locale;

/** A model loaded on one tier, below the engine: what is timed is the forward pass and nothing else. Used by one thread. */
final class OwnModel implements AutoCloseable {
    static final int CHUNK_ROWS = 512;

    final Kernels kernels;
    final Model model;
    final TierChoice choice;

    OwnModel(Path file, Tier tier, int threads) throws Problem {
        this(file, tier, threads, ExpertStore.RESIDENT);
    }

    /** @param experts where the experts of a mixture are kept */
    OwnModel(Path file, Tier tier, int threads, ExpertStore.Factory experts) throws Problem {
        KernelsFactory.Opened opened = KernelsFactory.open(tier, threads);
        kernels = opened.kernels();
        choice = opened.choice();
        try (ModelFile source = ModelFile.open(file)) {
            model = Models.load(source, kernels, CHUNK_ROWS, experts);
        } catch (Problem | RuntimeException e) {
            kernels.close();
            throw e;
        }
    }

    /** {@code "native avx512-vnni"}. */
    String label() {
        return label(choice);
    }

    static String label(TierChoice choice) {
        String tier = choice.tier().name().toLowerCase(Locale.ROOT);
        return choice.instructionSet().startsWith(tier) ? choice.instructionSet() : tier + " " + choice.instructionSet();
    }

    /** The tokens that everybody reads: spread over the vocabulary, the same in {@code llama_peer.py}. */
    static int token(int i, int vocabulary) {
        return (int) (100 + i * 7919L % (vocabulary - 200));
    }

    int[] tokens(int count) {
        int[] tokens = new int[count];
        for (int i = 0; i < count; i++) {
            tokens[i] = token(i, model.config().vocabulary());
        }
        return tokens;
    }

    @Override
    public void close() {
        model.close();
        kernels.close();
    }
}
