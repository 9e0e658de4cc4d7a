package dev.longhand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.testkit.RealModels;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: signals, closed pipes, terminals and neighbours, which only a real process has. Method: the program as a child, driven by
 * a shell, by signals and, for the terminal, by a pseudo-terminal from Python's standard library.
 */
@Timeout(Child.SECONDS_MAX * 2)
class ProcessTest {
    @TempDir
    private Path folder;
    private Path home;
    private Path docs;
    private String model;

    @BeforeEach
    void freshFolder() throws IOException {
        home = folder.resolve("home");
        docs = Files.createDirectory(folder.resolve("docs"));
        model = RealModels.smolLm2().toString();
        Files.writeString(docs.resolve("lamp.md"), "# The lamp\n\nThe lighthouse lamp turns every twelve seconds.\n");
    }

    @Test
    void exitCodesReachTheShell() throws Exception {
        assertThat(Child.run(Child.builder(home, Child.command("version"))).code()).isZero();
        Child.Ended unknown = Child.run(Child.builder(home, Child.command("aks")));
        assertThat(unknown.code()).isEqualTo(2);
        assertThat(unknown.err()).endsWith("longhand: unknown command \"aks\"; did you mean ask? See 'longhand --help'\n");
    }

    /** Goal: `longhand ask ... | head -1` ends quietly and soon. Method: a shell with pipefail; the answer asked for is long. */
    @Test
    void aClosedPipeEndsTheAnswer() throws Exception {
        Child.Ended ended = Child.run(Child.shell(home, "set -o pipefail; longhand ask " + docs
                + " 'How often does the lamp turn?' -m "
                + model + " -n 3000 --temp 1.5 | head -1"));
        assertThat(ended.code()).isEqualTo(141);
        assertThat(ended.out()).hasLineCount(1);
        assertThat(ended.err()).doesNotContain("Exception").doesNotContain("longhand: internal");
    }

    /**
     * Goal: Ctrl-C leaves things whole and ends with 130. Method: SIGINT while the answer is printed; then the same
     * desk is used.
     */
    @Test
    void interruptEndsAQuestionWith130AndLeavesTheDeskWhole() throws Exception {
        Process process = Child.builder(home, Child.interruptible(Child.command("ask", docs.toString(),
                "How often does the lamp turn?", "-m", model, "-n", "3000", "--temp", "1.5"))).start();
        try (BufferedReader out = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            assertThat(out.readLine()).contains("lamp.md");
            signal(process, "INT");
            assertThat(process.waitFor(Child.SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(process.exitValue()).isEqualTo(130);
        assertThat(new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8)).endsWith("longhand: stopped\n");
        Child.Ended again = Child.run(Child.builder(home, Child.command("ask", docs.toString(), "How often does the lamp turn?",
                "-m", model, "-n", "4")));
        assertThat(again.code()).isZero();
        assertThat(again.err()).contains("1 documents, unchanged");
    }

    /** Goal: two processes on one new desk both succeed, or one is told to wait. Method: both started at once. */
    @Test
    void twoProcessesOnOneDeskDoNotHarmIt() throws Exception {
        for (int i = 0; i < 300; i++) {
            Files.writeString(docs.resolve("note" + i + ".md"), "# Note " + i + "\n\nThe lamp number " + i + " turns.\n");
        }
        List<String> command = Child.command("ask", docs.toString(), "How often does the lamp turn?", "-m", model, "-n", "2");
        Process first = Child.builder(home, command).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        Child.Ended second = Child.run(Child.builder(home, command));
        String firstSaid = new String(first.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(first.waitFor(Child.SECONDS_MAX, TimeUnit.SECONDS)).isTrue();
        assertThat(List.of(first.exitValue(), second.code())).as(firstSaid + second.err()).contains(0).isSubsetOf(0, 9);
        if (second.code() == 9) {
            assertThat(second.err()).contains("is being read by process " + first.pid());
        }
        Child.Ended third = Child.run(Child.builder(home, command));
        assertThat(third.code()).isZero();
        assertThat(third.err()).contains("301 documents, unchanged");
    }

    /** Goal: an answer's resident memory stays below 1.3 x (model file + KV + 150 MB). Method: the peak that a real process reports. */
    @Test
    void anAnswerNeedsLittleMoreMemoryThanItsModel() throws Exception {
        Child.Ended ended = Child.run(Child.builder(home, Child.command("ask", docs.toString(), "How often does the lamp turn?",
                "-m", model, "-n", "8", "--json")));
        assertThat(ended.code()).as(ended.err()).isZero();
        Matcher peak = Pattern.compile("\"peakMemoryBytes\"\\s*:\\s*(\\d+)").matcher(ended.out());
        assertThat(peak.find()).isTrue();
        long kvBytes = 23_040L * 1024;
        assertThat(Long.parseLong(peak.group(1))).isBetween(Files.size(Path.of(model)),
                (long) (1.3 * (Files.size(Path.of(model)) + kvBytes + 150_000_000)));
    }

    /** Goal: at a terminal Ctrl-C stops the answer only, Ctrl-D ends. Method: a pseudo-terminal that types. */
    @Test
    void chatAtATerminalSurvivesCtrlC() throws Exception {
        Path script = folder.resolve("type.py");
        try (var in = ProcessTest.class.getResourceAsStream("type.py")) {
            Files.copy(in, script);
        }
        List<String> command = new java.util.ArrayList<>(List.of("python3", script.toString()));
        command.addAll(Child.command("run", model, "--temp", "1.5", "-n", "2000"));
        Child.Ended ended = Child.run(Child.builder(home, command));
        assertThat(ended.out()).as(ended.err()).contains("answer began").contains("answer stopped").contains("prompt is back")
                .contains("exit 0");
        assertThat(home.resolve("history")).content().contains("Tell me a very long story.");
    }

    private static void signal(Process process, String name) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).inheritIO().start().waitFor()).isZero();
    }
}
