package dev.longhand.engine;

/** Reads a prompt and keeps it. */
final class ReadRequest extends Request {
    ReadRequest(LocalSequence sequence, int promptLength) {
        super(sequence, promptLength);
    }

    @Override
    int lengthMax() {
        return promptLength;
    }

    @Override
    int keptMax() {
        return length;
    }

    @Override
    int logitsFrom(int from, int count) {
        return from + count;
    }

    @Override
    boolean isComplete() {
        return isRead;
    }
}
