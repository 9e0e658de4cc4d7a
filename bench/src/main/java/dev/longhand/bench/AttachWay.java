package dev.longhand.bench;

import dev.longhand.engine.Stitching;
import dev.longhand.memory.Positions;
import java.util.ArrayList;
import java.util.List;

/** A way to attach documents: where they stand and whether their first blocks are read again. */
public record AttachWay(Positions positions, Stitching stitching) {
    /** Each kind of positions with each kind of stitching, where there is a difference. */
    public static List<AttachWay> all(List<Positions> positions, List<Stitching> stitching) {
        List<AttachWay> ways = new ArrayList<>();
        for (Positions each : positions) {
            for (Stitching how : stitching) {
                if (how == Stitching.NONE || each.isInARow()) {
                    ways.add(new AttachWay(each, how));
                }
            }
        }
        return ways;
    }

    /** {@code "attached TRUE"}, {@code "attached TRUE, seams"}. */
    @Override
    public String toString() {
        return "attached " + positions + (stitching == Stitching.SEAMS ? ", seams" : "");
    }
}
