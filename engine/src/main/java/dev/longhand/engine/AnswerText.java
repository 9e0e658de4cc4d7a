package dev.longhand.engine;

import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Sink;
import dev.longhand.text.Detokenizer;
import dev.longhand.text.Tokenizer;
import java.util.List;
import java.util.Optional;

/**
 * Turns answered tokens into the answer's text and its reasoning, and finds the stop texts. Lives on the caller's thread.
 *
 * <p>Held back is only what may be the beginning of a mark, of a stop text or of a character.
 */
final class AnswerText {
    private final Tokenizer tokenizer;
    private final Optional<ReasoningMarks> marks;
    private Sink sink;
    private final Detokenizer detokenizer;
    private final StopMatcher stops;
    private final StopMatcher closing = new StopMatcher(List.of(ReasoningMarks.CLOSE));
    private final StringBuilder beginning = new StringBuilder();
    private final StringBuilder text = new StringBuilder();
    private final StringBuilder reasoning = new StringBuilder();
    private ReasoningWatch.Place place;
    private boolean skipsSpace;

    AnswerText(Tokenizer tokenizer, Optional<ReasoningMarks> marks, boolean isOpen, GenerationSpec spec, Sink sink) {
        this.tokenizer = tokenizer;
        this.marks = marks;
        this.sink = sink;
        this.detokenizer = tokenizer.detokenizer();
        this.stops = new StopMatcher(spec.stops());
        this.place = marks.isEmpty() ? ReasoningWatch.Place.ANSWER
                : isOpen ? ReasoningWatch.Place.REASONING : ReasoningWatch.Place.BEGINNING;
    }

    /** What comes from now on goes to {@code sink}. */
    void listen(Sink sink) {
        this.sink = sink;
    }

    String text() {
        return text.toString();
    }

    String reasoning() {
        return reasoning.toString();
    }

    boolean isStopped() {
        return stops.isStopped();
    }

    /** The stop text that ended it; empty if none did. */
    String stopText() {
        return stops.stopText();
    }

    void accept(int id) {
        if (tokenizer.isEnd(id)) {
            return;
        }
        if (marks.isPresent() && tokenizer.isControl(id)) {
            pass(detokenizer.flush() + new String(marks.get().bytes(id), java.nio.charset.StandardCharsets.US_ASCII));
        } else {
            pass(detokenizer.append(id));
        }
    }

    /** Nothing comes any more: what was held back is handed out. */
    void finish() {
        pass(detokenizer.flush());
        if (place == ReasoningWatch.Place.REASONING) {
            think(closing.finish());
        } else {
            answer(beginning.toString());
            tell(stops.finish());
        }
    }

    private void pass(String piece) {
        switch (place) {
            case BEGINNING -> begin(piece);
            case REASONING -> reason(piece);
            case ANSWER -> answer(piece);
        }
    }

    private void begin(String piece) {
        beginning.append(piece);
        String stripped = beginning.toString().stripLeading();
        if (stripped.startsWith(ReasoningMarks.OPEN)) {
            place = ReasoningWatch.Place.REASONING;
            beginning.setLength(0);
            reason(stripped.substring(ReasoningMarks.OPEN.length()));
        } else if (!ReasoningMarks.OPEN.startsWith(stripped)) {
            place = ReasoningWatch.Place.ANSWER;
            String all = beginning.toString();
            beginning.setLength(0);
            answer(all);
        }
    }

    private void reason(String piece) {
        think(closing.accept(piece));
        if (closing.isStopped()) {
            place = ReasoningWatch.Place.ANSWER;
            skipsSpace = true;
            answer(closing.rest());
        }
    }

    private void think(String piece) {
        if (!piece.isEmpty()) {
            reasoning.append(piece);
            sink.reasoning(piece);
        }
    }

    private void answer(String piece) {
        String wanted = skipsSpace ? piece.stripLeading() : piece;
        skipsSpace &= wanted.isEmpty();
        tell(stops.accept(wanted));
    }

    private void tell(String piece) {
        if (!piece.isEmpty()) {
            text.append(piece);
            sink.text(piece);
        }
    }
}
