package dev.longhand.jobs;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.lm.Constraint;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Prompting;
import dev.longhand.lm.Sampling;
import dev.longhand.lm.Tool;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * The input of a {@link GenerateJob}: all that its answer depends on. Its bytes are in docs/formats/jobs.md.
 *
 * @param model       as the model's name is written
 * @param fingerprint of the model whose tokens {@code prompt} has
 * @param account     that pays where the job has no budget of its own
 * @param person      who asked
 * @param desk        that is asked; empty for none
 * @param prompt      token ids
 * @param spec        how to answer: without deadline, log-probabilities and resumed tokens, which a job has no use for
 */
public record Generation(
        String model, String fingerprint, String account, String person, String desk, int[] prompt, GenerationSpec spec) {
    /** Version 1 had no logit biases and no calls of tools. */
    private static final int VERSION = 2;
    private static final int TEXT_BYTES_MAX = 1 << 20;

    /** How a constraint is written. */
    private enum Form { NONE, JSON_SCHEMA, GBNF, ANY_JSON, ONE_CALL }

    public Generation {
        Check.argument(spec.deadline().isEmpty() && spec.logprobs().isEmpty() && spec.resumed().isEmpty(),
                "a job's answer has no deadline, log-probabilities or resumed tokens of its own");
        Check.argument(prompt.length > 0, "the prompt has no token");
    }

    public byte[] bytes() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            DataOutputStream out = new DataOutputStream(bytes);
            out.writeByte(VERSION);
            for (String each : List.of(model, fingerprint, account, person, desk)) {
                writeText(out, each);
            }
            writeTokens(out, prompt);
            out.writeInt(spec.tokensMax());
            out.writeInt(spec.reasoningTokensMax());
            write(out, spec.sampling());
            out.writeInt(spec.stops().size());
            for (String each : spec.stops()) {
                writeText(out, each);
            }
            write(out, spec.constraint());
            out.writeInt(spec.logitBias().size());
            for (Map.Entry<Integer, Float> each : new TreeMap<>(spec.logitBias()).entrySet()) {
                out.writeInt(each.getKey());
                out.writeFloat(each.getValue());
            }
        } catch (IOException e) {
            throw new UncheckedIOException("an array does not fail", e);
        }
        return bytes.toByteArray();
    }

    public static Generation of(byte[] bytes) throws Problem {
        try {
            DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
            int version = in.readUnsignedByte();
            if (version < 1 || version > VERSION) {
                throw new JobFailed(Problem.Kind.UNSUPPORTED, "the job's input has version " + version + "; this Longhand knows "
                        + VERSION + "; run the one that submitted it");
            }
            String[] names = new String[5];
            for (int i = 0; i < names.length; i++) {
                names[i] = readText(in);
            }
            int[] prompt = readTokens(in);
            int tokensMax = in.readInt();
            int reasoningMax = in.readInt();
            Sampling sampling = readSampling(in);
            List<String> stops = new ArrayList<>();
            for (int count = bounded(in.readInt(), GenerationSpec.STOPS_MAX); count > 0; count--) {
                stops.add(readText(in));
            }
            GenerationSpec spec = new GenerationSpec(tokensMax, sampling, stops, Optional.empty(), OptionalInt.empty(),
                    readConstraint(in), reasoningMax, List.of(), version == 1 ? Map.of() : readBiases(in));
            return new Generation(names[0], names[1], names[2], names[3], names[4], prompt, spec);
        } catch (IOException | IllegalArgumentException e) {
            throw new JobFailed(Problem.Kind.MALFORMED, "the job's input is damaged: " + e.getMessage() + "; submit it anew");
        }
    }

    private static void write(DataOutputStream out, Sampling sampling) throws IOException {
        out.writeFloat(sampling.temperature());
        out.writeInt(sampling.topK());
        out.writeFloat(sampling.topP());
        out.writeFloat(sampling.minP());
        out.writeFloat(sampling.repeatPenalty());
        out.writeInt(sampling.repeatWindow());
        out.writeLong(sampling.seed());
    }

    private static Sampling readSampling(DataInputStream in) throws IOException {
        return new Sampling(in.readFloat(), in.readInt(), in.readFloat(), in.readFloat(), in.readFloat(), in.readInt(),
                in.readLong());
    }

    private static void write(DataOutputStream out, Optional<Constraint> constraint) throws IOException {
        switch (constraint.orElse(null)) {
            case null -> write(out, Form.NONE, "");
            case Constraint.JsonSchema json -> write(out, Form.JSON_SCHEMA, json.schema());
            case Constraint.Gbnf gbnf -> write(out, Form.GBNF, gbnf.grammar());
            case Constraint.OneCall call -> {
                write(out, Form.ONE_CALL, "");
                out.writeInt(call.tools().size());
                for (Tool each : call.tools()) {
                    writeText(out, each.name());
                    writeText(out, each.description());
                    writeText(out, each.parametersJson());
                }
            }
            case Constraint.AnyJson any -> write(out, Form.ANY_JSON, "");
        }
    }

    private static void write(DataOutputStream out, Form form, String text) throws IOException {
        out.writeByte(form.ordinal());
        writeText(out, text);
    }

    private static Optional<Constraint> readConstraint(DataInputStream in) throws IOException {
        Form form = Form.values()[bounded(in.readUnsignedByte(), Form.values().length - 1)];
        String text = readText(in);
        return switch (form) {
            case NONE -> Optional.empty();
            case JSON_SCHEMA -> Optional.of(new Constraint.JsonSchema(text));
            case GBNF -> Optional.of(new Constraint.Gbnf(text));
            case ANY_JSON -> Optional.of(new Constraint.AnyJson());
            case ONE_CALL -> {
                List<Tool> tools = new ArrayList<>();
                for (int count = bounded(in.readInt(), Prompting.TOOLS_MAX); count > 0; count--) {
                    tools.add(new Tool(readText(in), readText(in), readText(in)));
                }
                yield Optional.of(new Constraint.OneCall(tools));
            }
        };
    }

    private static Map<Integer, Float> readBiases(DataInputStream in) throws IOException {
        Map<Integer, Float> biases = new HashMap<>();
        for (int count = bounded(in.readInt(), GenerationSpec.BIASES_MAX); count > 0; count--) {
            biases.put(in.readInt(), in.readFloat());
        }
        return biases;
    }

    static void writeText(DataOutputStream out, String text) throws IOException {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(utf8.length);
        out.write(utf8);
    }

    static String readText(DataInputStream in) throws IOException {
        byte[] utf8 = new byte[bounded(in.readInt(), Math.min(TEXT_BYTES_MAX, in.available()))];
        in.readFully(utf8);
        return new String(utf8, StandardCharsets.UTF_8);
    }

    static void writeTokens(DataOutputStream out, int[] tokens) throws IOException {
        out.writeInt(tokens.length);
        for (int each : tokens) {
            out.writeInt(each);
        }
    }

    static int[] readTokens(DataInputStream in) throws IOException {
        int[] tokens = new int[bounded(in.readInt(), in.available() / Integer.BYTES)];
        for (int i = 0; i < tokens.length; i++) {
            tokens[i] = in.readInt();
        }
        return tokens;
    }

    private static int bounded(int count, int max) throws IOException {
        if (count < 0 || count > max) {
            throw new IOException("a count is " + count + "; it must lie in [0, " + max + "]");
        }
        return count;
    }
}
