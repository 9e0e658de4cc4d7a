package dev.longhand.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What effects outside of the database promise, on both databases. */
abstract class EffectsContract extends JobsSuite {
    /** Goal: an effect happens at most once per key. Method: fail after it, before its result is recorded. */
    @Test
    void parksAnEffectWhoseOutcomeIsNotKnown() throws Problem {
        handlers.put("read", (context, input) -> context.effect("send", HASH, "mail-7", (s, key) -> {
            logged("sent " + key);
            throw new Problem(Problem.Kind.UNAVAILABLE, "no answer");
        }));
        jobs.submit(spec("one"));
        try (Runner runner = runner("r")) {
            runner.runUntilIdle();
        }
        assertEquals(List.of("sent mail-7"), log);
        assertEquals(State.FAILED, state("one"));
        assertThat(jobs.job("one").status().failure()).contains("under key mail-7 was begun, and whether it happened is not known");
        assertSound();
        jobs.resolve("one", Optional.empty());
        assertSound();
        jobs.resume("one", 0);
        run();
        assertEquals(2, log.size());
        clock.advance(Duration.ofSeconds(2));
        run();
        jobs.resolve("one", Optional.of(bytes("it arrived")));
        refused(Problem.class, "there is nothing to say", () -> jobs.resolve("one", Optional.empty()));
        jobs.resume("one", 0);
        run();
        assertEquals("it arrived", text(jobs.result("one").orElseThrow()));
        assertEquals(2, log.size());
        assertSound();
    }

    /** Goal: a receiver that knows keys is asked. Method: fail after the effect; the receiver says that it was done. */
    @Test
    void asksTheReceiverWhatBecameOfAnEffect() throws Problem {
        Map<String, byte[]> receiver = new HashMap<>();
        handlers.put("read", (context, input) -> context.effect("send", HASH, "k" + context.id(), (s, key) -> {
            logged("sent");
            if (context.id().equals("lost") && log.size() == 1) {
                throw new Problem(Problem.Kind.UNAVAILABLE, "it never left");
            }
            receiver.put(key, bytes("received"));
            throw new Problem(Problem.Kind.UNAVAILABLE, "no answer");
        }, key -> Optional.ofNullable(receiver.get(key))));
        jobs.submit(spec("lost"));
        try (Runner runner = runner("r")) {
            assertEquals(3, runner.runUntilIdle());
        }
        assertEquals(List.of("sent", "sent"), log);
        assertEquals("received", text(jobs.result("lost").orElseThrow()));
        assertSound();
    }

    /** Goal: a key is good for one effect in all jobs. Method: two jobs with one key; other content under it; one not done. */
    @Test
    void doesAnEffectOncePerKeyInAllJobs() throws Problem {
        handlers.put("read", (context, input) -> context.effect("send", HASH, "shared", (s, key) -> logged("sent")));
        jobs.submit(spec("a"));
        jobs.submit(spec("b"));
        run();
        assertEquals(List.of("sent"), log);
        assertEquals("sent", text(jobs.result("b").orElseThrow()));
        handlers.put("read", (context, input) -> context.effect("send", Sha256.of("z"), "shared", (s, key) -> logged("sent")));
        jobs.submit(spec("c"));
        run();
        assertThat(jobs.job("c").status().failure()).contains("key shared is taken by effect send of job a with other content");
        jobs.cancel("c");
        handlers.put("read", (context, input) -> context.effect("send", HASH, "fresh", (s, key) -> {
            if (log.size() == 1) {
                logged("refused");
                throw new NotDone(Problem.Kind.UNAVAILABLE, "the receiver is down");
            }
            return logged("sent");
        }));
        jobs.submit(spec("d"));
        try (Runner runner = runner("r")) {
            assertEquals(2, runner.runUntilIdle());
        }
        assertEquals(List.of("sent", "refused", "sent"), log);
        assertSound();
    }
}
