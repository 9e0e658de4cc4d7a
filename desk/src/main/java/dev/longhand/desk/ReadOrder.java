package dev.longhand.desk;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.jobs.JobFailed;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The input of a {@link ReadJob}, four lines of UTF-8.
 *
 * @param desk    its name
 * @param root    what is read, as {@link DeskSource#text}
 * @param account that pays
 * @param person  who asked
 */
public record ReadOrder(String desk, String root, String account, String person) {
    public ReadOrder {
        for (String each : List.of(desk, root, account, person)) {
            Check.argument(each.indexOf('\n') < 0, "a name holds a line break: \"%s\"", each);
        }
    }

    public byte[] bytes() {
        return String.join("\n", desk, root, account, person).getBytes(StandardCharsets.UTF_8);
    }

    /** The inverse of {@link #bytes}. */
    public static ReadOrder of(byte[] bytes) throws Problem {
        String[] lines = new String(bytes, StandardCharsets.UTF_8).split("\n", -1);
        if (lines.length != 4) {
            throw new JobFailed(Problem.Kind.MALFORMED, "the job's input has " + lines.length + " lines; it must have 4; submit it "
                    + "anew");
        }
        return new ReadOrder(lines[0], lines[1], lines[2], lines[3]);
    }
}
