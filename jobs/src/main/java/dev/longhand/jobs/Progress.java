package dev.longhand.jobs;

/**
 * How far a job is, for people. It decides nothing.
 *
 * @param total 0 where it is not known
 * @param unit  what is counted, such as {@code documents}
 */
public record Progress(long done, long total, String unit, String note) {
    static final Progress NONE = new Progress(0, 0, "", "");
    private static final int UNIT_MAX = 40;
    private static final int NOTE_MAX = 200;

    public Progress {
        unit = Words.plain(unit, UNIT_MAX);
        note = Words.plain(note, NOTE_MAX);
    }
}
