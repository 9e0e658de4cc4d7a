package dev.longhand.catalog;

/**
 * How to pull.
 *
 * @param isOffline make no request and start no other program that may: only what is on this machine counts
 */
public record PullOptions(boolean isOffline) {
    public static PullOptions standard() {
        return new PullOptions(false);
    }
}
