package dev.longhand.server;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.desk.Desks;
import dev.longhand.desk.HandedFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Puts files into the folders of desks that were made for it. Names are checked before they become paths, and no link is followed.
 * Thread-safe.
 */
final class Uploads {
    private final Desks desks;
    private final DeskRoom room;
    private final List<Path> roots;
    private final Limits limits;

    /** @param roots folders of this machine whose files may be named */
    Uploads(Desks desks, DeskRoom room, List<Path> roots, Limits limits) {
        this.desks = desks;
        this.room = room;
        this.roots = roots;
        this.limits = limits;
    }

    /** Durable when it returns; takes the place of a document of the same name. Its path in the desk. */
    String put(String desk, String name, byte[] content) throws Problem, Refusal {
        return put(desk, name, List.of(ByteBuffer.wrap(content)));
    }

    /** @param content its bytes, one after another */
    private String put(String desk, String name, List<ByteBuffer> content) throws Problem, Refusal {
        Path target = target(desk, name);
        if (content.stream().noneMatch(ByteBuffer::hasRemaining)) {
            throw Refusal.of(400, "malformed", "the body is empty; it must be the document");
        }
        long bytes = content.stream().mapToLong(ByteBuffer::remaining).sum();
        room.take(desk, Math.max(0, bytes - target.toFile().length())); // less what it takes the place of
        try {
            Disk.REAL.createFolders(target.getParent());
            Disk.REAL.publish(target, out -> {
                for (ByteBuffer each : content) {
                    Channels.newChannel(out).write(each.duplicate());
                }
            });
        } catch (Problem e) {
            target(desk, name); // another document may have come between
            throw e;
        }
        return name;
    }

    /**
     * Puts each file of a form into a desk that can be put in, and tells of each. Of two with one name in the same form the second
     * is refused.
     *
     * @throws Refusal if none was put in: what the first was refused for
     */
    ArrayNode putAll(String desk, List<Form.File> files) throws Refusal {
        ArrayNode told = Json.array();
        Set<String> names = new HashSet<>();
        Optional<Refusal> first = Optional.empty();
        for (Form.File each : files) {
            ObjectNode of = told.addObject().put("name", each.name());
            try {
                if (!names.add(each.name())) {
                    throw Refusal.field("name", "%s is twice in the form".formatted(DeskNames.cut(each.name())));
                }
                of.put("path", put(desk, each.name(), each.content())).putNull("error");
            } catch (Problem | Refusal e) {
                Refusal refusal = e instanceof Problem problem ? Refusal.of(problem) : (Refusal) e;
                first = first.isPresent() ? first : Optional.of(refusal);
                of.putNull("path").set("error", Shape.OPENAI.error(refusal, "").get("error"));
            }
        }
        if (told.valueStream().allMatch(t -> t.get("path").isNull())) {
            throw first.orElseGet(() -> Refusal.of(400, "malformed", "the form has no file; a file's part has a filename"));
        }
        return told;
    }

    /** Puts a file of this machine into a desk, under its own name. */
    String copy(String desk, String path) throws Problem, Refusal {
        Path file = allowed(path);
        try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
            byte[] content = in.readNBytes(limits.bodyBytesMax() + 1);
            if (content.length > limits.bodyBytesMax()) {
                throw Refusal.of(413, "too_large", "the file has more than %,d bytes".formatted(limits.bodyBytesMax()));
            }
            return put(desk, file.getFileName().toString(), content);
        } catch (IOException e) {
            throw Refusal.field("path", "the file cannot be read");
        }
    }

    /** What is not allowed and what is not there get the same words: nobody learns what lies elsewhere. */
    private Path allowed(String path) throws Refusal {
        try {
            Path real = Path.of(path).toRealPath();
            for (Path each : roots) {
                if (real.startsWith(each.toRealPath()) && Files.isRegularFile(real, LinkOption.NOFOLLOW_LINKS)) {
                    return real;
                }
            }
        } catch (IOException | InvalidPathException e) {
            // As below.
        }
        throw Refusal.field("path", "path names no file below a folder that this server was allowed to read");
    }

    void remove(String desk, String name) throws Problem, Refusal {
        Path target = target(desk, name);
        try {
            if (!Files.deleteIfExists(target)) {
                throw Refusal.notFound("the desk was given no document " + DeskNames.cut(name));
            }
            room.forget(desk);
        } catch (IOException e) {
            throw Disk.problem("removing", target, e);
        }
    }

    private Path target(String desk, String name) throws Problem, Refusal {
        Path folder = desks.documents(desk);
        if (!HandedFiles.isName(name)) {
            throw wrong(name);
        }
        Path target = folder;
        for (String each : name.split("/", -1)) {
            if (Files.isSymbolicLink(target)) {
                throw wrong(name);
            }
            if (Files.isRegularFile(target)) {
                throw taken(name, target, "is a document, and no folder of others");
            }
            target = target.resolve(each);
        }
        if (Files.isDirectory(target)) {
            throw taken(name, target, "is a folder of documents");
        }
        return target;
    }

    private static Refusal taken(String name, Path part, String what) {
        return Refusal.field("name", "%s cannot be a document: %s %s".formatted(DeskNames.cut(name), part.getFileName(), what));
    }

    private static Refusal wrong(String name) {
        return Refusal.field("name", ("\"%s\" is no name of a document: up to %d parts with / between them, each beginning with a "
                + "letter or digit, of at most 100 letters, digits, blanks and . _ ( ) + , @ -").formatted(
                DeskNames.cut(name).replaceAll("\\p{Cntrl}", "?"), HandedFiles.DEPTH_MAX));
    }
}
