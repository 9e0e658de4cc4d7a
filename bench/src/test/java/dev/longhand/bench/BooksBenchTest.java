package dev.longhand.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.store.StoreSetting;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Goal: the benches of the books measure what they say, on whole books. Method: small runs; no figure of time is judged. */
class BooksBenchTest {
    @TempDir
    private Path folder;

    @Test
    void measuresBookings() throws Problem {
        StoreSetting setting = new StoreSetting.Sqlite(folder.resolve("books.db"));
        List<Measure> measures = new BooksBench(Clock.SYSTEM, true, 1).run(setting, folder);
        assertThat(measures).extracting(Measure::row).containsExactly("books/callers-32", "books/per-sync", "books/request-syncs",
                "books/request-added");
        assertThat(measures.subList(0, 3)).allSatisfy(m -> assertThat(m.figure()).isPositive());
        assertThat(measures.get(2).figure()).as("a reservation and a posting").isLessThanOrEqualTo(2);
        assertThatThrownBy(() -> new BooksBench(Clock.SYSTEM, true, 1).run(setting, folder))
                .hasMessageContaining("holds books already");
    }

    @Test
    void simulatesMonthsAndChecksThem() throws Problem {
        List<String> told = new ArrayList<>();
        YearsBench.Plan plan = new YearsBench.Plan(70, Duration.ofHours(1), told::add, () -> false);
        List<Measure> measures = new YearsBench(Clock.SYSTEM, plan, folder).run();
        assertThat(measures).extracting(Measure::row).containsExactly("years/70-days-every-3600s",
                "years/70-days-every-3600s-growth");
        Map<String, Object> details = measures.get(1).details();
        assertThat(details).containsEntry("archives", 3);
        assertThat((long) details.get("lines archived")).isGreaterThan(2 * 24 * 60);
        assertThat(folder.resolve("0.books")).exists();
        assertThat(told).as("a word each 1,000 requests").hasSize(1);
    }

    @Test
    void stopsWhenTold() throws Exception {
        int[] asked = {0};
        YearsBench.Plan plan = new YearsBench.Plan(70, Duration.ofHours(1), told -> { }, () -> ++asked[0] > 20);
        assertThatThrownBy(() -> new YearsBench(Clock.SYSTEM, plan, folder).run()).isInstanceOfSatisfying(Problem.class,
                p -> assertThat(p.kind()).isEqualTo(Problem.Kind.CANCELLED)).hasMessageContaining("after 20 requests");
        Files.delete(folder.resolve("years.db"));
    }
}
