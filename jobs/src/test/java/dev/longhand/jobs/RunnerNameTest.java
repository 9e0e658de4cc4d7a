package dev.longhand.jobs;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Whose jobs may be taken at once: only those of a process that is surely not there any more. */
class RunnerNameTest {
    private final String own = RunnerName.own();
    private final long since = Long.parseLong(own.substring(own.lastIndexOf(' ') + 1));

    private String since(long millis) {
        return own.substring(0, own.lastIndexOf(' ') + 1) + millis;
    }

    @Test
    void aProcessThatRunsIsNotGone() {
        assertFalse(RunnerName.isGone(own), own);
        assertFalse(RunnerName.isGone(since(since + 2_000)), "the clock was set, and with it the time of booting");
        assertFalse(RunnerName.isGone(since(since - 2_000)));
    }

    @Test
    void aProcessThatEndedIsGone() throws Exception {
        Process process = new ProcessBuilder("sleep", "60").start();
        long start = process.info().startInstant().orElseThrow().toEpochMilli();
        String name = own.replaceAll("pid .*", "pid " + process.pid() + " since " + start);
        assertFalse(RunnerName.isGone(name), name);
        process.destroyForcibly().waitFor();
        assertTrue(RunnerName.isGone(name), name);
    }

    @Test
    void anotherProcessUnderTheSameNumberIsNotIt() {
        assertTrue(RunnerName.isGone(since(since - 3_600_000)));
    }

    @Test
    void nothingIsKnownOfOtherMachinesAndOtherNames() {
        assertFalse(RunnerName.isGone("elsewhere pid 1 since 1"));
        assertFalse(RunnerName.isGone("night shift"));
        assertEquals("process 1 on elsewhere", RunnerName.shown("elsewhere pid 1 since 1"));
        assertEquals("process " + ProcessHandle.current().pid(), RunnerName.shown(own));
        assertEquals("night shift", RunnerName.shown("night shift"));
    }
}
