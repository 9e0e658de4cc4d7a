package dev.longhand.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Problem;
import dev.longhand.kernels.Tier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Goal: a flag beats the environment, which beats the file, and a bad line is named. Method: all three, one by one. */
class ConfigTest {
    @TempDir
    private Path home;
    private TestWorld world;

    @BeforeEach
    void freshWorld() {
        world = new TestWorld(home);
    }

    private Config file(String text) throws Problem, IOException {
        Files.writeString(home.resolve("config.toml"), text);
        return Config.read(world.world());
    }

    @Test
    void flagBeatsEnvironmentBeatsFile() throws Exception {
        assertThat(Config.read(world.world()).text("model", null)).isEmpty();
        String text = "# mine\nmodel = \"from-file\"  # here\nthreads = 3\nbudget = 900\ntier = 'vector'\n\n";
        assertThat(file(text).text("model", null)).contains("from-file");
        assertThat(file(text).number("threads", null, 1, 8)).contains(3);
        assertThat(file(text).choice("tier", null, Tier.class)).contains(Tier.VECTOR);
        world.with("LONGHAND_MODEL", "from-environment").with("LONGHAND_THREADS", "4").with("LONGHAND_TIER", "scalar");
        assertThat(file(text).text("model", null)).contains("from-environment");
        assertThat(file(text).number("threads", null, 1, 8)).contains(4);
        assertThat(file(text).text("model", "from-flag")).contains("from-flag");
        assertThat(file(text).number("threads", 5, 1, 8)).contains(5);
        assertThat(file(text).choice("tier", "native", Tier.class)).contains(Tier.NATIVE);
        assertThat(file(text).number("budget", null, 64, 1000)).contains(900);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "model = smollm2 | line 2: key \"model\" needs a quoted text",
        "model = \"open | line 2: key \"model\" needs a quoted text",
        "threads = many | line 2: key \"threads\" needs a whole number, not many",
        "modle = 'x' | line 2: unknown key \"modle\"; known are account, budget, fetch, host, kv, max-wait, model, port, store, "
                + "threads, tier",
        "just words | line 2: \"just words\" is not of the form key = value",
        "[section] | line 2: \"[section]\" is not of the form key = value"})
    void malformedFileNamesLineAndKey(String line, String expected) {
        assertThatThrownBy(() -> file("# first\n" + line + "\n")).isInstanceOf(Problem.class).hasMessageContaining(expected)
                .hasMessageContaining("config.toml");
    }

    @Test
    void refusesAKeySetTwice() {
        assertThatThrownBy(() -> file("threads = 1\nthreads = 2\n")).hasMessageContaining("line 2: key \"threads\" is set twice");
    }

    @Test
    void valuesOutOfRangeNameTheirPlace() throws Exception {
        Config config = file("threads = 9999\n");
        assertThatThrownBy(() -> config.number("threads", null, 1, 256))
                .hasMessageContaining("config.toml line 1, key threads is \"9999\"; it must be a whole number from 1 to 256");
        Config wait = file("max-wait = 3601\n");
        assertThatThrownBy(() -> wait.number("max-wait", null, 1, 3600)).hasMessageContaining("key max-wait is \"3601\"");
        world.with("LONGHAND_MAX_WAIT", "0");
        assertThat(world.run("serve", "--port", "0")).isEqualTo(2);
        assertThat(world.err()).contains("LONGHAND_MAX_WAIT is \"0\"; it must be a whole number from 1 to 3600");
        world.with("LONGHAND_THREADS", "lots");
        Config set = Config.read(world.world());
        assertThatThrownBy(() -> set.number("threads", null, 1, 256)).hasMessageContaining("LONGHAND_THREADS is \"lots\"");
    }
}
