package dev.longhand.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** {@code longhand serve} as a process of its own, on any free port; ready once it is made. */
final class ServeProgram implements AutoCloseable {
    private final Process process;
    final String address;

    private ServeProgram(Process process, String address) {
        this.process = process;
        this.address = address;
    }

    static ServeProgram start(Path home, String... arguments) throws IOException {
        List<String> all = new ArrayList<>(List.of("serve", "--port", "0"));
        all.addAll(List.of(arguments));
        Process process = Child.builder(home, Child.command(all.toArray(String[]::new)))
                .redirectError(home.resolve("serve.err").toFile()).start();
        BufferedReader out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line = out.readLine();
        if (line == null || !line.startsWith("Longhand serves ")) {
            process.destroyForcibly();
            throw new IOException("the server said " + line + "; " + java.nio.file.Files.readString(home.resolve("serve.err")));
        }
        return new ServeProgram(process, line.substring(line.lastIndexOf(' ') + 1));
    }

    long pid() {
        return process.pid();
    }

    /** As kill -9 does. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            kill();
        }
    }
}
