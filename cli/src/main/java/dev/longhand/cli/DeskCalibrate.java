package dev.longhand.cli;

import dev.longhand.base.Problem;
import java.util.BitSet;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code longhand desk calibrate}. */
@Command(name = "calibrate", description = "Measure which heads of a model look things up, so that long memory is found by few "
        + "bytes. 'desk add' does it by itself the first time; it takes seconds to minutes and goes on where it was stopped.",
        footer = {"  longhand desk calibrate", "  longhand desk calibrate -m gemma3-270m --anew",
            "  longhand desk calibrate --json"})
final class DeskCalibrate extends ReportCommand {
    @Option(names = "--anew", description = "Measure again what was measured before.")
    private boolean isAnew;

    @Mixin
    private ModelFlags modelFlags;

    DeskCalibrate(World world) {
        super(world);
    }

    @Override
    public Integer call() throws Problem {
        Config config = Config.read(world);
        try (OpenBooks books = OpenBooks.start(world, config);
                Loading loading = Loading.startCalibrated(world, modelFlags, config, books, isAnew)) {
            BitSet heads = loading.sensitiveHeads();
            String name = loading.facts().info().name();
            if (isJson) {
                Json.print(world.out(), Json.object("model", name, "sensitiveHeads", heads.stream().boxed().toList()));
            } else {
                world.out().println("%s: %d heads are looked up by precise keys (layer * KV heads + head): %s".formatted(name,
                        heads.cardinality(), heads));
            }
            return ExitCodes.OK;
        }
    }
}
