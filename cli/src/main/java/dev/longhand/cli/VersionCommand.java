package dev.longhand.cli;

import dev.longhand.base.Version;
import picocli.CommandLine.Command;

/** {@code longhand version}. */
@Command(name = "version", description = "Print the version.",
        footer = {"  longhand version", "  longhand version --json"})
final class VersionCommand extends ReportCommand {
    VersionCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() {
        String java = System.getProperty("java.runtime.version");
        if (isJson) {
            Json.print(world.out(), Json.object("version", Version.number(), "java", java));
        } else {
            world.out().println("longhand " + Version.number() + " (Java " + java + ")");
        }
        return ExitCodes.OK;
    }
}
