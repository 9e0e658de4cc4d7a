package dev.longhand.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes one task from one source: cuts real text into a context, then hides or chooses what is asked for.
 *
 * <p>The last document of a long context, or the piece with the answer, is the start of a real document, so that every kind of task
 * has the same kind of context. Used by one thread.
 */
final class TaskMaker {
    /** Tokens of the live text before a continuation, at least. */
    private static final int LIVE_TOKENS = 24;
    /** Tokens of a continuation. */
    private static final int EXPECTED_TOKENS = 48;
    private static final int EXPECTED_TOKENS_MAX = 128;
    /** What a document must have behind its start for a continuation. */
    private static final int TAIL_TOKENS = 160;
    /** A needle's sentence has no more. */
    private static final int NEEDLE_TOKENS = 32;
    private static final int FILL_TOKENS_MIN = 64;
    private static final int QUOTE_CHARS_MIN = 60;
    private static final int QUOTE_CHARS_MAX = 200;
    private static final int QUOTE_WORDS_MIN = 8;
    private static final double BEGUN_SHARE = 0.4;
    private static final int QUOTE_TOKENS_MIN = 8; // that must be copied

    private final Map<String, List<TextLines>> sources;
    private final TokenCount tokens;
    private final TaskShape shape;
    private final String source;
    private final Chance chance;
    private final NeedleCell.Band depth;

    /** Where the answer's document was cut, and the pieces around it. */
    private record Cut(List<LookupTask.Piece> pieces, int answer, TextLines document, int end) {}

    /** What is asked, over perhaps changed pieces. */
    private record Asked(List<LookupTask.Piece> pieces, String prompt, String expected, List<LookupTask.Span> scored,
            double depth) {}

    /** @param depth where needles lie */
    TaskMaker(Map<String, List<TextLines>> sources, TokenCount tokens, TaskShape shape, String source, long seed,
            NeedleCell.Band depth) {
        this.depth = depth;
        this.sources = sources;
        this.tokens = tokens;
        this.shape = shape;
        this.source = source;
        this.chance = new Chance(seed);
    }

    /** Empty if the source has no text that fits. */
    Optional<LookupTask> make(String id, TaskKind kind, long seed) {
        int reserve = kind == TaskKind.CONTINUATION || kind == TaskKind.QUOTE ? 0 : 5 * NEEDLE_TOKENS;
        Cut cut = shape.pieces() == 1 ? longContext(reserve) : documents(reserve);
        if (cut == null) {
            return Optional.empty();
        }
        Asked asked = switch (kind) {
            case CONTINUATION -> continuation(cut);
            case QUOTE -> quote(cut);
            default -> needles(cut, Needles.of(kind, chance));
        };
        if (asked == null || !asked.pieces().stream().allMatch(this::fits)) {
            return Optional.empty();
        }
        return Optional.of(new LookupTask(id, kind, shape, source, asked.pieces(), asked.prompt(), asked.expected(), asked.scored(),
                cut.answer(), asked.depth(), seed));
    }

    private boolean fits(LookupTask.Piece piece) {
        return piece.tokens() >= shape.tokensMin() && piece.tokens() <= shape.tokensMax();
    }

    private LookupTask.Piece piece(List<String> from, String name, String text) {
        return new LookupTask.Piece(from, name, text, tokens.of(text));
    }

    /** Whole documents of the source, then of others, in front of the start of one. */
    private Cut longContext(int reserve) {
        int target = chance.between((int) (shape.tokensMin() * 1.1), shape.tokensMax() - reserve - shape.tokensMax() / 20);
        List<TextLines> own = chance.shuffled(sources.get(source));
        TextLines last = own.stream().filter(d -> d.tokens() > 2 * TAIL_TOKENS).findFirst().orElse(null);
        if (last == null) {
            return null;
        }
        int headMax = Math.min(target / 2, last.tokens() - TAIL_TOKENS);
        int end = last.endWithin(0, chance.between(headMax / 2, headMax));
        List<TextLines> fill = new ArrayList<>(own);
        fill.remove(last);
        List<TextLines> foreign = new ArrayList<>();
        sources.forEach((name, all) -> foreign.addAll(name.equals(source) ? List.of() : all));
        fill.addAll(chance.shuffled(foreign));
        StringBuilder text = new StringBuilder();
        List<String> from = new ArrayList<>(List.of(source));
        int left = target - last.tokens(0, end);
        for (int i = 0; i < fill.size() && left >= FILL_TOKENS_MIN; i++) {
            TextLines each = fill.get(i);
            int to = each.endWithin(0, left);
            text.append(each.text(0, to)).append('\n');
            left -= each.tokens(0, to) + 1;
            if (to > 0 && !from.contains(each.document().source())) {
                from.add(each.document().source());
            }
        }
        text.append(last.text(0, end));
        return new Cut(List.of(piece(from, "long/" + last.document().name(), text.toString())), 0, last, end);
    }

