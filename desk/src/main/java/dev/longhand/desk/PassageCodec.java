package dev.longhand.desk;

import dev.longhand.ingest.Passage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/** A passage as bytes inside the index, ended by its CRC-32C. Stateless. */
final class PassageCodec {
    private static final int CRC_BYTES = 4;

    private PassageCodec() {}

    static byte[] encode(Passage passage) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        try {
            writeText(out, passage.path());
            out.writeInt(passage.index());
            writeText(out, passage.title());
            out.writeInt(passage.lineFirst());
            out.writeInt(passage.lineLast());
            out.writeLong(passage.byteFirst());
            out.writeLong(passage.byteEnd());
            out.writeInt(passage.page());
            writeText(out, passage.text());
            out.writeInt(passage.tokens());
            out.writeInt(crc(bytes.toByteArray(), 0, bytes.size()));
        } catch (IOException e) {
            throw new IllegalStateException("memory does not fail", e);
        }
        return bytes.toByteArray();
    }

    static Passage decode(byte[] bytes, int offset, int length) throws PassageIndex.Damaged {
        int body = length - CRC_BYTES;
        try {
            DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes, offset, length));
            if (body < 0 || crc(bytes, offset, body) != ByteBuffer.wrap(bytes, offset + body, CRC_BYTES).getInt()) {
                throw new PassageIndex.Damaged("a passage's checksum does not match");
            }
            return new Passage(readText(in), in.readInt(), readText(in), in.readInt(), in.readInt(), in.readLong(), in.readLong(),
                    in.readInt(), readText(in), in.readInt());
        } catch (IOException e) {
            throw new PassageIndex.Damaged("a passage ends too early");
        }
    }

    private static int crc(byte[] bytes, int offset, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, offset, length);
        return (int) crc.getValue();
    }

    static void writeText(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    static String readText(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > in.available()) {
            throw new IOException("a text of " + length + " bytes");
        }
        return new String(in.readNBytes(length), StandardCharsets.UTF_8);
    }
}
