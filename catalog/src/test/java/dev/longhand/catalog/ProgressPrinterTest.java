package dev.longhand.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** Goal: a terminal sees one line that changes, a log sees few whole lines. Method: time is turned by hand. */
class ProgressPrinterTest {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private long nanos;

    private final Clock clock = new Clock() {
        @Override
        public long nanos() {
            return nanos;
        }

        @Override
        public Instant now() {
            return Instant.EPOCH;
        }

        @Override
        public void sleep(long wait) {
            nanos += wait;
        }
    };

    private String show(boolean isTerminal) {
        ProgressPrinter printer = new ProgressPrinter(new PrintStream(bytes, true, StandardCharsets.UTF_8), isTerminal, clock);
        for (int i = 0; i <= 100; i++) {
            printer.advanced("fetching tiny", i * 1_000_000L, 100_000_000L);
            nanos += 200_000_000L;
        }
        printer.note("a note");
        printer.ended();
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @Test
    void writesFewWholeLinesWhereThereIsNoTerminal() {
        String shown = show(false);
        assertThat(shown).doesNotContain("\r").doesNotContain("\033");
        assertThat(shown.lines()).hasSizeBetween(4, 8);
        assertThat(shown.lines().findFirst()).contains("fetching tiny: 100.0 MB");
        assertThat(shown).contains("100 %").contains("a note\n");
    }

    @Test
    void rewritesOneLineOnATerminal() {
        String shown = show(true);
        assertThat(shown.lines().filter(l -> !l.isBlank()).count()).isGreaterThan(10);
        assertThat(shown).contains("\rfetching tiny  [############............]  50 %  50.0 MB  5.0 MB/s  10.0 s left\033[K");
        assertThat(shown).contains("\033[K\na note\n");
    }

    @Test
    void showsNoShareWhereTheTotalIsUnknown() {
        ProgressPrinter printer = new ProgressPrinter(new PrintStream(bytes, true, StandardCharsets.UTF_8), false, clock);
        printer.advanced("fetching tiny", 10, -1);
        nanos += 6_000_000_000L;
        printer.advanced("fetching tiny", 6_000_010, -1);
        printer.ended();
        assertThat(bytes.toString(StandardCharsets.UTF_8)).contains("6.0 MB  1.0 MB/s").doesNotContain("%");
    }
}
