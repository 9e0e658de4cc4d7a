package dev.longhand.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code longhand} without a verb. */
@Command(name = "longhand",
        description = "Reads a folder of documents once and answers from it, with sources that can be checked.",
        synopsisHeading = "Usage: ", customSynopsis = "longhand COMMAND [OPTIONS] [ARGUMENTS]")
final class RootCommand extends CliCommand {
    @Spec
    private CommandSpec spec;

    @Option(names = {"-V", "--version"}, description = "Print the version.")
    private boolean wantsVersion;

    RootCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() {
        if (wantsVersion) {
            return new VersionCommand(world).call();
        }
        CommandLine line = spec.commandLine();
        line.usage(line.getErr());
        return ExitCodes.USAGE;
    }
}
