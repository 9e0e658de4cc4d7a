package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.bench.BenchModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code longhand bench models}. */
@Command(name = "models", description = "Write the models of realistic shape and random weights that the benches run on, where "
        + "they are missing. The folder is LONGHAND_BENCH_MODELS, default ~/.cache/longhand-bench-models; Python with llama.cpp is "
        + "LONGHAND_PEER_PYTHON.",
        footer = {"  longhand bench models", "  longhand bench models qwen3-0.6b-q8_0"})
final class BenchModelsCommand extends ReportCommand {
    @Mixin
    private BenchSources sources;

    @Parameters(paramLabel = "NAME", arity = "0..*", description = "Which; all by default.")
    private List<String> names = List.of();

    BenchModelsCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() throws Problem {
        for (String name : names) {
            if (!BenchModels.isKnown(name)) {
                throw new Problem(Problem.Kind.USAGE, "no model " + name + "; there are " + String.join(", ", BenchModels.names()));
            }
        }
        List<Map<String, Object>> made = new ArrayList<>();
        Table table = new Table("MODEL", "SIZE", "FILE");
        for (String name : names.isEmpty() ? BenchModels.names() : names) {
            Path file = sources.file(world, name);
            made.add(Json.object("model", name, "bytes", file.toFile().length(), "file", file.toString()));
            table.row(name, Units.bytes(file.toFile().length()), file.toString());
        }
        if (isJson) {
            Json.print(world.out(), Json.object("models", made));
        } else {
            table.print(world);
        }
        return ExitCodes.OK;
    }
}
