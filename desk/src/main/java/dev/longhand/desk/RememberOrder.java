package dev.longhand.desk;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.jobs.JobFailed;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The input of a {@link RememberJob}, eight lines of UTF-8.
 *
 * @param desk        its name
 * @param root        what the desk holds, as {@link DeskSource#text}
 * @param model       that reads, as its name is written
 * @param fingerprint of that model
 * @param account     that pays
 * @param person      who asked
 * @param bytesMax    bytes of disk that the desk's memory may take
 * @param partTokens  tokens of a part
 */
public record RememberOrder(
        String desk, String root, String model, String fingerprint, String account, String person, long bytesMax, int partTokens) {
    public RememberOrder {
        for (String each : List.of(desk, root, model, fingerprint, account, person)) {
            Check.argument(each.indexOf('\n') < 0, "a name holds a line break: \"%s\"", each);
        }
        Check.argument(bytesMax >= 0, "bytesMax is %d; it must not be negative", bytesMax);
    }

    public byte[] bytes() {
        return String.join("\n", desk, root, model, fingerprint, account, person, String.valueOf(bytesMax),
                String.valueOf(partTokens))
                .getBytes(StandardCharsets.UTF_8);
    }

    /** The inverse of {@link #bytes}. */
    public static RememberOrder of(byte[] bytes) throws Problem {
        String[] lines = new String(bytes, StandardCharsets.UTF_8).split("\n", -1);
        try {
            Check.argument(lines.length == 8, "it has %d lines and must have 8", lines.length);
            return new RememberOrder(lines[0], lines[1], lines[2], lines[3], lines[4], lines[5], Long.parseLong(lines[6]),
                    Integer.parseInt(lines[7]));
        } catch (IllegalArgumentException e) {
            throw new JobFailed(Problem.Kind.MALFORMED, "the job's input is damaged: " + e.getMessage() + "; submit it anew");
        }
    }
}
