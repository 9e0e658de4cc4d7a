package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.catalog.ModelReference;
import dev.longhand.catalog.Models;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code longhand rm REF}. */
@Command(name = "rm",
        description = "Remove a model, or its unfinished download. A model file of your own is only forgotten, never deleted.",
        footer = {"  longhand rm gemma3-270m", "  longhand rm ./model.gguf --json"})
final class RemoveCommand extends ReportCommand {
    @Parameters(paramLabel = "REF", description = "As 'longhand ls' shows it.")
    private String reference;

    RemoveCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() throws Problem {
        long freed = Models.open(world.home(), world.environment()).remove(ModelReference.parse(reference));
        if (isJson) {
            Json.print(world.out(), Json.object("removed", reference, "freedBytes", freed));
        } else {
            world.out().println("removed " + Style.safe(reference) + (freed > 0 ? ", " + Units.bytes(freed) + " freed"
                    : "; its file stays"));
        }
        return ExitCodes.OK;
    }
}
