package dev.longhand.testkit;

/**
 * What a test's chance begins with: {@code -Dseed}, else the test's own. Its text stands in every failure and repeats it.
 *
 * @param again the command that repeats the test with this seed
 */
public record Seed(long value, String again) {
    /** The seed of a test class of {@code module}. */
    public static Seed of(String module, Class<?> test, long fallback) {
        long value = Long.getLong("seed", fallback);
        return new Seed(value, "mvn -pl %s -am test -Dtest=%s -Dsurefire.failIfNoSpecifiedTests=false -Dseed=%d".formatted(module,
                test.getSimpleName(), value));
    }

    public Gen gen() {
        return new Gen(value);
    }

    @Override
    public String toString() {
        return "seed " + value + "; again by: " + again;
    }
}
