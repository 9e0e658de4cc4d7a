package dev.longhand.memory;

import dev.longhand.base.Problem;

/** A record of an attached document is damaged or gone: who attends to it must end, and the document must be read again. */
public final class UnreadableMemory extends RuntimeException {
    private final String id;

    /** @param id the document's, {@link KvSource#id} */
    public UnreadableMemory(String id, String reason) {
        super(reason, null, false, false);
        this.id = id;
    }

    public String id() {
        return id;
    }

    public Problem problem() {
        return new Problem(Problem.Kind.MALFORMED, "attention memory %s cannot be used: %s; its document has to be read again"
                .formatted(id, getMessage()), this);
    }
}
