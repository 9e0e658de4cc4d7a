package dev.longhand.ingest;

/** How a file is read. For all but PDF the citable lines are the file's own. */
public enum Kind {
    TEXT,
    MARKDOWN,
    CODE,
    HTML,
    PDF
}
