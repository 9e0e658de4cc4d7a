package dev.longhand.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.testkit.Simulation.Next;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Goal: a seed decides the order, and an order that breaks something is found. Method: small tasks with a known fault. */
class SimulationTest {
    private static final Seed SEED = Seed.of("testkit", SimulationTest.class, 17);

    private static List<String> order(long seed) {
        Simulation simulation = new Simulation(new Seed(seed, "again"));
        List<String> order = new ArrayList<>();
        for (String name : List.of("a", "b", "c")) {
            int[] left = {5};
            simulation.add(name, () -> {
                order.add(name + " " + simulation.clock().nanos());
                return --left[0] == 0 ? Next.DONE : name.equals("c") ? Next.after(Duration.ofSeconds(1)) : Next.AGAIN;
            });
        }
        simulation.run(1000, 10, () -> { });
        assertThat(simulation.steps()).isEqualTo(15);
        return order;
    }

    @Test
    void repeatsARunBySeed() {
        assertThat(order(1)).isEqualTo(order(1)).isNotEqualTo(order(2));
    }

    /** Goal: the simulation can fail. Method: two tasks that read, then write back one more: some order loses an update. */
    @Test
    void findsALostUpdate() {
        assertThatThrownBy(() -> {
            Simulation simulation = new Simulation(SEED);
            int[] counter = {0};
            int[] done = {0};
            for (String name : List.of("first", "second")) {
                int[] seen = {-1};
                simulation.add(name, () -> {
                    if (seen[0] < 0) {
                        seen[0] = counter[0];
                        return Next.AGAIN;
                    }
                    counter[0] = seen[0] + 1;
                    seen[0] = -1;
                    done[0]++;
                    return Next.AGAIN;
                });
            }
            simulation.run(1000, 1, () -> assertThat(counter[0]).as("updates").isEqualTo(done[0]));
        }).isInstanceOf(AssertionError.class).hasMessageContaining("updates").hasMessageContaining("first, second")
                .hasMessageContaining("-Dseed=");
    }

    /** Goal: only wall-clock time jumps. Method: a long run; time never goes back, wall-clock time does. */
    @Test
    void jumpsInWallClockTimeOnly() {
        Simulation simulation = new Simulation(SEED);
        long[] last = {0};
        Instant[] wall = {Instant.EPOCH};
        int[] back = {0};
        simulation.add("task", () -> Next.AGAIN);
        simulation.run(2000, 1, () -> {
            assertThat(simulation.clock().nanos()).isGreaterThanOrEqualTo(last[0]);
            back[0] += simulation.clock().now().isBefore(wall[0]) ? 1 : 0;
            last[0] = simulation.clock().nanos();
            wall[0] = simulation.clock().now();
        });
        assertThat(back[0]).isPositive();
    }
}
