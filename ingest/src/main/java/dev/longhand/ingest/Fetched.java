package dev.longhand.ingest;

import java.net.URI;

/**
 * What an address answered.
 *
 * @param name  of a file, says how the bytes are read: {@code page.html}, {@code paper.pdf}, {@code text.txt}, {@code text.md}
 * @param bytes of the body, as they came
 */
public record Fetched(URI address, String name, byte[] bytes) {}
