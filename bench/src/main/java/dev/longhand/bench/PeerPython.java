package dev.longhand.bench;

import dev.longhand.base.Problem;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The Python that has llama.cpp, and this module's scripts run in it.
 *
 * <p>The interpreter is {@code $LONGHAND_PEER_PYTHON}, default {@code python3}. Scripts are passed on the command line, so that no
 * file is left behind. Thread-safe.
 */
final class PeerPython {
    /** Name of the environment variable with the interpreter. */
    static final String SETTING = "LONGHAND_PEER_PYTHON";

    private final String interpreter;

    PeerPython(Map<String, String> environment) {
        interpreter = environment.getOrDefault(SETTING, "python3");
    }

    /** Starts a script of this package; what it writes to standard error is lost. */
    Process start(String script, List<String> arguments) throws Problem {
        return start(builder(script, arguments).redirectError(ProcessBuilder.Redirect.DISCARD));
    }

    /** Runs a script of this package to its end. A failing one is a problem with its last line. */
    void run(String script, List<String> arguments) throws Problem {
        Process process = start(builder(script, arguments).redirectErrorStream(true));
        String last = "";
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                last = line.isBlank() ? last : line.strip();
            }
            if (process.waitFor() != 0) {
                throw new Problem(Problem.Kind.UNAVAILABLE, script + " failed in " + interpreter + ": " + last + "; " + advice());
            }
        } catch (IOException e) {
            throw new Problem(Problem.Kind.UNAVAILABLE, script + " could not be followed: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem(Problem.Kind.CANCELLED, "interrupted while " + script + " ran", e);
        } finally {
            process.destroy();
        }
    }

    /** What to do where llama.cpp is missing. */
    static String advice() {
        return "install it with `pip install llama-cpp-python==0.3.36 gguf` and name that interpreter in " + SETTING;
    }

    private Process start(ProcessBuilder builder) throws Problem {
        try {
            return builder.start();
        } catch (IOException e) {
            throw new Problem(Problem.Kind.UNAVAILABLE, "%s cannot be started: %s; %s".formatted(interpreter, e.getMessage(),
                    advice()), e);
        }
    }

    private ProcessBuilder builder(String script, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(interpreter, "-c", text(script)));
        command.addAll(arguments);
        return new ProcessBuilder(command);
    }

    private static String text(String script) {
        try (InputStream in = PeerPython.class.getResourceAsStream(script)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException(script + " is missing from the program", e);
        }
    }
}
