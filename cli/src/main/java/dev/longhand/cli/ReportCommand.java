package dev.longhand.cli;

import picocli.CommandLine.Option;

/** A command that reports: for people by default, as one JSON document with {@code --json}. */
abstract class ReportCommand extends CliCommand {
    @Option(names = "--json", description = "Print one JSON document on standard output, nothing else.")
    boolean isJson;

    ReportCommand(World world) {
        super(world);
    }
}
