package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.ledger.MeteredModel;
import dev.longhand.lm.Pooling;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code longhand embed [TEXT...]}. */
@Command(name = "embed",
        description = "Print a vector for each text, as one line of JSON; texts come as arguments or as lines of standard input.",
        footer = {"  longhand embed \"A cat sleeps.\" \"Interest rates rose.\"",
                "  longhand embed -m smollm2 --pooling last < lines.txt"})
final class EmbedCommand extends CliCommand {
    private static final int TEXTS_AT_ONCE = 16;
    private static final int LINE_CHARS_MAX = 1 << 20;

    @Parameters(arity = "0..*", paramLabel = "TEXT", description = "Texts; without one, each line of standard input is a text.")
    private List<String> texts = List.of();

    @Mixin
    private ModelFlags modelFlags;

    @Option(names = "--pooling", paramLabel = "KIND", defaultValue = "mean",
            description = "Which states of the model make the vector: mean of all, or last (default: mean).")
    private String pooling;

    @Option(names = "--raw", description = "Keep the vector's length; without this it is 1.")
    private boolean isRaw;

    EmbedCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() throws Problem {
        Pooling kind = switch (pooling) {
            case "mean" -> Pooling.MEAN;
            case "last" -> Pooling.LAST;
            default -> throw new Problem(Problem.Kind.USAGE, "--pooling is \"" + pooling + "\"; it must be mean or last");
        };
        Config config = Config.read(world);
        LiveServer.noteUnused(world);
        try (OpenBooks books = OpenBooks.start(world, config); Loading loading = Loading.start(world, modelFlags, config)) {
            MeteredModel model = loading.metered(books, "embed", "");
            if (texts.isEmpty()) {
                embedLines(model, isRaw ? kind.raw() : kind);
            } else {
                embed(model, texts, isRaw ? kind.raw() : kind);
            }
            OpenBooks.warn(world, model, 0);
        }
        return ExitCodes.OK;
    }

    private void embedLines(MeteredModel model, Pooling kind) throws Problem {
        BufferedReader lines = new BufferedReader(new InputStreamReader(world.in(), StandardCharsets.UTF_8));
        List<String> batch = new ArrayList<>();
        try {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.length() > LINE_CHARS_MAX) {
                    throw new Problem(Problem.Kind.LIMIT,
                            "a line has %d characters; limit %d".formatted(line.length(), LINE_CHARS_MAX));
                }
                batch.add(line);
                if (batch.size() == TEXTS_AT_ONCE) {
                    embed(model, batch, kind);
                    batch.clear();
                }
            }
        } catch (IOException e) {
            throw new Problem(Problem.Kind.UNAVAILABLE, "standard input cannot be read: " + e.getMessage(), e);
        }
        embed(model, batch, kind);
    }

    private void embed(MeteredModel model, List<String> batch, Pooling kind) throws Problem {
        List<int[]> tokens = new ArrayList<>();
        for (String text : batch) {
            tokens.add(model.begin(text));
            if (tokens.getLast().length == 0) {
                throw new Problem(Problem.Kind.USAGE, "an empty text has no vector");
            }
        }
        float[][] vectors = model.embed(tokens, kind).vectors();
        for (float[] vector : vectors) {
            StringBuilder line = new StringBuilder("[");
            for (int i = 0; i < vector.length; i++) {
                line.append(i == 0 ? "" : ",").append(vector[i]);
            }
            world.out().println(line.append(']'));
        }
        world.out().flush();
        world.interrupts().check();
    }
}
