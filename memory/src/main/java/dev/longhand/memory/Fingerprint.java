package dev.longhand.memory;

import dev.longhand.base.Check;
import dev.longhand.base.Sha256;
import dev.longhand.kernels.KvType;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What keys and values depend on beside the tokens. Attention memory of one fingerprint is never used under another.
 *
 * @param model        SHA-256 of the model file
 * @param architecture as the model names it
 * @param kvType       how keys and values are stored
 * @param tokenizer    whatever tells tokenizers apart
 * @param rope         the RoPE parameters as text
 * @param layout       version of how records and summaries lie in memory; see {@link #LAYOUT}
 * @param kernels      tier and instruction set: other ones round in another way
 * @param prefix       SHA-256 of the token ids of the shared prefix
 */
public record Fingerprint(Sha256 model, String architecture, KvType kvType, String tokenizer, String rope, int layout,
        String kernels, Sha256 prefix) {
    /** The layout of this program: {@code docs/formats/sealed.md} and the summaries of {@code docs/formats/segment.md}. */
    public static final int LAYOUT = 1;
    /** Bytes of {@link #encoded} at most. */
    static final int BYTES_MAX = 1 << 16;

    private static final List<String> NAMES =
            List.of("model", "architecture", "KV type", "tokenizer", "RoPE", "layout", "kernels", "shared prefix");

    public Fingerprint {
        Check.argument(layout > 0, "layout is %d; it must be positive", layout);
        int chars = architecture.length() + tokenizer.length() + rope.length() + kernels.length();
        Check.argument(chars <= BYTES_MAX / 4, "the texts of a fingerprint have %d characters; at most %d", chars, BYTES_MAX / 4);
    }

    /** With this program's layout. */
    public Fingerprint(Sha256 model, String architecture, KvType kvType, String tokenizer, String rope, String kernels,
            Sha256 prefix) {
        this(model, architecture, kvType, tokenizer, rope, LAYOUT, kernels, prefix);
    }

    private List<String> texts() {
        return List.of(model.hex(), architecture, kvType.name(), tokenizer, rope, Integer.toString(layout), kernels, prefix.hex());
    }

    /** Each field as a u32 count of bytes and that many bytes of UTF-8, little endian. Equal exactly for equal fingerprints. */
    byte[] encoded() {
        List<byte[]> all = texts().stream().map(text -> text.getBytes(StandardCharsets.UTF_8)).toList();
        ByteBuffer out = ByteBuffer.allocate(all.stream().mapToInt(each -> Integer.BYTES + each.length).sum())
                .order(ByteOrder.LITTLE_ENDIAN);
        all.forEach(each -> out.putInt(each.length).put(each));
        return out.array();
    }

    /** The inverse of {@link #encoded}; {@link IllegalArgumentException} with the reason for any other bytes. */
    static Fingerprint decoded(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        try {
            Fingerprint decoded = new Fingerprint(new Sha256(text(in)), text(in), KvType.valueOf(text(in)), text(in), text(in),
                    Integer.parseInt(text(in)), text(in), new Sha256(text(in)));
            Check.argument(Arrays.equals(decoded.encoded(), bytes), "the fingerprint is not in its normal form");
            return decoded;
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("the fingerprint ends too early", e);
        }
    }

    private static String text(ByteBuffer in) {
        int count = in.getInt();
        Check.argument(count >= 0 && count <= in.remaining(), "a text of the fingerprint has %d bytes, and %d are left", count,
                in.remaining());
        byte[] bytes = new byte[count];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** What {@code other} has otherwise, for people; empty if it is the same. */
    Optional<String> difference(Fingerprint other) {
        List<String> mine = texts();
        List<String> others = other.texts();
        for (int i = 0; i < NAMES.size(); i++) {
            if (!mine.get(i).equals(others.get(i))) {
                return Optional.of("its %s is %s, not %s".formatted(NAMES.get(i), others.get(i), mine.get(i)));
            }
        }
        return Optional.empty();
    }
}
