package dev.longhand.cli;

import dev.longhand.base.Problem;
import picocli.CommandLine.Command;

/** {@code longhand bench}. */
@Command(name = "bench", description = "Measure: side by side with peers, and parity with stored logits.",
        footer = {"  longhand bench peers", "  longhand bench peers --json", "  longhand bench parity"})
final class BenchCommand extends CliCommand {
    BenchCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() throws Problem {
        throw new Problem(Problem.Kind.USAGE, "bench needs one of peers, parity; see 'longhand bench --help'");
    }
}
