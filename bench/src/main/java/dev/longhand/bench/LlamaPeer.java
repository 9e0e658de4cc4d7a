package dev.longhand.bench;

import dev.longhand.base.Problem;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * llama.cpp in a child process, one setting of it, told what to do line by line so that runs interleave with ours.
 *
 * <p>The interpreter is {@code $LONGHAND_PEER_PYTHON}, default {@code python3}; it must be able to import {@code llama_cpp}.
 */
final class LlamaPeer implements AutoCloseable {
    /** One way to run the peer. */
    record Setting(boolean flashAttention, String kv) {
        /** The three settings that llama.cpp accepts: a quantised V needs flash attention. */
        static final List<Setting> ALL = List.of(new Setting(false, "f16"), new Setting(true, "f16"), new Setting(true, "q8_0"));

        String label() {
            return "KV " + kv + (flashAttention ? ", flash attention" : "");
        }
    }

    private final Process process;
    private final BufferedReader from;
    private final Writer to;
    private final Path script;
    final String version;
    final Setting setting;

    static LlamaPeer start(Path model, int threads, Setting setting, Map<String, String> environment) throws Problem {
        try {
            return new LlamaPeer(model, threads, setting, environment.getOrDefault("LONGHAND_PEER_PYTHON", "python3"));
        } catch (IOException e) {
            throw new Problem(Problem.Kind.UNAVAILABLE, ("llama.cpp cannot be run beside Longhand: %s; install it with `pip install llama-cpp-python==0.3.36` "
                    + "and name that interpreter in LONGHAND_PEER_PYTHON").formatted(e.getMessage()), e);
        }
    }

    private LlamaPeer(Path model, int threads, Setting setting, String python) throws IOException {
        this.setting = setting;
        script = Files.createTempFile("llama-peer", ".py");
        try (InputStream in = LlamaPeer.class.getResourceAsStream("llama_peer.py")) {
            Files.write(script, in.readAllBytes());
        }
        process = new ProcessBuilder(python, script.toString(), model.toString(), Integer.toString(threads),
                        setting.flashAttention ? "1" : "0", setting.kv)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        from = process.inputReader(StandardCharsets.UTF_8);
        to = process.outputWriter(StandardCharsets.UTF_8);
        String line = from.readLine();
        if (line == null || !line.startsWith("ready ")) {
            close();
            throw new IOException(python + " could not load the model with llama_cpp");
        }
        version = line.substring("ready ".length());
    }

    /** Seconds for {@code work} ("prefill" or "decode") of {@code tokens}. */
    double seconds(String work, int tokens) {
        try {
            to.write(work + " " + tokens + "\n");
            to.flush();
            String line = from.readLine();
            if (line == null) {
                throw new IOException("the peer process ended");
            }
            return Double.parseDouble(line);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroy();
        try {
            Files.deleteIfExists(script);
        } catch (IOException e) {
            // A leftover of two kilobytes in the temporary folder.
        }
    }
}
