package dev.longhand.server;

/** The page for people who would rather look than read. */
final class Page {
    /** What a browser may load for it: what this server gives, nothing else. */
    static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
            + "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private Page() {}
}
