package dev.longhand.cli;

import dev.longhand.base.Problem;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** {@code longhand bench}. */
@Command(name = "bench", description = "Measure: speed side by side with llama.cpp, parity with its stored "
        + "predictions, what many sequences, shared beginnings, long prompts and the books cost.",
        footer = {"  longhand bench peers", "  longhand bench peers --rows smollm2 --tier native --json",
                "  longhand bench parity -m smollm2"})
final class BenchCommand extends CliCommand {
    BenchCommand(World world) {
        super(world);
    }

    /** The parser of this verb with its own verbs. */
    static CommandLine line(World world) {
        return new CommandLine(new BenchCommand(world))
                .addSubcommand("peers", new BenchPeersCommand(world))
                .addSubcommand("parity", new BenchParityCommand(world))
                .addSubcommand("batch", new BenchEngineCommands.Batch(world))
                .addSubcommand("stall", new BenchEngineCommands.Stall(world))
                .addSubcommand("prefix", new BenchEngineCommands.Prefix(world))
                .addSubcommand("speculate", new BenchEngineCommands.Speculate(world))
                .addSubcommand("memory", new BenchEngineCommands.Memory(world))
                .addSubcommand("experts", new BenchEngineCommands.Experts(world))
                .addSubcommand("lookup", new BenchLookupCommand(world))
                .addSubcommand("desk", new BenchDeskCommand(world))
                .addSubcommand("serve", new BenchServeCommand(world))
                .addSubcommand("books", new BenchBooksCommand(world))
                .addSubcommand("years", new BenchYearsCommand(world))
                .addSubcommand("all", new BenchAllCommand(world))
                .addSubcommand("models", new BenchModelsCommand(world));
    }

    @Override
    public Integer call() throws Problem {
        throw new Problem(Problem.Kind.USAGE, "bench needs one of peers, parity, batch, stall, prefix, speculate, memory, "
                + "experts, lookup, desk, books, years, all, models; see 'longhand bench --help'");
    }
}
