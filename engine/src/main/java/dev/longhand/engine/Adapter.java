package dev.longhand.engine;

import dev.longhand.base.Check;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.kernels.KvShape;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * How sensitive each KV head of a model is, as {@link LocalModel#calibrate} measured it: which heads are looked up by precise keys.
 *
 * <p>A small text file beside the model, for one model and one tier. It may hold the first heads only: then measuring goes on
 * there.
 * One that is damaged or of another model is as good as none.
 *
 * @param fingerprint   of the model
 * @param kernels       tier and instruction set
 * @param heads         KV heads of all layers
 * @param sensitivities in nats, {@code layer * kvHeads + kvHead}; as many as were measured
 */
public record Adapter(String fingerprint, String kernels, int heads, double[] sensitivities) {
    private static final String FIRST = "longhand adapter 1";
    private static final long BYTES_MAX = 1 << 20;

    public Adapter {
        Check.argument(heads > 0 && sensitivities.length <= heads, "%d of %d heads", sensitivities.length, heads);
    }

    /** Whether it is of a model with so many heads. */
    boolean fits(KvShape shape) {
        return heads == shape.layers() * shape.kvHeads();
    }

    /** Where the adapter of a model file is. */
    public static Path fileOf(Path model, String kernels) {
        String tier = kernels.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
        return model.resolveSibling(model.getFileName() + "." + tier + ".adapter");
    }

    /** Whether every head was measured. */
    public boolean isComplete() {
        return sensitivities.length == heads;
    }

    /** The adapter in {@code file}, if it is there, sound and of this model and tier. */
    public static Optional<Adapter> read(Path file, String fingerprint, String kernels) throws Problem {
        try {
            if (Files.size(file) > BYTES_MAX) {
                return Optional.empty();
            }
            return parsed(Files.readAllLines(file, StandardCharsets.UTF_8))
                    .filter(found -> found.fingerprint.equals(fingerprint) && found.kernels.equals(kernels));
        } catch (NoSuchFileException | CharacterCodingException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw Disk.problem("reading", file, e);
        }
    }

    private static Optional<Adapter> parsed(List<String> lines) {
        try {
            if (lines.size() < 5 || !lines.getFirst().equals(FIRST)) {
                return Optional.empty();
            }
            List<String> body = lines.subList(0, lines.size() - 1);
            if (!lines.getLast().equals("sha256 " + digest(body))) {
                return Optional.empty();
            }
            double[] values = Arrays.stream(value(body.get(4), "sensitivities").split(" ")).filter(v -> !v.isEmpty())
                    .mapToDouble(Double::parseDouble).toArray();
            return Optional.of(new Adapter(value(body.get(1), "model"), value(body.get(2), "kernels"),
                    Integer.parseInt(value(body.get(3), "heads")), values));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static String value(String line, String name) {
        Check.argument(line.startsWith(name + " "), "a line \"%s\" where %s is expected", line, name);
        return line.substring(name.length() + 1);
    }

    private static Sha256 digest(List<String> body) {
        return Sha256.of(String.join("\n", body));
    }

    /** Publishes the file, whole or not at all. */
    public void write(Path file, Disk disk) throws Problem {
        List<String> lines = new ArrayList<>(List.of(FIRST, "model " + fingerprint, "kernels " + kernels, "heads " + heads,
                "sensitivities " + Arrays.stream(sensitivities).mapToObj(Double::toString).collect(Collectors.joining(" "))));
        lines.add("sha256 " + digest(lines));
        disk.publish(file, out -> out.write((String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8)));
    }
}
