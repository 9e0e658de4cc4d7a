package dev.longhand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Problem;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** Goal: the frame around every command: help, JSON, exit codes, colours, pipes. Method: commands in this process, no model. */
class CliTest {
    @TempDir
    private Path home;
    private TestWorld world;

    @BeforeEach
    void freshWorld() {
        world = new TestWorld(home);
    }

    static Stream<String> commands() {
        return Stream.concat(Cli.verbNames().stream(), Stream.of("desk add", "desk ls", "desk show",
                "desk map", "desk verify", "desk compact", "desk export", "desk import", "desk rm", "bench peers", "bench parity",
                "bench batch", "bench stall", "bench prefix", "bench memory", "bench experts", "bench speculate", "bench all",
                "bench models", "bench books", "bench years", "ledger archive", "ledger accounts", "ledger show", "ledger report",
                "ledger export", "ledger check", "ledger budget",
                "ledger price", "ledger price ls", "ledger price machine", "ledger price tokens", "ledger correct",
                "keys add", "keys ls", "keys revoke"));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void helpShowsExamplesOnStandardOutput(String command) {
        String[] arguments = (command + " --help").split(" ");
        assertThat(world.run(arguments)).isZero();
        assertThat(world.out()).contains("Usage: longhand " + command).contains("Examples:\n  longhand " + command);
        assertThat(world.err()).isEmpty();
        assertThat(world.out().lines()).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(100));
    }

    @Test
    void helpVerbIsTheHelpFlag() {
        assertThat(world.run("help", "ask")).isZero();
        assertThat(world.out()).contains("Usage: longhand ask");
        assertThat(world.run("--help")).isZero();
        assertThat(world.out()).contains("Exit codes:");
    }

    @Test
    void withoutVerbTheHelpGoesToStandardErrorAsAMistake() {
        assertThat(world.run()).isEqualTo(2);
        assertThat(world.out()).isEmpty();
        assertThat(world.err()).contains("Usage: longhand COMMAND");
    }

