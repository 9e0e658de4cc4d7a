package dev.longhand.upkeep;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.desk.HandedFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The manifest as two files: the JSON, and its SHA-256 in the form that {@code sha256sum -c} takes. Read as hostile input: the
 * digest is compared before a byte is believed, and a path is one of a few forms, so that none leads out of the backup.
 */
final class ManifestFile {
    private static final String FORMAT = "longhand-backup";
    private static final Pattern PATH = Pattern.compile(String.join("|",
            "longhand\\.db",
            "config\\.toml",
            "models/models\\.toml",
            "models/[0-9a-f]{64}\\.gguf",
            "desks/[A-Za-z0-9][A-Za-z0-9._-]{0,63}/(catalogue|memory/[0-9a-f]{64}\\.segment|"
                    + "scratch/[A-Za-z0-9][A-Za-z0-9._-]{0,63}|"
                    + "pages/(list|[0-9a-f]{64}\\.(html|pdf|txt|md))|"
                    + "index/[A-Za-z0-9_][A-Za-z0-9_.]{0,100}|quota|" + HandedFiles.FOLDER + "/(?<handed>.+))"));
    private static final JsonMapper JSON = JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

    private ManifestFile() {}

    /** Whether the folder is or was a backup. */
    static boolean isIn(Path folder) {
        return Files.exists(folder.resolve(Manifest.FILE)) || Files.exists(folder.resolve(Manifest.DIGEST_FILE));
    }

    /** Refuses one that could not be read again. */
    static void write(Disk disk, Path folder, Manifest manifest, Limits limits) throws Problem {
        byte[] bytes = json(manifest).getBytes(StandardCharsets.UTF_8);
        if (bytes.length > limits.manifestBytesMax()) {
            throw new Problem(Problem.Kind.LIMIT, ("the manifest would have %,d bytes, and at most %,d are read; nothing was "
                    + "written; the desks have too many files: %,d").formatted(bytes.length, limits.manifestBytesMax(),
                    manifest.files().size()));
        }
        disk.publish(folder.resolve(Manifest.FILE), out -> out.write(bytes));
        disk.publish(folder.resolve(Manifest.DIGEST_FILE), out -> out.write(digestLine(Sha256.of(bytes))));
    }

    /** Whether a backup may have a file of that path. */
    static boolean isPath(String path) {
        Matcher matcher = PATH.matcher(path);
        return path.length() <= Limits.PATH_CHARS_MAX && matcher.matches() && !path.contains("..")
                && (matcher.group("handed") == null || HandedFiles.isName(matcher.group("handed")));
    }

    /** Whether a backup may have a desk of that name. */
    static boolean isDesk(String name) {
        return isPath(Manifest.DESKS + "/" + name + "/catalogue");
    }

    private static byte[] digestLine(Sha256 digest) {
        return (digest.hex() + "  " + Manifest.FILE + "\n").getBytes(StandardCharsets.US_ASCII);
    }

    /** Which backup it is. */
    static Sha256 digest(Path folder, Limits limits) throws Problem {
        return Sha256.of(bytes(folder, Manifest.FILE, limits));
    }

    /** Refuses one that is not exactly as it was written, or that this version cannot read. */
    static Manifest read(Path folder, Limits limits) throws Problem {
        byte[] bytes = bytes(folder, Manifest.FILE, limits);
        if (!Arrays.equals(bytes(folder, Manifest.DIGEST_FILE, limits), digestLine(Sha256.of(bytes)))) {
            throw malformed(folder, "it and " + Manifest.DIGEST_FILE + " do not fit: one of them was changed");
        }
        try {
            return manifest(JSON.readTree(bytes), limits);
        } catch (JacksonException | IllegalArgumentException | DateTimeException e) {
            throw malformed(folder, String.valueOf(e.getMessage()).lines().findFirst().orElse("it is no JSON"));
        }
    }

    private static byte[] bytes(Path folder, String name, Limits limits) throws Problem {
        Path file = folder.resolve(name);
        try {
            if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                throw malformed(folder, name + " is missing");
            }
            if (Files.size(file) > limits.manifestBytesMax()) {
                throw malformed(folder, name + " has %,d bytes; at most %,d are read".formatted(Files.size(file),
                        limits.manifestBytesMax()));
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw Disk.problem("reading", file, e);
        }
    }

    private static Problem malformed(Path folder, String why) {
        return new Problem(Problem.Kind.MALFORMED, "the manifest of " + folder + " cannot be used: " + why);
    }

