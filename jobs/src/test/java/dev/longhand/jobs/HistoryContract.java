package dev.longhand.jobs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.longhand.base.Problem;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is kept of jobs, and what goes. */
abstract class HistoryContract extends JobsSuite {
    /** Goal: only what has ended, stands alone and owes nothing is forgotten, and all of it. */
    @Test
    void forgetsWhatHasEndedAndNothingElse() throws Problem {
        handlers.put("read", (context, input) -> {
            if (context.id().equals("parent")) {
                context.spawn("child", "read", bytes("c"), 0);
                context.awaitChildren("wait");
            }
            return context.step("a", HASH, s -> bytes("result"));
        });
        JobHistory history = jobs.history();
        jobs.submit(spec("one"));
        assertFalse(history.forget("one"), "it has not begun");
        jobs.submit(spec("parent"));
        jobs.submit(spec("paid").withFunding(funding(10)));
        run();
        assertEquals(State.DONE, state("parent"));
        assertEquals(bytes("in-one").length + "result".length(), history.bytes("one"));
        assertFalse(history.forget("parent"), "it has a part");
        assertFalse(history.forget("parent/child"), "it is a part");
        assertTrue(history.forget("one"));
        assertTrue(history.forget("one"));
        assertTrue(history.forget("paid"));
        refused(Problem.class, "there is no job \"one\"", () -> jobs.job("one"));
        refused(Problem.class, "there is no job \"one\"", () -> jobs.steps("one", -1, 10));
        assertEquals(0, history.bytes("one"));
        assertSound();
        jobs.submit(spec("one"));
        assertEquals(List.of(), jobs.steps("one", -1, 10), "another of the same name has nothing of it");
        assertSound();
    }

    @Test
    void findsThoseOfAKindInTheirOrder() throws Problem {
        for (int i = 0; i < 5; i++) {
            jobs.submit(JobSpec.of(i % 2 == 0 ? "read" : "write", bytes("x")).withId("job" + i));
        }
        JobHistory history = jobs.history();
        List<Job> first = history.ofKind("read", -1, 2);
        assertEquals(List.of("job0", "job2"), first.stream().map(Job::id).toList());
        assertEquals(List.of("job4"), history.ofKind("read", first.getLast().createdMicros(), 2).stream().map(Job::id).toList());
        assertEquals(List.of(), history.ofKind("answer", -1, 2));
    }
}
