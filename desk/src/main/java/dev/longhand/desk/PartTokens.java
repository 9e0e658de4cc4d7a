package dev.longhand.desk;

import dev.longhand.base.Check;

/**
 * What a model reads of a part, and where each token comes from. The arrays are not copied and must not be changed.
 *
 * @param ids     token ids
 * @param offsets byte offset in the source of the first byte of the token's line; -1 for a token of the frame
 * @param lines   the token's line, from 1; 0 for a token of the frame
 */
record PartTokens(int[] ids, int[] offsets, int[] lines) {
    PartTokens {
        Check.argument(ids.length == offsets.length && ids.length == lines.length, "%d ids, %d offsets, %d lines", ids.length,
                offsets.length, lines.length);
    }

    int count() {
        return ids.length;
    }
}
