package dev.longhand.cli;

import dev.longhand.base.Home;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * This program as a process of its own, on another data directory, with the JVM of this process. It has the flags of this process
 * where this is the program and the system tells them; else those of the launcher, and the class path of this process. Settings of
 * the environment that would lead out of the data directory are left out.
 */
record OwnProcess(Home home) {
    private static final String MAIN = Main.class.getName();
    /** Flags that the launcher passes for this process's own streams. */
    private static final List<String> OWN_FLAGS = List.of("-Dlonghand.tty=", "-Dlonghand.drain=");
    /** As the launcher starts it. */
    private static final List<String> FLAGS = List.of("--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED",
            "-XX:+UseSerialGC", "-Xms32m", "-Xmx1g");
    private static final Set<String> LEFT_OUT = Set.of("LONGHAND_MODEL", "LONGHAND_STORE", "LONGHAND_ACCOUNT", "LONGHAND_KV",
            "LONGHAND_BUDGET", "LONGHAND_TRACE");

    /** Not started. */
    ProcessBuilder of(List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        String[] own = ProcessHandle.current().info().arguments().orElse(new String[0]);
        int main = List.of(own).indexOf(MAIN);
        if (main > 0) {
            List.of(own).subList(0, main).stream().filter(a -> OWN_FLAGS.stream().noneMatch(a::startsWith)).forEach(command::add);
        } else {
            command.addAll(FLAGS);
            command.addAll(List.of("-cp", System.getProperty("java.class.path")));
        }
        command.add(MAIN);
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().keySet().removeAll(LEFT_OUT);
        builder.environment().put("LONGHAND_HOME", home.root().toString());
        return builder;
    }

    /** The world of that process, for commands that this one runs there. */
    World world(World world) {
        Map<String, String> environment = new java.util.HashMap<>(world.environment());
        environment.keySet().removeAll(LEFT_OUT);
        environment.put("LONGHAND_HOME", home.root().toString());
        return new World(world.in(), world.out(), world.err(), world.terminals(), environment, home, world.clock(),
                world.interrupts());
    }
}
