package dev.longhand.server;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How far models are with a call, for people who look. Counted by the threads that answer it; a look may come between two counts.
 * Thread-safe.
 */
final class Progress {
    private final AtomicLong read = new AtomicLong();
    private final AtomicLong toRead = new AtomicLong();
    private final AtomicLong answered = new AtomicLong();
    private volatile String model = "";
    private volatile String desk = "";
    private volatile boolean isToldTokens;

    /** A model was chosen. */
    void at(ServedModels.Target target) {
        model = target.served().name();
        desk = target.desk().orElse("");
    }

    /** Its tokens will be told. */
    void tellsTokens() {
        isToldTokens = true;
    }

    /** Of what is read at present. */
    void reading(int done, int total) {
        read.set(done);
        toRead.set(total);
    }

    void answeredOne() {
        answered.incrementAndGet();
    }

    /** Name of the model; empty before one is chosen. */
    String model() {
        return model;
    }

    /** As it is stored; empty where none is asked. */
    String desk() {
        return desk;
    }

    long read() {
        return read.get();
    }

    long toRead() {
        return toRead.get();
    }

    long answered() {
        return answered.get();
    }

    /** {@code waiting} for the model, {@code reading}, {@code answering}; {@code working} on what has no such steps. */
    String state() {
        return answered.get() > 0 ? "answering" : read.get() > 0 ? "reading" : isToldTokens ? "waiting" : "working";
    }
}
