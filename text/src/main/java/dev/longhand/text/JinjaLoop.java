package dev.longhand.text;

import dev.longhand.text.JinjaValues.Callable;
import dev.longhand.text.JinjaValues.Members;
import dev.longhand.text.JinjaValues.Undefined;
import java.util.List;
import java.util.Optional;

/** The variable {@code loop}: where a for loop stands. */
final class JinjaLoop implements Members {
    private final JinjaRun run;
    private final List<Object> items;
    private final long depth;
    private int index;
    private List<Object> lastChanged;

    JinjaLoop(JinjaRun run, List<Object> items, long depth) {
        this.run = run;
        this.items = items;
        this.depth = depth;
    }

    void moveTo(int index) {
        this.index = index;
    }

    @Override
    public Optional<Object> member(String name) {
        int n = items.size();
        return Optional.ofNullable(switch (name) {
            case "index" -> index + 1L;
            case "index0" -> (long) index;
            case "revindex" -> (long) (n - index);
            case "revindex0" -> n - index - 1L;
            case "first" -> index == 0;
            case "last" -> index == n - 1;
            case "length" -> (long) n;
            case "depth" -> depth;
            case "depth0" -> depth - 1;
            case "previtem" -> index == 0 ? new Undefined("there is no previous item") : items.get(index - 1);
            case "nextitem" -> index == n - 1 ? new Undefined("there is no next item") : items.get(index + 1);
            case "cycle" -> new Callable("cycle", args -> {
                if (args.positional().isEmpty()) {
                    throw JinjaFailure.error("cycle needs values to go through");
                }
                return args.positional().get(index % args.positional().size());
            });
            case "changed" -> new Callable("changed", args -> {
                boolean hasChanged = lastChanged == null || !run.ops().isEqual(lastChanged, args.positional());
                lastChanged = args.positional();
                return hasChanged;
            });
            default -> null;
        });
    }
}
