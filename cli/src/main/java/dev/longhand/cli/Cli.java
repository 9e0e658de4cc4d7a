package dev.longhand.cli;

import dev.longhand.base.Problem;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;

/**
 * From arguments to an exit code.
 *
 * <p>Knows the verbs and how each kind of failure looks: a {@link Problem} is one line and its exit code, anything unexpected
 * is one line, a log file and {@value ExitCodes#INTERNAL}. Only the verb that is asked for is built, because building all of them
 * costs
 * start-up time. Stateless.
 */
final class Cli {
    private static final int HELP_COLUMNS = 100;

    private static final Map<String, Function<World, Object>> VERBS = verbs();

    private Cli() {}

    private static Map<String, Function<World, Object>> verbs() {
        Map<String, Function<World, Object>> verbs = new LinkedHashMap<>();
        verbs.put("ask", AskCommand::new);
        verbs.put("desk", DeskCommand::line);
        verbs.put("run", RunCommand::new);
        verbs.put("serve", ServeCommand::new);
        verbs.put("ps", PsCommand::new);
        verbs.put("top", TopCommand::new);
        verbs.put("embed", EmbedCommand::new);
        verbs.put("jobs", JobsCommand::line);
        verbs.put("pull", PullCommand::new);
        verbs.put("ls", ListCommand::new);
        verbs.put("show", ShowCommand::new);
        verbs.put("rm", RemoveCommand::new);
        verbs.put("backup", BackupCommand::new);
        verbs.put("verify", VerifyCommand::new);
        verbs.put("restore", RestoreCommand::new);
        verbs.put("ledger", LedgerCommand::line);
        verbs.put("keys", KeysCommand::line);
        verbs.put("doctor", DoctorCommand::new);
        verbs.put("bench", BenchCommand::line);
        verbs.put("version", VersionCommand::new);
        return verbs;
    }

    static List<String> verbNames() {
        return List.copyOf(VERBS.keySet());
    }

    /** Runs one command and returns the exit code; never throws. */
    static int run(String[] arguments, World world) {
        int code;
        try {
            code = commandLine(arguments, world).execute(withoutHelpVerb(arguments));
        } catch (Throwable e) {
            code = Failures.report(e, List.of(arguments), world);
        }
        world.out().flush();
        if ("1".equals(world.environment().get("LONGHAND_TRACE"))) {
            Trace.mark("end");
            Trace.print(world.err());
        }
        return world.interrupts().isPipeClosed() ? ExitCodes.PIPE_CLOSED : code;
    }

    /** {@code longhand help ask} is {@code longhand ask --help}. */
    private static String[] withoutHelpVerb(String[] arguments) {
        if (arguments.length == 0 || !arguments[0].equals("help")) {
            return arguments;
        }
        String[] rest = new String[arguments.length];
        System.arraycopy(arguments, 1, rest, 0, arguments.length - 1);
        rest[arguments.length - 1] = "--help";
        return rest;
    }

    /** The parser with the asked verb, or with all of them where help or a suggestion needs them. */
    static CommandLine commandLine(String[] arguments, World world) {
        CommandLine root = new CommandLine(new RootCommand(world));
        String first = arguments.length > 0 ? arguments[0] : "";
        VERBS.forEach((name, verb) -> {
            if (name.equals(first) || !VERBS.containsKey(first)) {
                root.addSubcommand(name, verb.apply(world));
            }
        });
        root.setOut(new PrintWriter(world.out(), true)).setErr(new PrintWriter(world.err(), true));
        root.setUsageHelpWidth(HELP_COLUMNS).setUsageHelpLongOptionsMaxWidth(30);
        root.setColorScheme(CommandLine.Help.defaultColorScheme(world.style().hasColour() ? Ansi.ON : Ansi.OFF));
        root.setCaseInsensitiveEnumValuesAllowed(true);
        root.setParameterExceptionHandler((e, args) -> Failures.usage(e, args, world));
        root.setExecutionExceptionHandler((e, line, parsed) -> Failures.report(e, List.of(arguments), world));
        dress(root);
        root.getCommandSpec().usageMessage().footer(rootFooter());
        Trace.mark("command line built");
        return root;
    }

    /** Gives every command the same frame of help. */
    private static void dress(CommandLine line) {
        CommandSpec spec = line.getCommandSpec();
        spec.usageMessage().sortOptions(false).abbreviateSynopsis(true).footerHeading("%nExamples:%n")
                .descriptionHeading("%n").optionListHeading("%nOptions:%n").parameterListHeading("%nArguments:%n")
                .commandListHeading("%nCommands:%n");
        line.getSubcommands().values().forEach(Cli::dress);
    }

    private static String[] rootFooter() {
        StringBuilder footer = new StringBuilder("""
                  longhand ask ./docs "Which kernel tier is chosen, and why?"
                  longhand run smollm2
                  longhand doctor

                Exit codes:
                """);
        for (ExitCodes.Row row : ExitCodes.table()) {
            footer.append(String.format("  %3d  %s%n", row.code(), row.meaning()));
        }
        footer.append("""

                Environment: LONGHAND_HOME (data directory), LONGHAND_MODEL, LONGHAND_THREADS,
                LONGHAND_BUDGET, LONGHAND_STORE, LONGHAND_ACCOUNT, LONGHAND_TIER,
                LONGHAND_HEAP, LONGHAND_TRACE=1 (a timeline), HF_ENDPOINT, HF_TOKEN, HF_HUB_OFFLINE,
                NO_COLOR. A flag beats the environment, which beats config.toml in the data directory (keys
                account, budget, kv, model, store, threads, tier).

                'longhand COMMAND --help' shows what a command takes, with examples.
                """);
        return footer.toString().stripTrailing().split("\n");
    }
}
