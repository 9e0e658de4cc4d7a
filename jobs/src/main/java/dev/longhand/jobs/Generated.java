package dev.longhand.jobs;

import dev.longhand.base.Problem;
import dev.longhand.lm.Answer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/** The result of a {@link GenerateJob}: the whole answer, whichever attempts made it. Its bytes are in docs/formats/jobs.md. */
public record Generated(Answer.Stop stop, int[] tokens, String text, String reasoning) {
    private static final int VERSION = 1;

    static Generated of(Answer answer) {
        return new Generated(answer.stop(), answer.tokens(), answer.text(), answer.reasoning());
    }

    byte[] bytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            DataOutputStream out = new DataOutputStream(bytes);
            out.writeByte(VERSION);
            Generation.writeText(out, stop.name());
            Generation.writeTokens(out, tokens);
            Generation.writeText(out, text);
            Generation.writeText(out, reasoning);
        } catch (IOException e) {
            throw new UncheckedIOException("an array does not fail", e);
        }
        return bytes.toByteArray();
    }

    /** The result of a job of kind {@link GenerateJob#KIND} that is done. */
    public static Generated of(byte[] bytes) throws Problem {
        try {
            DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
            int version = in.readUnsignedByte();
            if (version != VERSION) {
                throw new Problem(Problem.Kind.UNSUPPORTED, "the job's result has version " + version + "; this Longhand knows "
                        + VERSION);
            }
            return new Generated(Answer.Stop.valueOf(Generation.readText(in)), Generation.readTokens(in),
                    Generation.readText(in), Generation.readText(in));
        } catch (IOException | IllegalArgumentException e) {
            throw new Problem(Problem.Kind.MALFORMED, "the job's result is damaged: " + e.getMessage(), e);
        }
    }
}
