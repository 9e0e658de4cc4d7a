package dev.longhand.memory;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.testkit.KillLoop;
import java.nio.file.Path;

/**
 * A program that lives to be killed: it writes one segment after another and says each that was acknowledged.
 *
 * <p>Arguments: the folder, {@code honest} or {@code liar} (who says a segment before it is written), the round.
 */
final class KilledWriter {
    static final int TOKENS = 200;

    private KilledWriter() {}

    static SegmentContent content(int round, int number) {
        return SegmentWork.content(1_000 * round + number, TOKENS);
    }

    public static void main(String[] args) throws Exception {
        boolean isLiar = args[1].equals("liar");
        int round = Integer.parseInt(args[2]);
        SegmentFolder folder = SegmentFolder.open(Path.of(args[0]), Disk.REAL, Clock.SYSTEM,
                SegmentWork.LIMITS.withDeskBytesMax(1L << 30));
        folder.sweep(true);
        KillLoop.say(KillLoop.READY);
        for (int i = 0; i < 1_000; i++) {
            if (isLiar) {
                KillLoop.say(round + " " + i);
            }
            folder.publish(content(round, i));
            KillLoop.say(round + " " + i);
        }
        Thread.currentThread().join();
    }
}
