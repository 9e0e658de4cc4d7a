package dev.longhand.text;

import dev.longhand.base.Problem;
import dev.longhand.formats.ModelFile;
import dev.longhand.formats.Strings;
import java.util.Arrays;

/**
 * Byte-level byte-pair encoding (Sennrich et al. 2016, on bytes as in GPT-2).
 *
 * <p>Words from the {@link PreTokenizer} start as single bytes; the pair of lowest rank is merged, the leftmost among equals, until
 * none is left. Symbols are numbered: first the vocabulary's tokens, then bytes and merge results that are no tokens.
 */
final class BpeTokenizer extends Tokenizer {
    private final PreTokenizer pre;
    private final boolean takesWholeWords;
    private final ByteTable symbols; // the first vocabulary.size() are tokens, as bytes
    private final int[] byteSymbols = new int[256];
    private final LongIntMap ranks; // left << 32 | right -> rank
    private final int[] merged; // (merges) symbol that a merge makes
    private final ThreadLocal<BpeWord> words = ThreadLocal.withInitial(BpeWord::new);

    BpeTokenizer(Vocabulary vocabulary, ModelFile file) throws Problem {
        super(vocabulary);
        pre = PreTokenizer.named(file.string("tokenizer.ggml.pre", "default"), file.path());
        takesWholeWords = file.flag("tokenizer.longhand.takes_whole_words", pre == PreTokenizer.LLAMA_BPE);
        Strings merges = file.strings("tokenizer.ggml.merges");
        symbols = symbols(merges.size());
        for (int b = 0; b < 256; b++) {
            byteSymbols[b] = symbols.findOrAdd(new byte[] {(byte) b}, 0, 1);
        }
        ranks = new LongIntMap(merges.size());
        merged = new int[merges.size()];
        readMerges(merges);
    }

    /** Tokens as bytes. A control token keeps its text and cannot be reached by merges, for those are made of mapped characters. */
    private ByteTable symbols(int mergeCount) throws Problem {
        Strings texts = vocabulary.texts;
        ByteTable table = new ByteTable(vocabulary.size() + 256 + mergeCount / 8, texts.bytes().length + 256);
        byte[] scratch = new byte[64];
        for (int id = 0; id < vocabulary.size(); id++) {
            int start = texts.start(id);
            int end = texts.end(id);
            if (end - start > scratch.length) {
                scratch = new byte[end - start];
            }
            int n = vocabulary.types[id] == Vocabulary.TYPE_NORMAL ? ByteLevel.decode(texts.bytes(), start, end, scratch) : -1;
            if (n > 0) {
                table.add(scratch, 0, n);
            } else {
                table.add(texts.bytes(), start, end - start);
            }
            vocabulary.checkDistinct(table.clash(), id);
        }
        return table;
    }

    private void readMerges(Strings merges) throws Problem {
        byte[] bytes = merges.bytes();
        byte[] scratch = new byte[64];
        for (int rank = 0; rank < merges.size(); rank++) {
            int start = merges.start(rank);
            int end = merges.end(rank);
            int space = start + 1;
            while (space < end && bytes[space] != ' ') {
                space++;
            }
            if (end - start > scratch.length) {
                scratch = new byte[end - start];
            }
            int left = space < end ? mergeSide(bytes, start, space, scratch) : ByteTable.ABSENT;
            int right = space + 1 < end ? mergeSide(bytes, space + 1, end, scratch) : ByteTable.ABSENT;
            if (left == ByteTable.ABSENT || right == ByteTable.ABSENT) {
                throw vocabulary.malformed("merge %d is \"%s\"; it must be two mapped texts with a space between".formatted(rank, merges.get(rank)));
            }
            int leftLength = symbols.length(left);
            byte[] joined = Arrays.copyOf(symbols.get(left), leftLength + symbols.length(right));
            System.arraycopy(symbols.get(right), 0, joined, leftLength, symbols.length(right));
            merged[rank] = symbols.findOrAdd(joined, 0, joined.length);
            ranks.putIfAbsent((long) left << 32 | right, rank);
        }
    }

    private int mergeSide(byte[] bytes, int start, int end, byte[] scratch) {
        int n = ByteLevel.decode(bytes, start, end, scratch);
        return n <= 0 ? ByteTable.ABSENT : symbols.findOrAdd(scratch, 0, n);
    }

    @Override
    void encode(String text, boolean isFirst, IntList out) {
        int[] codePoints = text.codePoints().toArray();
        IntList ends = new IntList();
        pre.split(codePoints, 0, codePoints.length, ends);
        BpeWord word = words.get();
        int start = 0;
        for (int i = 0; i < ends.size(); i++) {
            word.fill(codePoints, start, ends.get(i));
            encode(word, out);
            start = ends.get(i);
        }
    }

    private void encode(BpeWord word, IntList out) {
        int whole = takesWholeWords || word.length == 1 ? symbols.find(word.bytes, 0, word.length) : ByteTable.ABSENT;
        if (whole != ByteTable.ABSENT && whole < vocabulary.size()) {
            out.add(whole);
            return;
        }
        word.start(byteSymbols);
        word.merge(ranks, merged);
        for (int i = 0; i < word.count; i++) {
            emit(word.symbols[i], out);
        }
    }

    /** A symbol that is no token falls apart into the bytes that stand for themselves; the others have no token and are dropped. */
    private void emit(int symbol, IntList out) {
        if (symbol < vocabulary.size()) {
            out.add(symbol);
            return;
        }
        for (byte each : symbols.get(symbol)) {
            int id = byteSymbols[each & 0xFF];
            if (ByteLevel.isAscii(each & 0xFF) && id < vocabulary.size()) {
                out.add(id);
            } else {
                drop(1);
            }
        }
    }

    @Override
    byte[] text(int id) {
        return symbols.get(id);
    }
}
