package dev.longhand.desk;

import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.lm.DocumentMemory;
import dev.longhand.lm.SegmentRef;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.lm.Usage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Keeps each document as a file that holds its token ids; one that holds anything else is damaged, which shows when it is
 * attached.
 */
final class FakeMemory implements DocumentMemory {
    private final Path folder;
    private final long bytesMax;
    private final int tokensMax;
    private final Map<String, Segment> noted = new HashMap<>();
    final List<String> read = new ArrayList<>();

    private final Set<String> tenants;

    /** @param tenants gets those for whom documents are read */
    FakeMemory(Path folder, long bytesMax, int tokensMax, Set<String> tenants) {
        this.tenants = tenants;
        this.folder = folder;
        this.bytesMax = bytesMax;
        this.tokensMax = tokensMax;
    }

    record Segment(String id, int[] ids, Optional<Path> file) implements SegmentRef {
        @Override
        public int tokens() {
            return ids.length;
        }

        void check() throws Problem {
            try {
                if (file.isPresent() && !Files.readString(file.get()).equals(Arrays.toString(ids))) {
                    throw new Problem(Problem.Kind.MALFORMED, "attention memory " + id + " cannot be used: its checksum differs");
                }
            } catch (IOException e) {
                throw new Problem(Problem.Kind.NOT_FOUND, "attention memory " + id + " is gone");
            }
        }
    }

    static String id(int[] tokens) {
        return Sha256.of(Arrays.toString(tokens)).hex();
    }

    private Path file(String id) {
        return folder.resolve(id + ".segment");
    }

    @Override
    public int tokensMax() {
        return tokensMax;
    }

    @Override
    public Optional<SegmentRef> find(int[] tokens) {
        String id = id(tokens);
        return noted.containsKey(id) ? Optional.of(noted.get(id))
                : Files.exists(file(id)) ? Optional.of(new Segment(id, tokens, Optional.of(file(id)))) : Optional.empty();
    }

    @Override
    public Reading read(int[] tokens, int[] offsets, SequenceSpec spec, Sink sink) throws Problem {
        Optional<SegmentRef> there = find(tokens);
        if (there.isPresent()) {
            return new Reading(there.get(), Usage.NONE, bytes(tokens));
        }
        tenants.add(spec.tenant());
        readAll(tokens, sink);
        try {
            Files.createDirectories(folder);
            if (used() + bytes(tokens) > bytesMax) {
                throw new Problem(Problem.Kind.LIMIT, folder + " is full: the limit is " + bytesMax + " bytes");
            }
            Files.writeString(file(id(tokens)), Arrays.toString(tokens));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Reading(find(tokens).orElseThrow(), Usage.of(tokens.length, 0, 0, 0, 0), bytes(tokens));
    }

    private void readAll(int[] tokens, Sink sink) throws Problem {
        read.add(id(tokens));
        sink.reading(tokens.length / 2, tokens.length);
        if (sink.isCancelled()) {
            throw new Problem(Problem.Kind.CANCELLED, "reading a document was stopped");
        }
    }

    private static long bytes(int[] tokens) {
        return Arrays.toString(tokens).length();
    }

    private long used() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.mapToLong(f -> f.toFile().length()).sum();
        }
    }

    @Override
    public Reading note(int[] tokens, SequenceSpec spec, Sink sink) throws Problem {
        tenants.add(spec.tenant());
        readAll(tokens, sink);
        noted.put(id(tokens), new Segment(id(tokens), tokens, Optional.empty()));
        return new Reading(noted.get(id(tokens)), Usage.of(tokens.length, 0, 0, 0, 0), 0);
    }

    @Override
    public void forget(SegmentRef segment) {
        noted.remove(segment.id());
        try {
            Files.deleteIfExists(file(segment.id()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {}
}
