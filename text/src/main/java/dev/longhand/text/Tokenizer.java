package dev.longhand.text;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.formats.ModelFile;
import java.text.Normalizer;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Turns text into a model's token ids and back.
 *
 * <p>Special tokens in text are recognised only on request: text of users and documents never becomes a control token. A byte that
 * the vocabulary has no token for is dropped, as llama.cpp does, and counted. Thread-safe.
 */
public abstract class Tokenizer {
    final Vocabulary vocabulary;
    private final SpecialTokens special;
    private final boolean isComposed; // text is put into Unicode's composed form first
    private final AtomicLong dropped = new AtomicLong();

    Tokenizer(Vocabulary vocabulary) throws Problem {
        this.vocabulary = vocabulary;
        this.special = new SpecialTokens(vocabulary);
        this.isComposed = vocabulary.isComposed;
    }

    /** The tokenizer that {@code tokenizer.ggml.model} and {@code tokenizer.ggml.pre} name. */
    public static Tokenizer from(ModelFile file) throws Problem {
        String model = file.string("tokenizer.ggml.model");
        Vocabulary vocabulary = new Vocabulary(file);
        return switch (model) {
            case "gpt2" -> new BpeTokenizer(vocabulary, file);
            case "llama" -> new SentencePieceTokenizer(vocabulary, file);
            case "metaspace-bpe" -> new RankedPieceTokenizer(vocabulary, file, spacePrefix(file));
            case "unigram" -> new UnigramTokenizer(vocabulary, file, spacePrefix(file));
            default -> throw new Problem(Problem.Kind.UNSUPPORTED,
                    "%s: tokenizer \"%s\" is not supported; supported are gpt2 (byte-level BPE) and llama (SentencePiece)"
                            .formatted(file.path(), model));
        };
    }

    private static PieceTokenizer.SpacePrefix spacePrefix(ModelFile file) throws Problem {
        return switch (file.string("tokenizer.longhand.space_prefix", "never")) {
            case "always" -> PieceTokenizer.SpacePrefix.ALWAYS;
            case "unless-space" -> PieceTokenizer.SpacePrefix.UNLESS_SPACE;
            default -> PieceTokenizer.SpacePrefix.NEVER;
        };
    }

    /**
     * Adds the tokens of {@code text}, in which no special token is looked for; {@code isFirst} if nothing or a special token
     * stands before.
     */
    abstract void encode(String text, boolean isFirst, IntList out);

    /** The text of a token as bytes; control tokens have none. */
    abstract byte[] text(int id);

    /** Ids of {@code text}; with {@code parseSpecial} the texts of control tokens become those. No token is added in front. */
    public final int[] encode(String text, boolean parseSpecial) {
        IntList out = new IntList();
        int at = 0;
        boolean isFirst = true;
        List<SpecialTokens.Match> matches = special.find(text, parseSpecial);
        for (SpecialTokens.Match match : matches) {
            encodePlain(text.substring(at, match.start()), isFirst, out);
            out.add(match.id());
            at = match.end();
            isFirst = true;
        }
        encodePlain(text.substring(at), isFirst, out);
        return out.toArray();
    }

    private void encodePlain(String text, boolean isFirst, IntList out) {
        if (!text.isEmpty()) {
            encode(isComposed ? Normalizer.normalize(text, Normalizer.Form.NFC) : text, isFirst, out);
        }
    }

    /** Bytes of one token's text; empty for control tokens. */
    public final byte[] bytes(int id) {
        Check.index(id, vocabulary.size(), "token id");
        return vocabulary.isControl(id) ? new byte[0] : text(id);
    }

    /** The text of {@code ids}; control tokens print nothing, broken UTF-8 becomes U+FFFD. */
    public final String decode(int[] ids) {
        Detokenizer detokenizer = detokenizer();
        StringBuilder text = new StringBuilder();
        for (int id : ids) {
            text.append(detokenizer.append(id));
        }
        return text.append(detokenizer.flush()).toString();
    }

    public final Detokenizer detokenizer() {
        return new Detokenizer(this);
    }

    /** Tokens in the vocabulary. */
    public final int size() {
        return vocabulary.size();
    }

    /** Whether a token ends an answer. */
    public final boolean isEnd(int id) {
        return vocabulary.isEnd(id);
    }

    /** The token that a prompt begins with, if the model was trained with one in front. */
    public final OptionalInt bosToAdd() {
        return vocabulary.addsBos ? OptionalInt.of(vocabulary.bos) : OptionalInt.empty();
    }

    public final OptionalInt bos() {
        return vocabulary.bos >= 0 ? OptionalInt.of(vocabulary.bos) : OptionalInt.empty();
    }

    public final OptionalInt eos() {
        return vocabulary.eos >= 0 ? OptionalInt.of(vocabulary.eos) : OptionalInt.empty();
    }

    /** A token's text as the file lists it, control tokens too. */
    public final String listedText(int id) {
        return vocabulary.texts.get(id);
    }

    /** Whether a token is a control token. */
    public final boolean isControl(int id) {
        return vocabulary.isControl(id);
    }

    /** Bytes dropped so far because the vocabulary has no token for them. */
    public final long droppedBytes() {
        return dropped.get();
    }

    final void drop(int bytes) {
        dropped.addAndGet(bytes);
    }
}
