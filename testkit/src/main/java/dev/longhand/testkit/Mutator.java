package dev.longhand.testkit;

import dev.longhand.base.Check;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Damages a file as disks, cables and attackers do: flipped bits, cut ends, lengths that lie, records in another place, parts that
 * come from somewhere else.
 *
 * <p>It knows the file's structure only as {@link Field}s that a test names: where lengths and counts stand, and where records
 * begin and end. Immutable.
 */
public final class Mutator {
    /** What stands at a place. */
    public enum Kind {
        /** A length, count or offset: a whole number in the file's byte order. */
        LENGTH,
        /** A part that has others of its kind. */
        RECORD
    }

    /** The bytes {@code [at, at + bytes)}. */
    public record Field(Kind kind, int at, int bytes) {
        public Field {
            Check.argument(at >= 0 && bytes > 0, "a field has %d bytes at %d", bytes, at);
            Check.argument(kind == Kind.RECORD || bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8,
                    "a length has %d bytes; it must be 1, 2, 4 or 8", bytes);
        }
    }

    /** A damaged file, and how it was damaged. */
    public record Mutant(String how, byte[] bytes) {
        @Override
        public String toString() {
            return how;
        }
    }

    private static final int SPLICE_BYTES_MAX = 64;

    private final byte[] original;
    private final ByteOrder order;
    private final List<Field> lengths;
    private final List<Field> records;

    public Mutator(byte[] original, ByteOrder order, List<Field> fields) {
        this.original = original.clone();
        this.order = order;
        for (Field each : fields) {
            Check.argument(each.at + each.bytes <= original.length, "%s ends past the file's %d bytes", each, original.length);
        }
        this.lengths = fields.stream().filter(f -> f.kind == Kind.LENGTH).toList();
        this.records = fields.stream().filter(f -> f.kind == Kind.RECORD).toList();
    }

    /**
     * Each damage that the structure suggests: an end at each edge of a field and beside it, each length as 0, 1, one less, one
     * more, half and whole of its range, each record in the place of the next.
     */
    public List<Mutant> systematic() {
        List<Mutant> all = new ArrayList<>();
        edges().forEach(edge -> all.add(truncated(edge)));
        for (Field each : lengths) {
            long value = value(each);
            long max = each.bytes == 8 ? -1 : (1L << 8 * each.bytes) - 1;
            for (long other : new long[] {0, 1, value - 1, value + 1, max, max >>> 1, (max >>> 1) + 1}) {
                if ((other & max) != value) {
                    all.add(withLength(each, other));
                }
            }
        }
        for (int i = 0; i + 1 < records.size(); i++) {
            all.add(swapped(records.get(i), records.get(i + 1)));
        }
        return all;
    }

    private List<Integer> edges() {
        List<Integer> edges = new ArrayList<>(List.of(0, 1, original.length - 1));
        for (List<Field> fields : List.of(lengths, records)) {
            for (Field each : fields) {
                edges.addAll(List.of(each.at, each.at + 1, each.at + each.bytes - 1));
            }
        }
        return edges.stream().filter(e -> e >= 0 && e < original.length).distinct().sorted().toList();
    }

    /** One of endless others. */
    public Mutant random(Gen gen) {
        return switch (gen.between(0, 6)) {
            case 0, 1 -> flipped(gen);
            case 2 -> spliced(gen);
            case 3 -> truncated(gen.between(0, original.length));
            case 4 -> lengths.isEmpty() ? flipped(gen) : withLength(lengths.get(gen.between(0, lengths.size())),
                    gen.chance(0.5) ? gen.bits() : gen.between(0, original.length));
            default -> records.size() < 2 ? spliced(gen) : swapped(records.get(gen.between(0, records.size())),
                    records.get(gen.between(0, records.size())));
        };
    }

    /** One to four bits. */
    public Mutant flipped(Gen gen) {
        byte[] bytes = original.clone();
        StringBuilder how = new StringBuilder("flipped");
        for (int left = gen.oneOf(1, 1, 1, 4); left > 0; left--) {
            int at = gen.between(0, bytes.length);
            int bit = gen.between(0, 8);
            bytes[at] ^= (byte) (1 << bit);
            how.append(" bit ").append(bit).append(" of byte ").append(at);
        }
        return new Mutant(how.toString(), bytes);
    }

    /** A few bytes from elsewhere in the file, or from nowhere, over others. */
    private Mutant spliced(Gen gen) {
        byte[] bytes = original.clone();
        int length = gen.between(1, Math.min(SPLICE_BYTES_MAX, bytes.length) + 1);
        int to = gen.between(0, bytes.length - length + 1);
        int from = gen.between(0, bytes.length - length + 1);
        boolean isOwn = gen.chance(0.7);
        System.arraycopy(isOwn ? original : gen.bytes(bytes.length), from, bytes, to, length);
        return new Mutant("%d bytes %s over byte %d".formatted(length, isOwn ? "from byte " + from : "of chance", to), bytes);
    }

    private Mutant truncated(int size) {
        return new Mutant("cut to " + size + " bytes of " + original.length, Arrays.copyOf(original, size));
    }

    private long value(Field field) {
        ByteBuffer bytes = ByteBuffer.wrap(original).order(order);
        return switch (field.bytes) {
            case 1 -> bytes.get(field.at) & 0xffL;
            case 2 -> bytes.getShort(field.at) & 0xffffL;
            case 4 -> bytes.getInt(field.at) & 0xffff_ffffL;
            default -> bytes.getLong(field.at);
        };
    }

    private Mutant withLength(Field field, long value) {
        byte[] copy = original.clone();
        ByteBuffer bytes = ByteBuffer.wrap(copy).order(order);
        switch (field.bytes) {
            case 1 -> bytes.put(field.at, (byte) value);
            case 2 -> bytes.putShort(field.at, (short) value);
            case 4 -> bytes.putInt(field.at, (int) value);
            default -> bytes.putLong(field.at, value);
        }
        return new Mutant("length at byte %d is %d instead of %d".formatted(field.at, value, value(field)), copy);
    }

    /** As far as the shorter of the two goes. */
    private Mutant swapped(Field one, Field two) {
        byte[] bytes = original.clone();
        int length = Math.min(one.bytes, two.bytes);
        System.arraycopy(original, two.at, bytes, one.at, length);
        System.arraycopy(original, one.at, bytes, two.at, length);
        return new Mutant("%d bytes at %d and %d swapped".formatted(length, one.at, two.at), bytes);
    }
}
