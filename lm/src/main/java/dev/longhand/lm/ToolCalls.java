package dev.longhand.lm;

import dev.longhand.text.ToolFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Splits an answer, as it grows, into plain text and calls of tools.
 *
 * <p>Text that certainly is no call is passed on at once; what may be one is held until that is decided. A call is told as soon as
 * its last brace is there. White space and separators beside calls are dropped between two calls and at the ends of the answer;
 * where text follows they come with it. What looks like a call and is damaged, or of a tool that was not offered, stays text, marks
 * included. The work grows with the length of the answer and no faster, whatever the answer and however it is cut. Used by one
 * thread.
 */
public final class ToolCalls {
    /** Told in the order of the answer. */
    public interface Receiver {
        void text(String piece);

        void call(ToolCall call);
    }

    /** What a whole answer consists of. */
    public record Split(String text, List<ToolCall> calls) {
        public Split {
            calls = List.copyOf(calls);
        }
    }

    private enum Place {
        /** Plain text, where a mark may begin. */
        TEXT,
        /** Behind a mark, or at a brace where calls stand bare: before the end of the JSON. */
        CALL,
        /** Behind a call, where its closing mark may come. */
        BEHIND
    }

    /** Characters of white space behind text that are held, because a call may follow. */
    private static final int BLANKS_MAX = 64;

    /** Stand between calls that have no closing mark. */
    private static final String SEPARATORS = ";,";

    private final ToolForms forms;
    private final Predicate<String> isOffered;
    private final Receiver receiver;
    private final Supplier<String> ids;
    private final StringBuilder held = new StringBuilder();
    private int from; // all of the held text before this is passed on or dropped
    private int at; // all before this is looked at
    private final StringBuilder apart = new StringBuilder(); // white space between text and the calls that came behind it
    private final StringBuilder gap = new StringBuilder(); // white space and separators before what comes next
    private Place place = Place.TEXT;
    private boolean isAtStart = true; // nothing but white space came so far, or behind a call
    private boolean hasText; // some was passed on
    private boolean hasCalled; // a call came, and behind it no text
    private ToolForms.Opening opening; // of the call
    private JsonEnd end; // of the call

    /** @param isOffered whether there is a tool of that name to call */
    public ToolCalls(ToolFormat format, Predicate<String> isOffered, Receiver receiver) {
        this(format, isOffered, receiver, () -> "call_" + UUID.randomUUID().toString().replace("-", "").substring(0, 24));
    }

    /** @param ids names for calls that the model did not name */
    ToolCalls(ToolFormat format, Predicate<String> isOffered, Receiver receiver, Supplier<String> ids) {
        this.forms = ToolForms.of(format);
        this.isOffered = isOffered;
        this.receiver = receiver;
        this.ids = ids;
    }

    /** What a whole answer consists of. */
    public static Split split(ToolFormat format, Predicate<String> isOffered, String answer) {
        StringBuilder text = new StringBuilder();
        List<ToolCall> calls = new ArrayList<>();
        ToolCalls splitting = new ToolCalls(format, isOffered, new Receiver() {
            @Override
            public void text(String piece) {
                text.append(piece);
            }

            @Override
            public void call(ToolCall call) {
                calls.add(call);
            }
        });
        splitting.push(answer);
        splitting.finish();
        return new Split(text.toString(), calls);
    }

    /** The answer goes on with {@code piece}. */
    public void push(String piece) {
        held.append(piece);
        while (advance()) {
            // until nothing more is certain
        }
        if (place != Place.CALL) { // where little is left; the places in a call stay as they are
            held.delete(0, from);
            at -= from;
            from = 0;
        }
    }

    /** The answer has ended: what was held is passed on. */
    public void finish() {
        if (place == Place.BEHIND) {
            behind(true);
        }
        if (!hasCalled || from < held.length()) {
            tell(held.length());
        }
    }

