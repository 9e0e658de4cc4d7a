package dev.longhand.server;

import dev.longhand.base.Check;
import java.time.Duration;

/**
 * What of answers is kept. Where there is more, the oldest that have ended are forgotten; what runs is never forgotten, so what
 * would be too much of it is refused.
 *
 * @param teamMax      answers of a team, running ones included
 * @param allMax       of all teams
 * @param teamBytesMax of a team's answers
 * @param allBytesMax  of all teams' answers
 * @param teamOpenMax  of a team that have not ended
 * @param allOpenMax   that have not ended
 * @param ageMax       since it was asked for, of one that has ended
 * @param readersMax   of one answer at the same time
 */
record AnswerLimits(int teamMax, int allMax, long teamBytesMax, long allBytesMax, int teamOpenMax, int allOpenMax, Duration ageMax,
        int readersMax) {
    static final AnswerLimits DEFAULT = new AnswerLimits(500, 5_000, 64L << 20, 256L << 20, 32, 128, Duration.ofDays(30), 32);

    AnswerLimits {
        Check.argument(teamOpenMax >= 1 && teamMax >= teamOpenMax, "a team may have %d answers and %d that run", teamMax,
                teamOpenMax);
        Check.argument(allOpenMax >= teamOpenMax && allMax >= teamMax && allMax >= allOpenMax,
                "all may have %d answers and %d that run", allMax, allOpenMax);
        Check.argument(teamBytesMax >= 1 && allBytesMax >= teamBytesMax, "bytes of a team's answers %d, of all %d", teamBytesMax,
                allBytesMax);
        Check.argument(ageMax.isPositive() && readersMax >= 1, "an age of %s and %d readers", ageMax, readersMax);
    }
}
