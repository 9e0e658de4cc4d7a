package dev.longhand.testkit;

import dev.longhand.base.Check;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Plays a {@link Recorder}'s log again up to any point and makes the images of a power cut there: synced writes are kept, of the
 * others any part, see {@link WriteList}.
 *
 * <p>What the recorded program appends to the file {@link #ACKS} counts as said to the world; it is no part of the images. SQLite's
 * {@code -shm} is not either: it lives in mapped memory and is made anew by whoever opens the database first. Flat: the recorded
 * folder has no folders.
 */
public final class CrashImages {
    public static final String ACKS = "acks";
    private static final int HEAD_BYTES = 24;

    private enum Kind { CREATE, WRITE, RESIZE, SYNC, DELETE, RENAME, SYNC_FAILED }

    private record Event(Kind kind, Path path, long offset, byte[] payload) {}

    /** Looks at one image. */
    @FunctionalInterface
    public interface ImageCheck {
        /**
         * Checks one image.
         *
         * @param acks what was said before the power cut, in order
         */
        void check(Path image, List<String> acks) throws Exception;
    }

    /**
     * What a walk over the log made.
     *
     * @param syncs  of files and folders in the log
     * @param points where images were made
     * @param images that were checked
     */
    public record Walk(int syncs, int points, int images) {}

    private final Path folder;
    private final List<Event> events = new ArrayList<>();

    private CrashImages(Path folder) {
        this.folder = folder;
    }

    public static CrashImages read(Recorder recorder) throws IOException {
        CrashImages images = new CrashImages(recorder.folder());
        ByteBuffer log = ByteBuffer.wrap(Files.readAllBytes(recorder.log())).order(ByteOrder.LITTLE_ENDIAN);
        while (log.remaining() >= HEAD_BYTES) {
            Kind kind = Kind.values()[log.getInt() - 1];
            byte[] path = new byte[log.getInt()];
            long offset = log.getLong();
            byte[] payload = new byte[Math.toIntExact(log.getLong())];
            log.get(path).get(payload);
            Event event = new Event(kind, Path.of(new String(path, StandardCharsets.UTF_8)), offset, payload);
            if (!event.path.toString().endsWith("-shm")) {
                images.events.add(event);
            }
        }
        Check.invariant(!log.hasRemaining(), "the log ends with %d bytes of a record", log.remaining());
        return images;
    }

    public int syncs() {
        return (int) events.stream().filter(e -> e.kind == Kind.SYNC).count();
    }

    /** The whole log played again: what the folder must hold, if the recorder missed nothing. */
    public Map<String, byte[]> end() {
        WriteList list = new WriteList();
        events.forEach(e -> play(e, list, new ArrayList<>()));
        Map<String, byte[]> files = new TreeMap<>();
        list.seenFiles().forEach((path, bytes) -> files.put(path.getFileName().toString(), bytes));
        return files;
    }

    /**
     * Makes images before and after each sync, after each acknowledgement, and at some calls between.
     *
     * @param between one of so many other calls has images
     * @param max     images of one point
     */
    public Walk walk(Seed seed, int between, int max, ImageCheck check) throws Exception {
        Path work = Scratch.folder();
        try {
            return walk(seed, between, max, work, check);
        } finally {
            Scratch.delete(work);
        }
    }

    private Walk walk(Seed seed, int between, int max, Path work, ImageCheck check) throws Exception {
        WriteList list = new WriteList();
        List<String> acks = new ArrayList<>();
        Gen gen = seed.gen();
        int points = 0;
        int images = 0;
        for (int i = 0; i < events.size(); i++) {
            Event event = events.get(i);
            int number = i;
            if (event.kind == Kind.SYNC || gen.between(0, between) == 0) {
                points++;
                images += list.images(gen.bits(), max, image -> look(image, "before", number, work, acks, seed, check));
            }
            play(event, list, acks);
            if (event.kind == Kind.SYNC || isAck(event)) {
                points++;
                images += list.images(gen.bits(), max, image -> look(image, "after", number, work, acks, seed, check));
            }
        }
        return new Walk(syncs(), points, images);
    }

    private void look(WriteList.Image image, String where, int number, Path work, List<String> acks, Seed seed, ImageCheck check)
            throws IOException {
        Path target = Files.createDirectory(work.resolve("image"));
        image.writeTo(folder, target);
        try {
            check.check(target, List.copyOf(acks));
        } catch (Exception | AssertionError e) {
            Event event = events.get(number);
            String message = "power cut %s call %d of %d (%s %s), %d acknowledged; image:%s; %s; %s";
            throw new AssertionError(message.formatted(where, number, events.size(), event.kind, event.path.getFileName(),
                    acks.size(), image.description(), e.getMessage(), seed), e);
        }
        Scratch.delete(target);
    }

    private static boolean isAck(Event event) {
        return event.path.endsWith(ACKS) && event.kind == Kind.WRITE;
    }

    private void play(Event event, WriteList list, List<String> acks) {
        if (event.path.endsWith(ACKS)) {
            if (event.kind == Kind.WRITE) {
                new String(event.payload, StandardCharsets.UTF_8).lines().forEach(acks::add);
            }
            return;
        }
        switch (event.kind) {
            case CREATE -> list.createFile(event.path);
            case WRITE -> list.write(event.path, event.offset, event.payload);
            case RESIZE -> list.resize(event.path, event.offset);
            case DELETE -> list.delete(event.path);
            case RENAME -> list.rename(event.path, Path.of(new String(event.payload, StandardCharsets.UTF_8)));
            case SYNC_FAILED -> {
                if (!event.path.equals(folder)) {
                    list.failForce(event.path);
                }
            }
            case SYNC -> {
                if (event.path.equals(folder)) {
                    list.forceFolder(folder);
                } else {
                    list.force(event.path);
                }
            }
            default -> throw new IllegalStateException(event.kind.toString());
        }
    }
}
