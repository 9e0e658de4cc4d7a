package dev.longhand.memory;

import dev.longhand.base.Problem;

/** One pass attends to more records than fit into memory at once: who asked for it must end. */
public final class RecordCacheFull extends RuntimeException {
    RecordCacheFull(String what) {
        super(what, null, false, false);
    }

    public Problem problem() {
        return new Problem(Problem.Kind.LIMIT, getMessage(), this);
    }
}
