package dev.longhand.bench;

import dev.longhand.base.Check;
import dev.longhand.base.Sha256;
import java.util.List;

/**
 * One measured segment: a context, what then stands live in front of the model, and what the text really goes on with.
 *
 * <p>A run reads the tokens of each piece, then those of {@code prompt}, then those of {@code expected} (each text is tokenized
 * alone), and looks at the predictions of the scored tokens of {@code expected}.
 *
 * @param id          unique in its set: shape, kind and number
 * @param source      the package that the answer comes from
 * @param pieces      the context, in order
 * @param prompt      live text, behind the context
 * @param expected    what follows the prompt
 * @param scored      which tokens of {@code expected} count
 * @param answerPiece index of the piece that holds the answer
 * @param depth       where in that piece: 0 the start, 1 the end
 * @param seed        everything of the task follows from it and the corpus
 */
public record LookupTask(String id, TaskKind kind, TaskShape shape, String source, List<Piece> pieces, String prompt,
        String expected, List<Span> scored, int answerPiece, double depth, long seed) {
    /**
     * A part of the context that is read as one document.
     *
     * @param sources the packages whose text it is
     * @param tokens  of {@code text}, alone
     */
    public record Piece(List<String> sources, String name, String text, int tokens) {
        public Piece {
            sources = List.copyOf(sources);
        }
    }

    /** Tokens {@code [from, to)} of the expected text. */
    public record Span(int from, int to) {
        public Span {
            Check.argument(0 <= from && from < to, "a span [%d, %d) is empty", from, to);
        }

        public int tokens() {
            return to - from;
        }
    }

    public LookupTask {
        pieces = List.copyOf(pieces);
        scored = List.copyOf(scored);
        Check.index(answerPiece, pieces.size(), "answerPiece");
    }

    /** All packages whose text is in the context. */
    public List<String> sources() {
        return pieces.stream().flatMap(p -> p.sources().stream()).distinct().toList();
    }

    public int contextTokens() {
        return pieces.stream().mapToInt(Piece::tokens).sum();
    }

    /** The same question with the right piece as the whole context. */
    public LookupTask onlyAnswer() {
        return new LookupTask(id, kind, shape, source, List.of(pieces.get(answerPiece)), prompt, expected, scored, 0, depth, seed);
    }

    /** Of everything in it. */
    Sha256 digest() {
        StringBuilder all = new StringBuilder();
        all.append(id).append('\n').append(source).append('\n').append(answerPiece).append(' ').append(seed).append('\n');
        pieces.forEach(p -> all.append(p.sources()).append(p.name()).append(' ').append(p.tokens()).append('\n').append(p.text()));
        all.append('\0').append(prompt).append('\0').append(expected).append('\0');
        scored.forEach(s -> all.append(s.from()).append('-').append(s.to()).append(' '));
        return Sha256.of(all.toString());
    }
}