    /** Separate documents, half of the others of the same source where there are enough. */
    private Cut documents(int reserve) {
        int tokensMax = shape.tokensMax() - reserve;
        List<TextLines> own = chance.shuffled(longEnough(sources.get(source)));
        TextLines holder = own.stream().filter(d -> d.tokens() > shape.tokensMin() * 1.1 + TAIL_TOKENS).findFirst().orElse(null);
        if (holder == null) {
            return null;
        }
        int end = holder.endWithin(0, Math.min(target(tokensMax), holder.tokens() - TAIL_TOKENS));
        own.remove(holder);
        List<TextLines> foreign = new ArrayList<>();
        sources.forEach((name, all) -> foreign.addAll(name.equals(source) ? List.of() : all));
        List<TextLines> others = chance.shuffled(longEnough(foreign));
        List<LookupTask.Piece> pieces = new ArrayList<>();
        while (pieces.size() < shape.pieces() - 1 && !(own.isEmpty() && others.isEmpty())) {
            boolean isOwn = others.isEmpty() || !own.isEmpty() && chance.chance(0.5);
            TextLines each = (isOwn ? own : others).removeFirst();
            String text = each.text(0, each.endWithin(0, target(tokensMax)));
            LookupTask.Piece piece = piece(List.of(each.document().source()), each.document().name(), text);
            if (piece.tokens() >= shape.tokensMin() && piece.tokens() <= tokensMax) {
                pieces.add(piece);
            }
        }
        if (pieces.size() < shape.pieces() - 1) {
            return null;
        }
        int answer = chance.between(0, shape.pieces());
        pieces.add(answer, piece(List.of(source), holder.document().name(), holder.text(0, end)));
        return new Cut(pieces, answer, holder, end);
    }

    private List<TextLines> longEnough(List<TextLines> documents) {
        return documents.stream().filter(d -> d.tokens() > shape.tokensMin() * 1.1).toList();
    }

    private int target(int tokensMax) {
        return chance.between((int) (shape.tokensMin() * 1.1), tokensMax);
    }

    private Asked continuation(Cut cut) {
        TextLines document = cut.document();
        int live = document.endBeyond(cut.end(), LIVE_TOKENS);
        int to = live < 0 ? -1 : document.endBeyond(live, EXPECTED_TOKENS);
        if (to < 0 || document.tokens(live, to) > EXPECTED_TOKENS_MAX) {
            return null;
        }
        String expected = document.text(live, to).stripTrailing();
        return expected.isEmpty() ? null : new Asked(cut.pieces(), document.text(cut.end(), live), expected, all(expected), 1);
    }

    /** A line that stands once, from a chosen depth on; its beginning stands once too. */
    private Asked quote(Cut cut) {
        String text = cut.pieces().get(cut.answer()).text();
        int start = text.indexOf('\n', (int) (text.length() * chance.share() * 0.9)) + 1;
        for (int at = start; at < text.length() && at >= 0; ) {
            int end = text.indexOf('\n', at);
            String line = text.substring(at, end < 0 ? text.length() : end).strip();
            int begun = begun(line);
            String rest = line.substring(begun);
            if (begun > 0 && tokens.of(rest) >= QUOTE_TOKENS_MIN
                    && cut.pieces().stream().mapToInt(p -> count(p.text(), line.substring(0, begun))).sum() == 1) {
                return new Asked(cut.pieces(), "\n\nThis line stands above:\n" + line.substring(0, begun), rest, all(rest),
                        (double) at / text.length());
            }
            at = end < 0 ? text.length() : end + 1;
        }
        return null;
    }

    private List<LookupTask.Span> all(String expected) {
        return List.of(new LookupTask.Span(0, tokens.of(expected)));
    }

    /** Characters of the begun part, which ends before a space; 0 if the line is no good quote. */
    private static int begun(String line) {
        if (line.length() < QUOTE_CHARS_MIN || line.length() > QUOTE_CHARS_MAX || line.split(" +").length < QUOTE_WORDS_MIN
                || line.chars().filter(Character::isLetter).count() < line.length() / 2) {
            return 0;
        }
        int space = line.indexOf(' ', (int) (line.length() * BEGUN_SHARE));
        return space < 0 || space > line.length() / 2 + 8 ? 0 : space;
    }

    static int count(String text, String part) {
        int count = 0;
        for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
            count++;
        }
        return count;
    }

    private Asked needles(Cut cut, Needles needles) {
        List<StringBuilder> texts = new ArrayList<>();
        cut.pieces().forEach(p -> texts.add(new StringBuilder(p.text())));
        StringBuilder holder = texts.get(cut.answer());
        List<Double> depths = new ArrayList<>();
        needles.held().forEach(n -> depths.add(depth.from() + depth.width() * chance.share()));
        depths.sort(null);
        for (int i = needles.held().size() - 1; i >= 0; i--) { // from the end, so that places before stay
            insert(holder, depths.get(i), needles.held().get(i));
        }
        for (String each : needles.beside()) {
            insert(texts.get(chance.between(0, texts.size())), 0.05 + 0.9 * chance.share(), each);
        }
        List<LookupTask.Piece> pieces = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            pieces.add(piece(cut.pieces().get(i).sources(), cut.pieces().get(i).name(), texts.get(i).toString()));
        }
        return new Asked(pieces, needles.prompt(), needles.expected(), needles.scored(tokens), depths.getFirst());
    }

    /** As a line of its own at the line end behind {@code depth}. */
    private static void insert(StringBuilder text, double depth, String sentence) {
        int at = text.indexOf("\n", (int) (text.length() * depth));
        text.insert(at < 0 ? text.length() : at + 1, sentence);
    }
}
