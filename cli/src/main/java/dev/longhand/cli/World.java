package dev.longhand.cli;

import dev.longhand.base.Clock;
import dev.longhand.base.Home;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Everything outside a command: streams, environment, data directory, time, Ctrl-C. Commands reach the world only through it.
 *
 * @param in          standard input
 * @param out         standard output, UTF-8: answers and reports
 * @param err         standard error, UTF-8: progress, notes, problems
 * @param terminals   which of the three are terminals
 * @param environment the environment variables
 * @param home        the data directory
 * @param clock       time
 * @param interrupts  Ctrl-C
 */
record World(InputStream in, PrintStream out, PrintStream err, Terminals terminals, Map<String, String> environment, Home home,
        Clock clock, Interrupts interrupts) {
    /** Which streams are terminals. */
    record Terminals(boolean in, boolean out, boolean err) {
        static final Terminals NONE = new Terminals(false, false, false);

        /**
         * The launcher pipes standard error through a filter and so passes the descriptors that were terminals, as in
         * {@code -Dlonghand.tty=012}; without it the process's own descriptors are looked at.
         */
        static Terminals ofProcess() {
            String told = System.getProperty("longhand.tty");
            return told != null
                    ? new Terminals(told.contains("0"), told.contains("1"), told.contains("2"))
                    : new Terminals(isTerminal(0), isTerminal(1), isTerminal(2));
        }

        private static boolean isTerminal(int descriptor) {
            try {
                String target = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor)).toString();
                return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty") || target.equals("/dev/console");
            } catch (IOException | UnsupportedOperationException e) {
                return System.console() != null && System.console().isTerminal();
            }
        }
    }

    static World ofProcess() {
        Interrupts interrupts = new Interrupts();
        interrupts.install();
        Map<String, String> environment = System.getenv();
        Terminals terminals = Terminals.ofProcess();
        // Standard error comes late, through the launcher's filter. On one terminal what is said first must stand first.
        FileDescriptor err = terminals.out() && terminals.err() ? FileDescriptor.out : FileDescriptor.err;
        return new World(System.in, stream(FileDescriptor.out, interrupts), stream(err, interrupts),
                terminals, environment, Home.from(environment), Clock.SYSTEM, interrupts);
    }

    private static PrintStream stream(FileDescriptor descriptor, Interrupts interrupts) {
        return new PrintStream(new Pipe(new FileOutputStream(descriptor), interrupts), false, StandardCharsets.UTF_8);
    }

    /** For people on standard output. */
    Style style() {
        return Style.of(terminals.out(), environment);
    }

    /** For people on standard error. */
    Style noteStyle() {
        return Style.of(terminals.err(), environment);
    }

    /** One line for the person, never part of the result. */
    void note(String line) {
        err.println(line);
        err.flush();
    }

    /** Passes bytes on and remembers that the reader has gone, which {@link PrintStream} would only count as an error. */
    static final class Pipe extends OutputStream {
        private static final int BUFFER_BYTES = 1 << 13;

        private final OutputStream target;
        private final Interrupts interrupts;
        private final byte[] buffer = new byte[BUFFER_BYTES];
        private int held;

        Pipe(OutputStream target, Interrupts interrupts) {
            this.target = target;
            this.interrupts = interrupts;
        }

        @Override
        public synchronized void write(int b) throws IOException {
            if (held == BUFFER_BYTES) {
                drain();
            }
            buffer[held++] = (byte) b;
        }

        @Override
        public synchronized void write(byte[] bytes, int from, int count) throws IOException {
            for (int done = 0; done < count; ) {
                if (held == BUFFER_BYTES) {
                    drain();
                }
                int n = Math.min(count - done, BUFFER_BYTES - held);
                System.arraycopy(bytes, from + done, buffer, held, n);
                held += n;
                done += n;
            }
        }

        @Override
        public synchronized void flush() throws IOException {
            drain();
        }

        private void drain() throws IOException {
            int n = held;
            held = 0;
            if (n == 0 || interrupts.isPipeClosed()) {
                return;
            }
            try {
                target.write(buffer, 0, n);
                target.flush();
            } catch (IOException e) {
                interrupts.pipeClosed();
                throw e;
            }
        }
    }
}
