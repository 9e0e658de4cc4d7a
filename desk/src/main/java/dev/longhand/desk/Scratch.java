package dev.longhand.desk;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.ingest.Document;
import dev.longhand.ingest.FileStat;
import dev.longhand.ingest.Listener;
import dev.longhand.ingest.Skip;
import dev.longhand.ingest.SourceFile;
import dev.longhand.lm.Message;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Texts that were written into a desk itself, by programs or from conversations: files of the desk's folder {@code scratch}, named
 * by
 * paths that no file of the desk's root can have. Read, found and cited like all others. Stateless.
 */
final class Scratch {
    static final String PREFIX = "scratch://";
    static final String FOLDER = "scratch";
    private static final String NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}";

    private Scratch() {}

    static String name(String path) {
        return path.substring(PREFIX.length());
    }

    static String write(Disk disk, Path folder, String name, String text) throws Problem {
        String file = name.indexOf('.') < 0 ? name + ".md" : name;
        check(file);
        if (text.isBlank()) {
            throw new Problem(Problem.Kind.USAGE, "the text of %s is empty; nothing was written".formatted(file));
        }
        disk.publish(folder.resolve(file), out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
        return PREFIX + file;
    }

    static void erase(Path folder, String path) throws Problem {
        if (!path.startsWith(PREFIX)) {
            throw new Problem(Problem.Kind.USAGE, "%s was not written into the desk; remove its file".formatted(path));
        }
        check(name(path));
        try {
            Files.deleteIfExists(folder.resolve(name(path)));
        } catch (IOException e) {
            throw Disk.problem("removing", folder.resolve(name(path)), e);
        }
    }

    private static void check(String name) throws Problem {
        if (!name.matches(NAME)) {
            throw new Problem(Problem.Kind.USAGE,
                    ("\"%s\" is no name of a text: it begins with a letter or digit and has at most 64 "
                    + "letters, digits, dots, hyphens and underscores").formatted(name));
        }
    }

    /** Files that hold texts, in order; temporary ones are none. */
    static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(f -> f.getFileName().toString().matches(NAME)).sorted().toList();
        }
    }

    /** A heading for each turn. */
    static String text(List<Message> conversation) {
        StringBuilder text = new StringBuilder();
        for (Message each : conversation) {
            text.append("# ").append(each.role().templateName()).append("\n\n").append(each.text().strip()).append("\n\n");
        }
        return text.toString();
    }

    /** Tells of files under the names that the desk has for them. */
    static final class Renaming implements Listener {
        private final Listener listener;

        Renaming(Listener listener) {
            this.listener = listener;
        }

        @Override
        public boolean isUnchanged(FileStat stat) throws Problem {
            return !stat.path().matches(NAME) || listener.isUnchanged(new FileStat(PREFIX + stat.path(), stat.bytes(),
                    stat.modifiedNanos(), stat.fileKey()));
        }

        @Override
        public boolean isKnown(SourceFile file) throws Problem {
            return listener.isKnown(renamed(file));
        }

        private static SourceFile renamed(SourceFile file) {
            return new SourceFile(PREFIX + file.path(), file.bytes(), file.modifiedMs(), file.contentHash());
        }

        @Override
        public void document(Document document) throws Problem {
            listener.document(new Document(renamed(document.file()), document.kind(), document.language(), document.source(),
                    document.reading(), document.map(), document.flags()));
        }

        @Override
        public void skip(Skip skip) throws Problem {
            listener.skip(new Skip(PREFIX + skip.path(), skip.reason(), skip.detail()));
        }
    }
}
