package dev.longhand.text;

/** Counts what one rendering has used of its {@link JinjaLimits} and stops it where one is passed. Used by one thread. */
final class JinjaMeter {
    private static final int CHARS_PER_STEP = 64;
    private static final int CHARS_PER_ELEMENT = 16;

    private final JinjaLimits limits;
    private long steps;
    private long allocatedChars;
    private int depth;

    JinjaMeter(JinjaLimits limits) {
        this.limits = limits;
    }

    JinjaLimits limits() {
        return limits;
    }

    void step() {
        steps(1);
    }

    void steps(long n) {
        steps += n;
        if (steps > limits.stepsMax()) {
            throw JinjaFailure.limit("the template takes more steps", limits.stepsMax());
        }
    }

    /** Asks before {@code n} characters are looked at. */
    void look(long n) {
        steps(1 + n / CHARS_PER_STEP);
    }

    /** Asks before a text of {@code n} characters is made. */
    void chars(long n) {
        if (n < 0 || n > limits.allocatedCharsMax() - allocatedChars) {
            throw JinjaFailure.limit("the template makes more characters of text", limits.allocatedCharsMax());
        }
        allocatedChars += n;
        look(n);
    }

    /** Asks before {@code n} list or dict elements are made. */
    void elements(long n) {
        if (n > Integer.MAX_VALUE) {
            throw JinjaFailure.limit("a list of " + n + " elements", Integer.MAX_VALUE);
        }
        chars(n * CHARS_PER_ELEMENT);
        steps(n);
    }

    void enter() {
        if (++depth > limits.depthMax()) {
            throw JinjaFailure.limit("evaluation nests deeper", limits.depthMax());
        }
    }

    void leave() {
        depth--;
    }
}
