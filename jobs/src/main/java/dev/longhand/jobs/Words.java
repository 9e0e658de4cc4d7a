package dev.longhand.jobs;

/** Texts that people read and databases keep. */
final class Words {
    private Words() {}

    /** Without control characters (PostgreSQL keeps no NUL) or halves of characters, cut after {@code max}. */
    static String plain(String text, int max) {
        StringBuilder plain = new StringBuilder();
        String words = text == null ? "" : text;
        for (int i = 0; i < words.length(); ) {
            int c = words.codePointAt(i);
            i += Character.charCount(c);
            boolean isPlain = c >= 32 && c != 127 && (c < 0xD800 || c > 0xDFFF);
            if (plain.length() + Character.charCount(c) > max) {
                break;
            }
            plain.appendCodePoint(isPlain ? c : ' ');
        }
        return plain.toString();
    }

    /** A failure, with its class where the message alone says little. */
    static String of(Throwable failure) {
        String message = failure instanceof dev.longhand.base.Problem ? failure.getMessage() : failure.toString();
        return plain(message, Limits.WORDS_MAX);
    }
}
