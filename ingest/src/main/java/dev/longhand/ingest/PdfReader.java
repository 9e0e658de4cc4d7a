package dev.longhand.ingest;

import static dev.longhand.ingest.Skip.Reason.NO_TEXT;
import static dev.longhand.ingest.Skip.Reason.PDF_BROKEN;
import static dev.longhand.ingest.Skip.Reason.PDF_ENCRYPTED;
import static dev.longhand.ingest.Skip.Reason.PDF_LIMIT;

import dev.longhand.base.Clock;
import dev.longhand.base.Units;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The parent's side of {@link PdfWorker}: starts the child at the first PDF, hands over bytes, kills it when it takes too long, and
 * starts another after a failure or after {@link PdfLimits#filesPerChild}. Not thread-safe; closing ends the child.
 */
final class PdfReader implements AutoCloseable {
    private static final long WATCH_NANOS = 50_000_000;
    private static final int EXIT_OUT_OF_MEMORY = 3;
    /** Bytes of text for one character at most, as a bound for frames. */
    private static final int UTF8_BYTES_MAX = 3;

    private final PdfLimits limits;
    private final Clock clock;
    private Child child;

    PdfReader(PdfLimits limits, Clock clock) {
        this.limits = limits;
        this.clock = clock;
    }

    Document read(SourceFile file, byte[] pdf) throws Refused {
        if (child != null && child.files >= limits.filesPerChild()) {
            close();
        }
        List<String> pages;
        try {
            if (child == null) {
                child = new Child(limits);
            }
            pages = ask(pdf);
        } catch (IOException e) {
            close();
            throw new Refused(PDF_BROKEN, "the reader of PDFs did not start or answer: " + e.getMessage());
        }
        return document(file, pages);
    }

    private List<String> ask(byte[] pdf) throws IOException, Refused {
        child.files++;
        Watch watch = new Watch(child, limits, clock);
        Thread watcher = Thread.ofVirtual().name("pdf-watch").start(watch);
        try {
            child.out.writeInt(pdf.length);
            child.out.write(pdf);
            child.out.flush();
            return answer();
        } catch (IOException e) {
            int exit = child.exitCode();
            close();
            throw new Refused(PDF_LIMIT, !watch.killedFor.isEmpty() ? watch.killedFor
                    : exit == EXIT_OUT_OF_MEMORY ? "it needs more than %d MB of memory".formatted(limits.heapMb())
                    : "its reader ended with exit code " + exit);
        } finally {
            watch.isDone = true;
            watcher.interrupt();
        }
    }

    private List<String> answer() throws IOException, Refused {
        int status = child.in.readUnsignedByte();
        if (status != PdfWorker.OK) {
            String message = Names.visible(string(1_200));
            throw new Refused(status == PdfWorker.ENCRYPTED ? PDF_ENCRYPTED : status == PdfWorker.OVER ? PDF_LIMIT
                    : PDF_BROKEN, message);
        }
        int count = child.in.readInt();
        if (count < 0 || count > limits.pagesMax()) {
            throw new IOException("the reader of PDFs declared " + count + " pages");
        }
        List<String> pages = new ArrayList<>();
        long left = (long) limits.textCharsMax() * UTF8_BYTES_MAX;
        for (int i = 0; i < count; i++) {
            String page = string((int) Math.min(left, Integer.MAX_VALUE));
            left -= page.length();
            pages.add(page);
        }
        return pages;
    }

    private String string(int bytesMax) throws IOException {
        int length = child.in.readInt();
        if (length < 0 || length > bytesMax) {
            throw new IOException("the reader of PDFs declared " + length + " bytes of text");
        }
        byte[] bytes = child.in.readNBytes(length);
        if (bytes.length < length) {
            throw new IOException("the reader of PDFs ended in the middle of a text");
        }
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static Document document(SourceFile file, List<String> pages) throws Refused {
        StringBuilder chars = new StringBuilder();
        int[] pageOf = new int[16];
        int lines = 0;
        for (int page = 1; page <= pages.size(); page++) {
            for (String line : pages.get(page - 1).stripTrailing().split("[\\n\\r\\f]+", -1)) {
                if (lines == pageOf.length) {
                    pageOf = Arrays.copyOf(pageOf, 2 * lines);
                }
                pageOf[lines++] = page;
                chars.append(line.replace('\0', ' ').stripTrailing()).append('\n');
            }
        }
        Text text = Text.ofUtf8(chars.toString());
        if (Extractor.isBlank(text)) {
            throw new Refused(NO_TEXT, "a PDF of %d pages without text; scanned pages are not read".formatted(pages.size()));
        }
        return new Document(file, Kind.PDF, "", text, text, LineMap.pages(Arrays.copyOf(pageOf, lines)), Suspicious.flags(text));
    }

    /** For tests: the child, if one runs. */
    ProcessHandle childHandle() {
        return child == null ? null : child.process.toHandle();
    }

    @Override
    public void close() {
        if (child != null) {
            child.close();
            child = null;
        }
    }

    /** Kills a child that is over its time. */
    private static final class Watch implements Runnable {
        private final Child child;
        private final PdfLimits limits;
        private final Clock clock;
        private volatile boolean isDone;
        private volatile String killedFor = "";

        Watch(Child child, PdfLimits limits, Clock clock) {
            this.child = child;
            this.limits = limits;
            this.clock = clock;
        }

        @Override
        public void run() {
            long start = clock.nanos();
            long cpuStart = child.cpuMs();
            try {
                while (!isDone) {
                    clock.sleep(WATCH_NANOS);
                    long wallMs = (clock.nanos() - start) / 1_000_000;
                    if (wallMs > limits.wallMs()) {
                        kill("it takes longer than " + Units.seconds(limits.wallMs() / 1e3));
                    } else if (child.cpuMs() - cpuStart > limits.cpuMs()) {
                        kill("it takes more processor time than " + Units.seconds(limits.cpuMs() / 1e3));
                    }
                }
            } catch (InterruptedException e) {
                // The answer is in.
            }
        }

        private void kill(String why) {
            if (!isDone) {
                killedFor = why;
                child.process.toHandle().destroyForcibly();
                isDone = true;
            }
        }
    }

    /** The process and its folder. */
    private static final class Child {
        private final Path folder;
        private final Process process;
        private final DataOutputStream out;
        private final DataInputStream in;
        private int files;

        Child(PdfLimits limits) throws IOException {
            folder = Files.createTempDirectory(PdfWorker.TEMP_PREFIX);
            try {
                Path noHosts = Files.createFile(folder.resolve("hosts"));
                List<String> command = List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx" + limits.heapMb() + "m", "-Xss1m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto",
                        "-XX:-UsePerfData", "-XX:+ExitOnOutOfMemoryError", "-XX:ErrorFile=" + folder.resolve("crash"),
                        "-Djava.awt.headless=true", "-Djdk.net.hosts.file=" + noHosts, "-Djava.io.tmpdir=" + folder,
                        "-Duser.home=" + folder, "-Dpdfbox.fontcache=" + folder,
                        "-cp", System.getProperty("java.class.path"), PdfWorker.class.getName(),
                        String.valueOf(limits.pagesMax()), String.valueOf(limits.textCharsMax()),
                        String.valueOf(Integer.MAX_VALUE - 16));
                ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
                builder.environment().clear();
                process = builder.start();
            } catch (IOException | RuntimeException e) {
                delete();
                throw e;
            }
            out = new DataOutputStream(process.getOutputStream());
            in = new DataInputStream(new BufferedInputStream(process.getInputStream(), 1 << 16));
        }

        long cpuMs() {
            return process.toHandle().info().totalCpuDuration().map(Duration::toMillis).orElse(0L);
        }

        /** After its output has ended: waits a moment, kills what is left. */
        int exitCode() {
            try {
                if (!process.waitFor(2, TimeUnit.SECONDS)) {
                    process.toHandle().destroyForcibly();
                    process.waitFor();
                }
                return process.exitValue();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return -1;
            }
        }

        void close() {
            process.toHandle().destroyForcibly();
            exitCode();
            closeQuietly(out);
            closeQuietly(in);
            delete();
        }

        private static void closeQuietly(AutoCloseable stream) {
            try {
                stream.close();
            } catch (Exception e) {
                // The process is gone; what its pipe still held is of no use.
            }
        }

        private void delete() {
            try (Stream<Path> left = Files.list(folder)) {
                for (Path path : left.toList()) {
                    Files.deleteIfExists(path);
                }
                Files.deleteIfExists(folder);
            } catch (IOException e) {
                // The system's own cleaning of its temp folder takes what we could not.
            }
        }
    }
}
