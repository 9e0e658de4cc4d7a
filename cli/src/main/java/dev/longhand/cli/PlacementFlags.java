package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.engine.AttachCounters;
import dev.longhand.engine.LookupOptions;
import dev.longhand.engine.Stitching;
import dev.longhand.memory.Positions;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How attached documents are put together: flags, and what is said of it. */
final class PlacementFlags {
    @Option(names = "--positions", paramLabel = "RULE",
            description = "Where attached documents stand: true (one after another), parallel (side by side), grouped or const "
                    + "(one after another, far ones held nearer) (default: up to sixteen true where that fits well, else grouped; "
                    + "more parallel).")
    private String positions;

    @Option(names = "--seams", description = "Read the first block of each attached document again behind the one before it.")
    private boolean hasSeams;

    /** Whether anything was said of it. */
    boolean isGiven(Config config) {
        return hasSeams || config.text("positions", positions).isPresent();
    }

    LookupOptions lookupOptions(Config config) throws Problem {
        LookupOptions options = LookupOptions.DEFAULT.withStitching(hasSeams ? Stitching.SEAMS : Stitching.NONE);
        Optional<Positions> rule = config.choice("positions", positions, Positions.class);
        return rule.isPresent() ? options.withPositions(rule.get()) : options;
    }

    /** {@code "Documents stood one after another, each as it was read alone."} */
    static String placed(AttachCounters counters) {
        String where = counters.inARow() > 0 ? "one after another"
                : counters.sideBySide() > 0 ? "side by side"
                : counters.grouped() > 0 ? "one after another, far ones nearer together"
                : "one after another, none farther away than the window";
        return "Documents stood %s, %s.".formatted(where, counters.seamTokens() == 0 ? "each as it was read alone"
                : Units.count(counters.seamTokens()) + " tokens read again where they meet");
    }
}
