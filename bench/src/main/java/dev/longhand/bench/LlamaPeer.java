package dev.longhand.bench;

import dev.longhand.base.Problem;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * llama.cpp in a child process with one model loaded, told what to do line by line so that its runs interleave with ours.
 *
 * <p>Each {@link Setting} is a context of its own beside the same weights. Used by one thread.
 */
final class LlamaPeer implements AutoCloseable {
    /** Tokens of the smallest context that is asked for. */
    static final int CONTEXT_TOKENS_MIN = 1024;

    private static final String SCRIPT = "llama_peer.py";

    /**
     * One way to run the peer.
     *
     * @param keys   element type of the keys it keeps: {@code f16} or {@code q8_0}
     * @param values that of the values
     */
    record Setting(boolean flashAttention, String keys, String values) {
        /** {f16, q8_0} x {flash attention off, on}. Without flash attention llama.cpp quantises keys only. */
        static final List<Setting> ALL = List.of(new Setting(false, "f16", "f16"), new Setting(true, "f16", "f16"),
                new Setting(false, "q8_0", "f16"), new Setting(true, "q8_0", "q8_0"));

        String label() {
            String kv = keys.equals(values) ? keys : "K " + keys + " V " + values;
            return "KV " + kv + (flashAttention ? ", flash attention" : "");
        }
    }

    private final Process process;
    private final BufferedReader from;
    private final Writer to;
    private final String version;
    private final String features;

    static LlamaPeer start(Path model, int threads, PeerPython python) throws Problem {
        Process process = python.start(SCRIPT, List.of(model.toString(), Integer.toString(threads)));
        try {
            return new LlamaPeer(process, model);
        } catch (Problem e) {
            process.destroy();
            throw e;
        }
    }

    private LlamaPeer(Process process, Path model) throws Problem {
        this.process = process;
        from = process.inputReader(StandardCharsets.UTF_8);
        to = process.outputWriter(StandardCharsets.UTF_8);
        String line = readLine();
        if (!line.startsWith("ready ")) {
            throw new Problem(Problem.Kind.UNAVAILABLE, "llama.cpp did not load " + model + "; " + PeerPython.advice());
        }
        int bar = line.indexOf('|');
        version = line.substring("ready ".length(), bar).strip();
        features = line.substring(bar + 1).strip();
    }

    /** {@code "llama.cpp (llama-cpp-python 0.3.36)"}. */
    String name() {
        return "llama.cpp (llama-cpp-python " + version + ")";
    }

    /** What the build uses of the processor, in its own words. */
    String features() {
        return features;
    }

    /** The settings that it takes with this model. */
    List<Setting> settings() throws Problem {
        List<Setting> taken = new ArrayList<>();
        for (Setting each : Setting.ALL) {
            if (use(each, CONTEXT_TOKENS_MIN, 1)) {
                taken.add(each);
            }
        }
        return taken;
    }

    /** What follows runs in this setting, with room for so many tokens. False if llama.cpp does not do that. */
    boolean use(Setting setting, int tokens, int sequences) throws Problem {
        return ask("use %d %s %s %d %d".formatted(setting.flashAttention ? 1 : 0, setting.keys, setting.values, tokens, sequences))
                .equals("ok");
    }

    /** Seconds to read {@code tokens} from empty. */
    double prefill(int tokens) throws Problem {
        return Double.parseDouble(ask("prefill " + tokens));
    }

    /** Seconds for {@code tokens} single tokens after {@code depth} tokens. */
    double decode(int depth, int tokens) throws Problem {
        return Double.parseDouble(ask("decode " + depth + " " + tokens));
    }

    /** Seconds to read {@code prompt} tokens of each sequence, and seconds for {@code steps} tokens of each after that. */
    double[] batch(int sequences, int prompt, int steps) throws Problem {
        String[] both = ask("batch " + sequences + " " + prompt + " " + steps).split(" ");
        return new double[] {Double.parseDouble(both[0]), Double.parseDouble(both[1])};
    }

    private String ask(String command) throws Problem {
        try {
            to.write(command + "\n");
            to.flush();
        } catch (IOException e) {
            throw ended(e);
        }
        return readLine();
    }

    private String readLine() throws Problem {
        try {
            String line = from.readLine();
            if (line == null) {
                throw ended(null);
            }
            return line;
        } catch (IOException e) {
            throw ended(e);
        }
    }

    private static Problem ended(IOException cause) {
        return new Problem(Problem.Kind.UNAVAILABLE, "the process that runs llama.cpp ended; " + PeerPython.advice(), cause);
    }

    @Override
    public void close() {
        process.destroy();
    }
}
