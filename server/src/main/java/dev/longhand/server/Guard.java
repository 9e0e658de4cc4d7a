package dev.longhand.server;

import java.util.Optional;

/** Says who calls. Thread-safe. */
interface Guard {
    /**
     * @param secret what the client showed as its key; empty if nothing
     * @throws Refusal 401 if that is nobody, 429 if that is too often
     */
    Caller admit(Optional<String> secret) throws Refusal;

    /** Tells what a call took, once it has ended, however it ended. */
    default void used(Caller caller, long tokens) {}

    /** Everybody is the one person of this machine. */
    static Guard open(Caller caller) {
        return secret -> caller;
    }
}
