package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.base.Version;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** How failures look: one line on standard error that starts with {@code longhand:}, and with {@code --json} a document too. */
final class Failures {
    private static final int LOGS_MAX = 20;
    private static final DateTimeFormatter STAMP =
            DateTimeFormatter.ofPattern("uuuuMMdd-HHmmss-SSS", Locale.ROOT).withZone(ZoneOffset.UTC);

    private Failures() {}

    /** A command line that cannot be understood. */
    static int usage(ParameterException e, String[] arguments, World world) {
        String command = e.getCommandLine().getCommandSpec().qualifiedName();
        String message = message(e, command);
        String hint = (message.endsWith("?") ? " See '" : "; see '") + command + " --help'";
        return tell(message + hint, "usage", ExitCodes.USAGE, List.of(arguments), world);
    }

    private static String message(ParameterException e, String command) {
        List<String> unmatched = e instanceof UnmatchedArgumentException u ? u.getUnmatched()
                : e.getCommandLine().getUnmatchedArguments();
        if (!unmatched.isEmpty()) {
            return unknown(unmatched.getFirst(), e.getCommandLine(), command);
        }
        String said = String.valueOf(e.getMessage());
        return said.isEmpty() ? said : Character.toLowerCase(said.charAt(0)) + said.substring(1);
    }

    private static String unknown(String word, CommandLine line, String command) {
        boolean isOption = word.startsWith("-") && word.length() > 1;
        boolean isVerb = !isOption && !line.getSubcommands().isEmpty();
        String shown = isOption ? word.replaceFirst("=.*", "") : word;
        Set<String> known = isOption ? line.getCommandSpec().optionsMap().keySet() : isVerb ? line.getSubcommands().keySet()
                : Set.of();
        String what = isOption ? "unknown option " + shown
                : isVerb ? "unknown command \"" + command.replaceFirst("^longhand ?", "") + (command.contains(" ") ? " " : "")
                + shown + "\""
                : "unexpected argument \"" + shown + "\" (a text with spaces needs quotes)";
        return what + Suggestion.near(shown, known).map(near -> "; did you mean " + near + "?").orElse("");
    }

    /** Anything a command threw. */
    static int report(Throwable e, List<String> arguments, World world) {
        if (world.interrupts().isPipeClosed()) {
            return ExitCodes.PIPE_CLOSED;
        }
        if (e instanceof Problem problem) {
            return tell(problem.getMessage(), name(problem.kind()), problem.kind().exitCode(), arguments, world);
        }
        if (e instanceof OutOfMemoryError) {
            return tell("out of Java heap memory (" + e.getMessage() + "); ask for less at once, or give more with LONGHAND_HEAP=2g"
                    + log(e, arguments, world), "limit", Problem.Kind.LIMIT.exitCode(), arguments, world);
        }
        return tell("internal error: " + e + log(e, arguments, world), "internal", ExitCodes.INTERNAL, arguments, world);
    }

    private static String name(Problem.Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static int tell(String message, String kind, int code, List<String> arguments, World world) {
        world.out().flush();
        world.note("longhand: " + Style.safe(message.strip()).replace("\n", " "));
        if (arguments.contains("--json")) {
            Json.print(world.out(), Json.object("error", Json.object("kind", kind, "message", message, "exitCode", code)));
        }
        return code;
    }

    /** Writes the stack trace to a file; returns the end of the message that names it. */
    private static String log(Throwable e, List<String> arguments, World world) {
        Path folder = world.home().logs();
        Path file = folder.resolve("error-" + STAMP.format(world.clock().now()) + "-" + ProcessHandle.current().pid() + ".log");
        StringWriter text = new StringWriter();
        try (PrintWriter writer = new PrintWriter(text)) {
            writer.println("longhand " + Version.number() + ", Java " + System.getProperty("java.runtime.version") + ", "
                    + System.getProperty("os.name") + " " + System.getProperty("os.version") + " " + System.getProperty("os.arch"));
            writer.println("arguments: " + arguments);
            e.printStackTrace(writer);
        }
        try {
            Files.createDirectories(folder);
            sweep(folder);
            Files.writeString(file, text.toString());
            return "; details are in " + file;
        } catch (IOException cannot) {
            world.err().print(text);
            return "; no log could be written (" + cannot + "), so the details stand above";
        }
    }

    /** Keeps the newest logs; names sort by time. */
    private static void sweep(Path folder) throws IOException {
        try (Stream<Path> logs = Files.list(folder)) {
            List<Path> old = logs.filter(f -> f.getFileName().toString().startsWith("error-")).sorted().toList();
            for (int i = 0; i <= old.size() - LOGS_MAX; i++) {
                Files.deleteIfExists(old.get(i));
            }
        }
    }
}