    private boolean advance() {
        return switch (place) {
            case TEXT -> plain();
            case CALL -> called();
            case BEHIND -> behind(false);
        };
    }

    /** Passes text on up to the next place where a call may begin. */
    private boolean plain() {
        if (hasCalled || !hasText) {
            takeGap("");
        }
        for (; at < held.length(); at++) {
            ToolForms.Found found = forms.find(held, at, isAtStart);
            if (found.isOpen() || found.opening().isPresent()) {
                text(blanksBefore(at));
                if (found.isOpen()) {
                    return false;
                }
                gap.append(held, from, at);
                from = at;
                opening = found.opening().get();
                at += opening.mark().length();
                end = new JsonEnd();
                place = Place.CALL;
                return true;
            }
            isAtStart &= Character.isWhitespace(held.charAt(at));
        }
        text(blanksBefore(at));
        return false;
    }

    private void text(int to) {
        if (to > from) {
            tell(to);
        }
    }

    private void tell(int to) {
        String piece = apart.append(gap).append(held, from, to).toString();
        apart.setLength(0);
        gap.setLength(0);
        from = to;
        if (!piece.isEmpty()) {
            hasText = true;
            hasCalled = false;
            receiver.text(piece);
        }
    }

    /** White space, and what {@code separators} has, from where all is looked at. */
    private void takeGap(String separators) {
        skip(separators);
        gap.append(held, from, at);
        from = at;
    }

    private void skip(String separators) {
        while (at < held.length() && (Character.isWhitespace(held.charAt(at)) || separators.indexOf(held.charAt(at)) >= 0)) {
            at++;
        }
    }

    /** Where the white space before {@code to} begins. */
    private int blanksBefore(int to) {
        int first = to;
        while (first > from && to - first < BLANKS_MAX && Character.isWhitespace(held.charAt(first - 1))) {
            first--;
        }
        return first;
    }

    /** Looks for the end of the call's JSON. */
    private boolean called() {
        skip("");
        if (at == held.length()) {
            return false;
        }
        int json = at;
        Optional<String> name = Optional.empty();
        if (opening.mayNameFirst() && Character.isLetter(held.charAt(at))) {
            json = ToolForms.behindName(held, at);
            if (json < 0) {
                return held.length() - at > ToolForms.NAME_CHARS_MAX && notACall(at);
            }
            name = Optional.of(held.substring(at, json));
        }
        if (held.charAt(json) != '{' && held.charAt(json) != '[') {
            return notACall(at);
        }
        int to = end.find(held, json);
        if (to < 0) {
            return end.isDamaged() && notACall(end.at());
        }
        Optional<List<ToolCall>> calls = ToolForms.calls(name, held.substring(json, to), opening.isBare(), ids)
                .filter(found -> found.stream().allMatch(call -> isOffered.test(call.name())));
        if (calls.isEmpty()) {
            return notACall(to);
        }
        if (hasText && !hasCalled) {
            apart.append(gap);
        }
        gap.setLength(0);
        from = to;
        at = to;
        calls.get().forEach(receiver::call);
        hasCalled = true;
        place = Place.BEHIND;
        return true;
    }

    /** What is held up to there is text. */
    private boolean notACall(int to) {
        text(to);
        at = to;
        isAtStart = false;
        place = Place.TEXT;
        return true;
    }

    /** Looks for the closing mark, or for what stands between calls that have none. */
    private boolean behind(boolean isLast) {
        String closing = opening.closing();
        takeGap(closing.isEmpty() ? SEPARATORS : "");
        int common = ToolForms.common(closing, held, at);
        boolean isClosed = common == closing.length();
        if (!isLast && (at == held.length() || !isClosed && at + common == held.length())) {
            return false;
        }
        if (isClosed && !closing.isEmpty()) {
            gap.setLength(0);
            at += common;
            from = at;
        }
        isAtStart = true;
        place = Place.TEXT;
        return true;
    }
}
