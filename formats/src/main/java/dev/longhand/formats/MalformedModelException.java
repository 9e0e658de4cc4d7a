package dev.longhand.formats;

import dev.longhand.base.Problem;
import java.nio.file.Path;

/** A model file that breaks its format: names the file, the byte offset, the field, the value and the rule. */
public final class MalformedModelException extends Problem {
    MalformedModelException(Path file, long offset, String what) {
        this(file, offset, what, null);
    }

    MalformedModelException(Path file, long offset, String what, Throwable cause) {
        super(Kind.MALFORMED, "%s, byte %d: %s".formatted(file, offset, what), cause);
    }
}
