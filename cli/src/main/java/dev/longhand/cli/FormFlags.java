package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.lm.Constraint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Which form an answer must have. */
final class FormFlags {
    private static final long FILE_BYTES_MAX = 1 << 20;

    @Option(names = "--json-schema", paramLabel = "FILE", description = "Answer in JSON that this JSON Schema accepts.")
    private Path schema;

    @Option(names = "--grammar", paramLabel = "FILE",
            description = "Answer in the form of this grammar (GBNF, as llama.cpp takes it).")
    private Path grammar;

    Optional<Constraint> constraint() throws Problem {
        if (schema != null && grammar != null) {
            throw new Problem(Problem.Kind.USAGE, "--json-schema and --grammar exclude each other; give one");
        }
        try {
            if (schema != null) {
                return Optional.of(new Constraint.JsonSchema(text("--json-schema", schema)));
            }
            return grammar == null ? Optional.empty() : Optional.of(new Constraint.Gbnf(text("--grammar", grammar)));
        } catch (IllegalArgumentException e) {
            throw new Problem(Problem.Kind.USAGE, e.getMessage(), e);
        }
    }

    private static String text(String flag, Path file) throws Problem {
        try {
            long bytes = Files.size(file);
            if (bytes > FILE_BYTES_MAX) {
                throw new Problem(Problem.Kind.LIMIT, "%s: %s has %d bytes; limit %d".formatted(flag, file, bytes, FILE_BYTES_MAX));
            }
            return Files.readString(file);
        } catch (IOException e) {
            throw new Problem(Problem.Kind.NOT_FOUND, "%s: %s cannot be read as UTF-8 text".formatted(flag, file), e);
        }
    }
}
