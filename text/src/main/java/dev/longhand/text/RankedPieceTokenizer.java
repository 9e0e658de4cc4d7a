package dev.longhand.text;

import dev.longhand.base.Problem;
import dev.longhand.formats.ModelFile;
import dev.longhand.formats.Strings;
import java.util.Arrays;

/**
 * Byte-pair encoding on characters with byte fallback, as tokenizer.json describes Llama 2, Mistral and Gemma.
 *
 * <p>Characters that are tokens stand for themselves, others for their bytes' tokens; then the pair of lowest rank is merged, the
 * leftmost among equals. Unlike {@link SentencePieceTokenizer} only listed pairs merge.
 */
final class RankedPieceTokenizer extends PieceTokenizer {
    private final boolean splits;
    private final LongIntMap ranks; // left << 32 | right -> rank
    private final int[] merged; // (merges) token that a merge makes
    private final ThreadLocal<BpeWord> words = ThreadLocal.withInitial(BpeWord::new);

    RankedPieceTokenizer(Vocabulary vocabulary, ModelFile file, SpacePrefix prefix) throws Problem {
        super(vocabulary, prefix);
        splits = file.flag("tokenizer.longhand.splits_at_spaces", false);
        Strings merges = file.strings("tokenizer.ggml.merges");
        ranks = new LongIntMap(merges.size());
        merged = new int[merges.size()];
        readMerges(merges);
    }

    private void readMerges(Strings merges) throws Problem {
        byte[] bytes = merges.bytes();
        byte[] joined = new byte[64];
        for (int rank = 0; rank < merges.size(); rank++) {
            int start = merges.start(rank);
            int length = merges.end(rank) - start;
            int space = 0;
            while (space < length && bytes[start + space] != ' ') {
                space++;
            }
            if (joined.length < length) {
                joined = new byte[length];
            }
            int right = length - space - 1;
            int leftId = texts.find(bytes, start, space);
            int rightId = right <= 0 ? ByteTable.ABSENT : texts.find(bytes, start + space + 1, right);
            System.arraycopy(bytes, start, joined, 0, space);
            System.arraycopy(bytes, start + space + 1, joined, space, Math.max(right, 0));
            merged[rank] = right <= 0 ? ByteTable.ABSENT : texts.find(joined, 0, length - 1);
            if (leftId == ByteTable.ABSENT || rightId == ByteTable.ABSENT || merged[rank] == ByteTable.ABSENT) {
                throw vocabulary.malformed("merge %d is \"%s\"; both texts and what they make must be tokens".formatted(rank,
                        merges.get(rank)));
            }
            ranks.putIfAbsent((long) leftId << 32 | rightId, rank);
        }
    }

    @Override
    void encode(byte[] bytes, IntList out) {
        for (int start = 0; start < bytes.length; ) {
            int end = splits ? start + 1 : bytes.length;
            while (end < bytes.length && !isSpaceAt(bytes, end)) {
                end++;
            }
            encode(bytes, start, end, out);
            start = end;
        }
    }

    private void encode(byte[] bytes, int start, int end, IntList out) {
        BpeWord word = words.get();
        if (word.symbols.length < end - start) {
            word.symbols = new int[end - start];
        }
        word.count = 0;
        for (int at = start; at < end; ) {
            int next = at + 1;
            while (next < end && (bytes[next] & 0xC0) == 0x80) {
                next++;
            }
            character(bytes, at, next, word);
            at = next;
        }
        word.merge(ranks, merged);
        for (int i = 0; i < word.count; i++) {
            out.add(word.symbols[i]);
        }
    }

    private void character(byte[] bytes, int from, int to, BpeWord word) {
        int id = texts.find(bytes, from, to - from);
        if (id != ByteTable.ABSENT) {
            word.symbols[word.count++] = id;
            return;
        }
        for (int i = from; i < to; i++) {
            int byteToken = byteTokens[bytes[i] & 0xFF];
            if (byteToken != NO_BYTE) {
                word.symbols[word.count++] = byteToken;
            } else {
                drop(1);
            }
        }
    }
}
