package dev.longhand.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Goal: figures outlive the run that made them and are never mixed up. Method: files written twice, tables read back. */
class BenchFileTest {
    @TempDir
    private Path folder;

    private static Map<String, Object> row(String row, String tier, double figure) {
        Measure measure = Measure.of(row, tier, figure, "x", Optional.of(Target.atLeast(2, 3)), "load", 0.5);
        return BenchFile.json(measure, "2026-01-01T00:00:00Z");
    }

    @Test
    void replacesTheSameRowOfTheSameTierAndKeepsTheOthers() throws Problem, IOException {
        Path file = folder.resolve("figures.json");
        BenchFile.merge(file, Map.of("machine", "a"),
                List.of(row("one", "native", 1), row("one", "vector", 2), row("two", "native", 3)));
        BenchFile.merge(file, Map.of("machine", "b"), List.of(row("one", "native", 4)));
        JsonNode document = JsonMapper.builder().build().readTree(Files.readString(file));
        assertThat(document.get("machine").asString()).isEqualTo("b");
        assertThat(document.get("rows").valueStream().map(r -> r.get("row").asString() + r.get("tier").asString()
                + r.get("figure").asInt() + r.get("isMet").asBoolean()))
                .containsExactly("onenative4true", "onevector2true", "twonative3true");
    }

    @Test
    void refusesAFileThatHoldsSomethingElse() throws IOException {
        Path file = Files.writeString(folder.resolve("notes.json"), "not JSON");
        assertThatThrownBy(() -> BenchFile.merge(file, Map.of(), List.of()))
                .isInstanceOf(Problem.class).hasMessageContaining("notes.json");
        assertThat(Files.readString(file)).isEqualTo("not JSON");
    }

    @Test
    void everyLineOfTheTableHasATargetForEachMachineAndAName() {
        assertThat(PeerRow.TABLE).extracting(PeerRow::name).doesNotHaveDuplicates().hasSize(16);
        assertThat(PeerRow.TABLE).allSatisfy(r -> assertThat(r.targets()).containsOnlyKeys(PeerRow.Column.values()));
        assertThat(PeerRow.select(PeerRow.TABLE, List.of("DECODE-8k"))).hasSize(2);
        assertThat(PeerRow.byModel(PeerRow.TABLE).getFirst()).hasSize(4);
    }

    @Test
    void targetsSayTheirBound() {
        assertThat(Target.atLeast(4, 7)).hasToString(">= 4 (7)");
        assertThat(Target.atMost(1.15)).hasToString("<= 1.15");
        assertThat(Target.atMost(1.15).isMetBy(1.15)).isTrue();
        assertThat(Target.atLeast(2).isMetBy(1.99)).isFalse();
    }

    @Test
    void quantilesAreValuesThatWereMeasured() {
        double[] values = {5, 1, 4, 2, 3};
        assertThat(EngineRig.quantile(values, 0.99)).isEqualTo(5);
        assertThat(EngineRig.quantile(values, 0.5)).isEqualTo(3);
        assertThat(EngineRig.quantile(values, 1)).isEqualTo(5);
        assertThat(EngineRig.quantile(new double[0], 0.5)).isZero();
    }
}
