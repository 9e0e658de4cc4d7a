package dev.longhand.desk;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which part of which document each segment of a desk is the memory of, and of which model: the file {@code segments}, see {@code
 * docs/formats/desk.md}.
 *
 * <p>Only for those who clean up and for people: a segment is found by what it holds. So a map that is lost, damaged or behind
 * costs
 * reading again, and no more. Published whole or not at all. Not thread-safe.
 */
final class SegmentMap {
    private static final String HEAD = "longhand segments 1";
    private static final String END = "sha256 ";
    private static final long BYTES_MAX = 256L << 20;

    private final Map<String, Entry> entries = new TreeMap<>();

    /**
     * The memory of one part.
     *
     * @param segment  id
     * @param model    fingerprint of the model
     * @param document SHA-256 of the document's bytes
     * @param part     place in the document, from 0
     * @param tokens   of the part
     * @param path     of the document
     */
    record Entry(String segment, String model, Sha256 document, int part, int tokens, String path) {
        private String line() {
            return String.join("\t", segment, model, document.hex(), String.valueOf(part), String.valueOf(tokens),
                    path.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r"));
        }

        private static Entry of(String line) {
            String[] fields = line.split("\t", 6);
            StringBuilder path = new StringBuilder();
            for (int i = 0; i < fields[5].length(); i++) {
                char c = fields[5].charAt(i);
                if (c == '\\') {
                    char escaped = fields[5].charAt(++i);
                    path.append(escaped == 'n' ? '\n' : escaped == 'r' ? '\r' : escaped);
                } else {
                    path.append(c);
                }
            }
            return new Entry(fields[0], fields[1], new Sha256(fields[2]), Integer.parseInt(fields[3]), Integer.parseInt(fields[4]),
                    path.toString());
        }
    }

    /** What the file says; nothing if it is not there or cannot be used. */
    static SegmentMap read(Path file) throws Problem {
        SegmentMap map = new SegmentMap();
        try {
            String text = Files.size(file) > BYTES_MAX ? "" : Files.readString(file);
            int end = text.lastIndexOf(END);
            if (end > 0 && text.startsWith(HEAD + "\n") && text.substring(end).equals(END + Sha256.of(text.substring(0, end))
                    .hex() + "\n")) {
                text.substring(0, end).lines().skip(1).map(Entry::of).forEach(map::add);
            }
        } catch (NoSuchFileException | java.nio.charset.CharacterCodingException e) {
            return map;
        } catch (IOException e) {
            throw Disk.problem("reading", file, e);
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            return new SegmentMap();
        }
        return map;
    }

    void write(Disk disk, Path file) throws Problem {
        StringBuilder text = new StringBuilder(HEAD + "\n");
        List<Entry> sorted = new ArrayList<>(entries.values());
        sorted.sort(Comparator.comparing(Entry::path).thenComparing(Entry::part).thenComparing(Entry::segment));
        sorted.forEach(entry -> text.append(entry.line()).append('\n'));
        String digest = END + Sha256.of(text.toString()).hex() + "\n";
        disk.publish(file, out -> {
            out.write(text.toString().getBytes(StandardCharsets.UTF_8));
            out.write(digest.getBytes(StandardCharsets.UTF_8));
        });
    }

    void add(Entry entry) {
        entries.put(entry.segment(), entry);
    }

    void addAll(SegmentMap other) {
        entries.putAll(other.entries);
    }

    void remove(String segment) {
        entries.remove(segment);
    }

    List<Entry> entries() {
        return List.copyOf(entries.values());
    }

    boolean holds(String segment) {
        return entries.containsKey(segment);
    }
}
