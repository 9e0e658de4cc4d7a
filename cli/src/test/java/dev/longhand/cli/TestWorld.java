package dev.longhand.cli;

import dev.longhand.base.Clock;
import dev.longhand.base.Home;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A world of byte arrays and a data directory of its own: one command, and what it said. */
final class TestWorld {
    final Map<String, String> environment = new HashMap<>();
    final Interrupts interrupts = new Interrupts();
    private final Path home;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private World.Terminals terminals = World.Terminals.NONE;
    private String input = "";

    TestWorld(Path home) {
        this.home = home;
        environment.put("PATH", System.getenv("PATH"));
    }

    TestWorld with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    TestWorld withInput(String text) {
        input = text;
        return this;
    }

    TestWorld withTerminals(World.Terminals terminals) {
        this.terminals = terminals;
        return this;
    }

    World world() {
        return new World(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)),
                new PrintStream(out, false, StandardCharsets.UTF_8), new PrintStream(err, false, StandardCharsets.UTF_8), terminals,
                environment, new Home(home.toAbsolutePath()), Clock.SYSTEM, interrupts);
    }

    int run(String... arguments) {
        out.reset();
        err.reset();
        World world = world();
        int code = Cli.run(arguments, world);
        world.out().flush();
        world.err().flush();
        return code;
    }

    String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    /** Standard output as the one JSON document it must be. */
    JsonNode json() {
        return JsonMapper.builder().enable(tools.jackson.databind.DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build().readTree(out());
    }
}
