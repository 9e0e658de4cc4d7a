package dev.longhand.cli;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.FileDescriptor;
import java.io.IOException;

/**
 * The other end of the launcher's filter on standard error.
 *
 * <p>The filter copies what we write; when our end closes it writes the rest, ends, and with it descriptor
 * {@code -Dlonghand.drain} ends. Waiting for that keeps our last line before the shell's next prompt. Called once, last.
 */
final class LauncherFilter {
    private static final long WAIT_MS_MAX = 1000;

    private LauncherFilter() {}

    /** Closes standard error and waits until all of it has been shown; does nothing where no filter is. */
    static void drain() {
        String descriptor = System.getProperty("longhand.drain", "");
        if (!descriptor.matches("\\d")) {
            return;
        }
        Thread reader = Thread.ofPlatform().daemon().start(() -> {
            try (FileInputStream in = new FileInputStream("/dev/fd/" + descriptor)) {
                while (in.read() >= 0) {
                    // The filter sends nothing here; its end is the message.
                }
            } catch (IOException e) {
                // No such descriptor: nothing to wait for.
            }
        });
        try {
            System.err.flush();
            new FileOutputStream(FileDescriptor.err).close();
            reader.join(WAIT_MS_MAX);
        } catch (IOException e) {
            // Standard error is gone already.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