    private static String json(Manifest manifest) {
        ObjectNode root = JSON.createObjectNode();
        root.put("format", FORMAT).put("version", Manifest.VERSION).put("at", manifest.at().toString());
        root.put("longhand", manifest.longhand()).put("books", manifest.books().name());
        ArrayNode desks = root.putArray("desks");
        manifest.desks().forEach(d -> desks.addObject().put("name", d.name()).put("root", d.root())
                .put("generation", d.generation()).put("documents", d.documents()).put("passages", d.passages())
                .put("isMade", d.isMade()));
        ArrayNode models = root.putArray("models");
        manifest.models().forEach(m -> models.addObject().put("name", m.name()).put("sha256", m.digest().hex())
                .put("bytes", m.bytes()).put("isIncluded", m.isIncluded()));
        ArrayNode leftOut = root.putArray("leftOut");
        manifest.leftOut().forEach(l -> leftOut.addObject().put("what", l.what()).put("why", l.why()));
        ArrayNode files = root.putArray("files");
        manifest.files().forEach(f -> files.addObject().put("path", f.path()).put("bytes", f.bytes())
                .put("sha256", f.digest().hex()));
        return JSON.writeValueAsString(root) + "\n";
    }

    private static Manifest manifest(JsonNode root, Limits limits) throws Problem {
        if (!text(root, "format").equals(FORMAT)) {
            throw new IllegalArgumentException("its format is \"" + text(root, "format") + "\", not " + FORMAT);
        }
        long version = number(root, "version");
        if (version < Manifest.VERSION_MIN || version > Manifest.VERSION) {
            throw new Problem(Problem.Kind.UNSUPPORTED, "the backup has version " + version + " of its format; this Longhand reads "
                    + Manifest.VERSION_MIN + " to " + Manifest.VERSION
                    + "; restore it with the Longhand that wrote it, " + text(root, "longhand"));
        }
        List<Manifest.Model> models = new ArrayList<>();
        for (JsonNode each : list(root, "models", limits)) {
            models.add(new Manifest.Model(text(each, "name"), new Sha256(text(each, "sha256")), number(each, "bytes"),
                    field(each, "isIncluded").asBoolean()));
        }
        List<Manifest.LeftOut> leftOut = new ArrayList<>();
        for (JsonNode each : list(root, "leftOut", limits)) {
            leftOut.add(new Manifest.LeftOut(text(each, "what"), text(each, "why")));
        }
        return new Manifest(Instant.parse(text(root, "at")), text(root, "longhand"), Manifest.Books.valueOf(text(root, "books")),
                desks(root, version, limits), models, files(root, limits), leftOut);
    }

    private static List<Manifest.Desk> desks(JsonNode root, long version, Limits limits) {
        List<Manifest.Desk> desks = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (JsonNode each : list(root, "desks", limits)) {
            String name = text(each, "name");
            if (!isDesk(name) || !names.add(name)) {
                throw new IllegalArgumentException("it lists a desk \"" + name
                        + "\", which is no desk's name, or is there twice");
            }
            desks.add(new Manifest.Desk(name, text(each, "root"), number(each, "generation"),
                    Math.toIntExact(number(each, "documents")), number(each, "passages"),
                    version > 1 && field(each, "isMade").asBoolean()));
        }
        return desks;
    }

    private static List<Manifest.Entry> files(JsonNode root, Limits limits) {
        List<Manifest.Entry> files = new ArrayList<>();
        Set<String> paths = new HashSet<>();
        for (JsonNode each : list(root, "files", limits)) {
            String path = text(each, "path");
            if (!isPath(path) || !paths.add(path)) {
                throw new IllegalArgumentException("it lists a file \"" + path + "\", which no backup has, or has once");
            }
            files.add(new Manifest.Entry(path, number(each, "bytes"), new Sha256(text(each, "sha256"))));
        }
        return files;
    }

    private static JsonNode field(JsonNode node, String name) {
        JsonNode field = node.get(name);
        if (field == null) {
            throw new IllegalArgumentException("it has no " + name);
        }
        return field;
    }

    private static String text(JsonNode node, String name) {
        JsonNode field = field(node, name);
        if (!field.isString() || field.asString().length() > Limits.TEXT_CHARS_MAX) {
            throw new IllegalArgumentException(name + " is no text, or one that is too long");
        }
        return field.asString();
    }

    private static long number(JsonNode node, String name) {
        JsonNode field = field(node, name);
        if (!field.isIntegralNumber() || !field.canConvertToLong() || field.asLong() < 0) {
            throw new IllegalArgumentException(name + " is no whole number, or a negative one");
        }
        return field.asLong();
    }

    private static Iterable<JsonNode> list(JsonNode root, String name, Limits limits) {
        JsonNode list = field(root, name);
        if (!list.isArray() || list.size() > limits.filesMax()) {
            throw new IllegalArgumentException(name + " is no list, or has more than " + limits.filesMax() + " elements");
        }
        return list;
    }
}
