package dev.longhand.base;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * Named places at which a test lets the process die: {@code -Dlonghand.failpoint=name:n} halts it when the place is reached for the
 * n-th time (the first, where n is left out), as abruptly as {@code kill -9}. Not set, a place costs nothing once it is compiled.
 *
 * <p>A name is {@code module.what-happens-around}, such as {@code store.before-commit}. Thread-safe.
 */
public final class Failpoints {
    public static final String PROPERTY = "longhand.failpoint";
    /** Exit code of a process that died at one. */
    public static final int EXIT_CODE = 86;

    private static final Failpoints SET = parse(System.getProperty(PROPERTY, ""));

    private final String name;
    private final AtomicInteger left;

    private Failpoints(String name, int times) {
        this.name = name;
        this.left = new AtomicInteger(times);
    }

    /** Null where none is set. */
    static Failpoints parse(String text) {
        if (text.isEmpty()) {
            return null;
        }
        String[] parts = text.split(":", 2);
        Check.argument(text.matches("[a-z]+\\.[a-z-]+(:[1-9][0-9]{0,8})?"),
                "a failpoint is module.place or module.place:n, not \"%s\"", text);
        return new Failpoints(parts[0], parts.length == 1 ? 1 : Integer.parseInt(parts[1]));
    }

    /** The process may end here. */
    public static void reach(String name) {
        if (SET != null && SET.isDue(name)) {
            Runtime.getRuntime().halt(EXIT_CODE);
        }
    }

    boolean isDue(String reached) {
        return reached.equals(name) && left.decrementAndGet() == 0;
    }
}
