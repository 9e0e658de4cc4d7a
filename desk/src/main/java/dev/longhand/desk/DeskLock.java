package dev.longhand.desk;

import dev.longhand.base.OwnerLock;
import dev.longhand.base.Problem;
import java.nio.file.Path;

/** Lets one process at a time change a desk. Asking a desk that needs no reading takes no lock. */
final class DeskLock implements AutoCloseable {
    private final OwnerLock lock;

    private DeskLock(OwnerLock lock) {
        this.lock = lock;
    }

    static DeskLock take(Path file, String desk) throws Problem {
        return new DeskLock(OwnerLock.take(file, owner -> new Problem(Problem.Kind.BUSY,
                "desk %s is being read by process %s; wait for it to end or stop it, then run the command again".formatted(
                        desk, owner))));
    }

    @Override
    public void close() {
        lock.close();
    }
}
