package dev.longhand.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Option;

/** What every command has: the world, and help. A command parses, calls and prints; it holds no rule of its own. */
abstract class CliCommand implements Callable<Integer> {
    final World world;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help.")
    private boolean wantsHelp;

    CliCommand(World world) {
        this.world = world;
    }
}
