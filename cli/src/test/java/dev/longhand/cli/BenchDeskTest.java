package dev.longhand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.bench.Corpus;
import dev.longhand.bench.CorpusDocument;
import dev.longhand.bench.DeskBench;
import dev.longhand.bench.LookupBench;
import dev.longhand.bench.Measure;
import dev.longhand.testkit.RealModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goal: the proof of the million-token desk, small. Method: this project's decisions, Gemma 3, three kills. */
@Tag("full")
class BenchDeskTest {
    private static final int DOCUMENTS = 20;

    @TempDir
    private Path temp;

    private static Corpus decisions() throws IOException {
        List<CorpusDocument> documents = new ArrayList<>();
        try (Stream<Path> files = Files.list(TidyTest.ROOT.resolve("docs/adr"))) {
            for (Path each : files.sorted(Comparator.comparing(f -> f.toFile().length())).limit(DOCUMENTS).toList()) {
                documents.add(new CorpusDocument("adr" + documents.size() % 4, each.getFileName().toString(),
                        Files.readString(each)));
            }
        }
        return Corpus.of(documents);
    }

    @Test
    void isReadThroughKillsAndAsked() throws Exception {
        LookupBench.Subject gemma = LookupBench.Subject.of("gemma", RealModels.gemma3(), 2);
        DeskBench.Plan plan = new DeskBench.Plan(1_000_000, 3, 3, 1);
        TestWorld world = new TestWorld(temp.resolve("home"));
        List<Measure> measures = new BenchDeskCommand(world.world()).measure(gemma, plan, temp.resolve("work"), decisions());
        Map<String, Measure> rows = measures.stream().collect(Collectors.toMap(m -> m.row().substring("gemma/desk-".length()),
                Function.identity()));
        assertThat(rows.keySet()).contains("read", "killed", "lost", "read-again", "ask-hot", "ask-again", "right-document",
                "quotes", "prefill-instead", "decode");
        assertThat(rows.get("read").details()).containsEntry("documents", DOCUMENTS).containsEntry("packages", 4);
        assertThat(rows.get("read").figure()).isPositive();
        assertThat(rows.get("killed").figure()).isBetween(1.0, 3.0);
        assertThat(rows.get("lost").figure()).isZero();
        assertThat(rows.get("lost").details()).containsEntry("is sound", true);
        assertThat(rows.get("read-again").figure()).isZero();
        long tokens = (long) rows.get("read-again").details().get("tokens");
        assertThat((long) rows.get("read-again").details().get("tokens booked as read")).isBetween(tokens / 2, tokens);
        assertThat(rows.get("ask-hot").details()).containsEntry("questions", 3)
                .containsEntry("questions for which something was read first", 0L);
        assertThat(rows.get("right-document").figure()).isGreaterThan(60);
        assertThat(rows.get("quotes").figure()).isEqualTo(100);
        assertThat(rows.get("decode").details()).containsEntry("attached tokens", tokens);
        assertThat(ProcessHandle.allProcesses().filter(p -> p.info().commandLine().orElse("").contains(temp.toString())))
                .as("processes that are left").isEmpty();
    }
}
