package dev.longhand.ingest;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** Finds characters that a reader does not see. Knows characters, not formats. */
final class Suspicious {
    private Suspicious() {}

    static boolean isZeroWidth(char c) {
        // The two last are the halves of U+E0000-E007F, the tag characters, seen by their high surrogate.
        return c >= '\u200b' && c <= '\u200d' || c >= '\u2060' && c <= '\u2064' || c == '\ufeff' || c == '\udb40';
    }

    static boolean isBidi(char c) {
        return c >= '\u202a' && c <= '\u202e' || c >= '\u2066' && c <= '\u2069' || c == '\u200e' || c == '\u200f' || c == '\u061c';
    }

    static boolean isControl(char c) {
        return c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' || c >= 0x7f && c < 0xa0;
    }

    /** Whether a character may not stand in a name that is printed. */
    static boolean hidesOrControls(char c) {
        return c < 0x20 || isControl(c) || isZeroWidth(c) || isBidi(c) || c == '\u2028' || c == '\u2029';
    }

    static List<Flag> flags(Text text) {
        Map<Flag.What, int[]> found = new EnumMap<>(Flag.What.class);
        String chars = text.chars();
        for (int i = 0; i < chars.length(); i++) {
            char c = chars.charAt(i);
            if (c >= 0x20 && c < 0x7f || c == '\n') {
                continue;
            }
            Flag.What what = isZeroWidth(c) ? Flag.What.ZERO_WIDTH
                    : isBidi(c) ? Flag.What.BIDI : isControl(c) ? Flag.What.CONTROL : null;
            if (what != null) {
                int at = i;
                found.computeIfAbsent(what, w -> new int[] {0, text.lineAt(at)})[0]++;
            }
        }
        List<Flag> flags = new ArrayList<>();
        found.forEach((what, seen) -> flags.add(new Flag(what, seen[0], seen[1])));
        return flags;
    }
}
