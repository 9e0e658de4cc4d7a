package dev.longhand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.testkit.RealModels;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Goal: loads of a server are measured, and what is more than it takes is refused and counted. Method: SmolLM2, a few requests. */
@Tag("full")
class BenchServeTest {
    @TempDir
    private Path temp;

    @Test
    void measuresLoadsAndOverload() throws Exception {
        TestWorld world = new TestWorld(temp.resolve("home"));
        Path out = temp.resolve("figures.json");
        int code = world.run("bench", "serve", "-m", RealModels.smolLm2().toString(), "--streams", "2", "--requests", "2",
                "--answer", "2", "--overload", "20", "--seconds", "3", "--wait", "1", "--out", out.toString());
        assertThat(code).as(world.err()).isZero();
        JsonNode rows = new JsonMapper().readTree(Files.readString(out)).get("rows");
        JsonNode load = rows.get(0);
        assertThat(load.get("row").asString()).endsWith("/serve-2");
        assertThat(load.at("/details/answers").asInt()).isEqualTo(2);
        assertThat(load.at("/details/refused").asInt()).isZero();
        assertThat(load.get("figure").asDouble()).isPositive();
        JsonNode over = rows.get(1);
        assertThat(over.get("row").asString()).endsWith("/overload-20.0");
        assertThat(over.at("/details/answers").asInt()).isPositive();
        assertThat(over.at("/details/refused").asInt()).as("%s", over).isPositive();
    }
}