    @ParameterizedTest
    @ValueSource(strings = {"version --json", "ls --json", "desk ls --json", "doctor --no-model --json",
        "ledger accounts --json", "ledger report --json", "ledger check --json", "ledger price ls --json",
        "ledger budget person:a --json", "verify --json", "backup --json", "jobs ls --json", "keys ls --json"})
    void reportsAreOneJsonDocument(String command) {
        assertThat(world.run(command.split(" "))).isLessThanOrEqualTo(1);
        assertThat(world.json().isObject()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "show nothing --json | not-found | 3",
        "rm nothing --json | not-found | 3",
        "desk show nothing --json | not-found | 3",
        "desk rm nothing --json | not-found | 3",
        "desk verify nothing --json | not-found | 3",
        "desk compact nothing --json | not-found | 3",
        "desk map nothing --json | not-found | 3",
        "desk export nothing /tmp --json | not-found | 3",
        "desk import nothing /tmp --json | not-found | 3",
        "desk add /no/such/folder --json | not-found | 3",
        "pull nothing --json | not-found | 3",
        "pull http://example.org/x --json | usage | 2",
        "ask /no/such/folder why --json | not-found | 3",
        "ask . why --jason --json | usage | 2",
        "show /no/such/model.gguf --json | not-found | 3",
        "verify /no/such/folder --json | not-found | 3",
        "restore /no/such/folder --json | not-found | 3",
        "pull smollm2 --offline --json | unavailable | 4"})
    void problemsAreAJsonDocumentToo(String command, String kind, int code) {
        world.with("LONGHAND_MODEL_PATH", "").with("PATH", "");
        assertThat(world.run(command.split(" "))).isEqualTo(code);
        assertThat(world.json().path("error").path("kind").asString()).isEqualTo(kind);
        assertThat(world.json().path("error").path("exitCode").asInt()).isEqualTo(code);
        assertThat(world.err().lines().filter(l -> l.startsWith("longhand: "))).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "aks | unknown command \"aks\"; did you mean ask?",
        "ask --badopt | unknown option --badopt; see",
        "ask --jsn a b | unknown option --jsn; did you mean --json?",
        "desk lst | unknown command \"desk lst\"; did you mean ls?",
        "ask a b c | unexpected argument \"c\"",
        "ask a | missing required parameter",
        "run --temp hot | is not a float",
        "ask . why -n 0 | --n-predict is 0",
        "ask . why --temp -1 | temperature is -1.0",
        "ask . why --tier fast | must be one of [scalar, vector, native]",
        "ask . why -t 0 | --threads is \"0\"; it must be a whole number from 1 to 256",
        "ask . why --positions up | it must be one of [true, parallel, grouped, const]",
        "bench lookup --parts attach --stitching glue | it must be one of [none, seams]",
        "bench lookup --documents 1 | --documents is 1; it must lie in [2, 64]",
        "bench lookup --lengths 99 | --lengths is 99; it must lie in [1024, 65536]",
        "restore | missing required parameter",
        "desk add . --quota lots | --quota is \"lots\"",
        "desk add . --kv f16 | documents are kept with --kv q8_0 only",
        "ask . why --parts 99 | --parts is 99; it must lie in [0, 8]",
        "jobs | jobs needs one of ls, show, watch",
        "desk | desk needs one of add, ls, show, map",
        "ledger | ledger needs one of accounts, show",
        "ledger acounts | unknown command \"ledger acounts\"; did you mean accounts?",
        "ledger price | ledger price needs one of ls, machine, tokens",
        "keys | keys needs one of add, ls, revoke",
        "ledger report --by size | invalid value for option '--by'"})
    void mistakesAreOneLineWithAHint(String command, String expected) {
        assertThat(world.run(command.split(" "))).isEqualTo(2);
        assertThat(world.err()).startsWith("longhand: ").contains(expected).hasLineCount(1);
        assertThat(world.out()).isEmpty();
    }

    @Test
    void everyExitCodeIsInHelpAndDocuments() throws IOException {
        world.run("--help");
        String document = Files.readString(TidyTest.ROOT.resolve("docs/CLI.md"));
        for (ExitCodes.Row row : ExitCodes.table()) {
            assertThat(world.out()).contains(String.format("%3d  %s", row.code(), row.meaning()));
            assertThat(document).contains("| " + row.code() + " | " + row.name() + " | " + row.meaning() + " |");
        }
        List<Integer> codes = ExitCodes.table().stream().map(ExitCodes.Row::code).toList();
        assertThat(codes).doesNotHaveDuplicates().containsAll(
                Stream.of(Problem.Kind.values()).map(Problem.Kind::exitCode).toList());
    }

    @Test
    void everyCommandAndFlagIsInTheDocument() throws IOException {
        String document = Files.readString(TidyTest.ROOT.resolve("docs/CLI.md"));
        TreeSet<String> missing = commands().map(c -> "longhand " + c).filter(c -> !document.contains(c))
                .collect(Collectors.toCollection(TreeSet::new));
        for (String verb : Cli.verbNames()) {
            missingOptions(verb, Cli.commandLine(new String[] {verb}, world.world()).getSubcommands().get(verb), document, missing);
        }
        assertThat(missing).isEmpty();
    }

    /** Its own and those of its verbs; of two that turn something on and off, the first. */
    private static void missingOptions(String name, CommandLine line, String document, TreeSet<String> missing) {
        line.getCommandSpec().optionsMap().keySet().stream().filter(o -> o.startsWith("--") && !document.contains(o))
                .forEach(o -> missing.add(name + " " + o));
        line.getSubcommands().forEach((verb, sub) -> missingOptions(name + " " + verb, sub, document, missing));
    }

    @Test
    void plainWhereNobodyWantsColour() {
        world.run("ls");
        assertThat(world.out()).doesNotContain("\033");
        world.withTerminals(new World.Terminals(true, true, true)).run("ls");
        assertThat(world.out()).contains("\033[1m");
        world.with("NO_COLOR", "1").run("ls");
        assertThat(world.out()).doesNotContain("\033");
        world.with("NO_COLOR", "").with("TERM", "dumb").run("ls");
        assertThat(world.out()).doesNotContain("\033");
    }

    @Test
    void documentsCannotSteerTheTerminal() {
        assertThat(Style.safe("a\033[2Jb\rc\u202ed\u0007\ttab\nline")).isEqualTo("a\u241b[2Jb\u240dc\ufffdd\u2407\ttab\nline");
        assertThat(Style.safe("plain 文字")).isSameAs("plain 文字");
    }

    /** Goal: our own faults are short for the person and whole in a file. Method: report one; look at the file. */
    @Test
    void internalErrorsLeaveALogFile() throws IOException {
        int code = Failures.report(new IllegalStateException("broken invariant: x"), List.of("ask", "here"), world.world());
        assertThat(code).isEqualTo(70);
        try (Stream<Path> logs = Files.list(home.resolve("logs"))) {
            Path log = logs.findFirst().orElseThrow();
            assertThat(Files.readString(log)).contains("broken invariant: x").contains("CliTest").contains("[ask, here]");
        }
    }

    @Test
    void keepsAFewLogFilesOnly() throws IOException {
        Files.createDirectories(home.resolve("logs"));
        for (int i = 10; i < 60; i++) {
            Files.createFile(home.resolve("logs/error-20200101-0000" + i + ".log"));
        }
        Failures.report(new IllegalStateException("x"), List.of(), world.world());
        try (Stream<Path> logs = Files.list(home.resolve("logs"))) {
            assertThat(logs.count()).isLessThanOrEqualTo(20);
        }
    }

    /** Goal: `longhand ... | head -1` ends quietly. Method: an output that fails like a closed pipe. */
    @Test
    void endsQuietlyWhenTheReaderIsGone() {
        OutputStream closed = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        World plain = world.world();
        PrintStream out = new PrintStream(new World.Pipe(closed, world.interrupts), false, StandardCharsets.UTF_8);
        World broken = new World(plain.in(), out, plain.err(), plain.terminals(), plain.environment(), plain.home(), plain.clock(),
                plain.interrupts());
        assertThat(Cli.run(new String[] {"ls"}, broken)).isEqualTo(141);
        plain.err().flush();
        assertThat(world.err()).isEmpty();
        assertThat(world.interrupts.isCancelled()).isTrue();
    }

    @Test
    void traceShowsATimelineOnStandardError() {
        world.with("LONGHAND_TRACE", "1").run("ls", "--json");
        assertThat(world.err()).contains("trace").contains("command line built").contains("end");
        assertThat(world.json().isObject()).isTrue();
    }
}
