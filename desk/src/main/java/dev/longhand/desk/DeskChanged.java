package dev.longhand.desk;

import dev.longhand.base.Problem;

/** What an answer that was cut off had attached is not there any more, so that it would go on with other words. */
public final class DeskChanged extends Problem {
    DeskChanged(String desk, String path) {
        super(Kind.NOT_FOUND, ("the answer was cut off, and meanwhile %s changed in desk %s, which it was made from; "
                + "what there is of it stands; ask again for a whole one").formatted(path, desk));
    }
}
