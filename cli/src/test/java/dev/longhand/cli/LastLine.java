package dev.longhand.cli;

/** A program that says a lot on standard error, ends with an unfinished line, and stops at once. */
public final class LastLine {
    static final int LINES = 2000;

    private LastLine() {}

    public static void main(String[] args) {
        for (int i = 0; i < LINES; i++) {
            System.err.println("line " + i);
        }
        System.err.print("the end");
        LauncherFilter.drain();
        Runtime.getRuntime().halt(3);
    }
}
