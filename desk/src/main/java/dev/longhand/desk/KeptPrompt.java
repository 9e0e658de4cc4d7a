package dev.longhand.desk;

import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.ingest.Passage;
import dev.longhand.lm.Usage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What a question was prepared with, as bytes that outlive the process, so that an answer that was cut off goes on from the same
 * prompt whatever the desk says today. docs/formats/answers.md has them. Immutable.
 *
 * @param parts SHA-256 of the text of each part that is attached
 */
record KeptPrompt(Ask.Prepared prepared, List<Sha256> parts) {
    private static final int VERSION = 1;
    /** Of any list in it. */
    private static final int COUNT_MAX = 1 << 20;

    KeptPrompt {
        parts = List.copyOf(parts);
    }

    static byte[] encode(Ask.Prepared prepared, List<Sha256> parts) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            DataOutputStream out = new DataOutputStream(bytes);
            out.writeByte(VERSION);
            out.writeInt(prepared.prompt().length);
            for (int id : prepared.prompt()) {
                out.writeInt(id);
            }
            write(out, prepared.context());
            write(out, prepared.leftOut());
            out.writeInt(parts.size());
            for (int i = 0; i < parts.size(); i++) {
                write(out, prepared.attached().get(i));
                PassageCodec.writeText(out, parts.get(i).hex());
            }
            Recalled.Routing routing = prepared.routing();
            out.writeInt(routing.candidates());
            out.writeInt(routing.judged());
            PassageCodec.writeText(out, routing.why());
        } catch (IOException e) {
            throw new IllegalStateException("memory does not fail", e);
        }
        return bytes.toByteArray();
    }

    private static void write(DataOutputStream out, List<Passage> passages) throws IOException {
        out.writeInt(passages.size());
        for (Passage each : passages) {
            byte[] bytes = PassageCodec.encode(each);
            out.writeInt(bytes.length);
            out.write(bytes);
        }
    }

    private static void write(DataOutputStream out, Recalled.Attachment each) throws IOException {
        PassageCodec.writeText(out, each.path());
        out.writeInt(each.part());
        out.writeInt(each.parts());
        PassageCodec.writeText(out, each.title());
        out.writeInt(each.lineFirst());
        out.writeInt(each.lineLast());
        out.writeInt(each.tokens());
        out.writeDouble(each.score());
        out.writeInt(each.place().words());
        out.writeInt(each.place().heads());
        write(out, each.found());
    }

    static KeptPrompt decode(byte[] bytes) throws Problem {
        try {
            DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
            int version = in.readUnsignedByte();
            if (version != VERSION) {
                throw new Problem(Problem.Kind.UNSUPPORTED, "a kept prompt has version " + version + "; this Longhand knows "
                        + VERSION + "; ask again");
            }
            int[] prompt = new int[count(in, 4)];
            for (int i = 0; i < prompt.length; i++) {
                prompt[i] = in.readInt();
            }
            List<Passage> context = passages(in);
            List<Passage> leftOut = passages(in);
            List<Recalled.Attachment> attached = new ArrayList<>();
            List<Sha256> parts = new ArrayList<>();
            for (int left = count(in, 1); left > 0; left--) {
                attached.add(attachment(in));
                parts.add(new Sha256(PassageCodec.readText(in)));
            }
            Recalled.Routing routing = new Recalled.Routing(in.readInt(), in.readInt(), PassageCodec.readText(in));
            return new KeptPrompt(new Ask.Prepared(prompt, context, leftOut, attached, routing, Usage.NONE, List.of()), parts);
        } catch (IOException | IllegalArgumentException | PassageIndex.Damaged e) {
            throw new Problem(Problem.Kind.MALFORMED, "a kept prompt is damaged: " + e.getMessage() + "; ask again", e);
        }
    }

    private static Recalled.Attachment attachment(DataInputStream in) throws IOException, PassageIndex.Damaged {
        return new Recalled.Attachment(PassageCodec.readText(in), in.readInt(), in.readInt(), PassageCodec.readText(in),
                in.readInt(), in.readInt(), in.readInt(), in.readDouble(), new Fusion.Place(in.readInt(), in.readInt()), passages(in), false);
    }

    private static List<Passage> passages(DataInputStream in) throws IOException, PassageIndex.Damaged {
        List<Passage> passages = new ArrayList<>();
        for (int left = count(in, 1); left > 0; left--) {
            byte[] bytes = in.readNBytes(count(in, 1));
            passages.add(PassageCodec.decode(bytes, 0, bytes.length));
        }
        return passages;
    }

    /** A count that what is left can hold. */
    private static int count(DataInputStream in, int bytesEach) throws IOException {
        int count = in.readInt();
        if (count < 0 || count > COUNT_MAX || count > in.available() / bytesEach) {
            throw new IOException("it counts " + count + " where " + in.available() + " bytes are left");
        }
        return count;
    }
}
