package dev.longhand.ledger;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The processor's own energy counters (RAPL), where the system lets us read them.
 * https://docs.kernel.org/power/powercap/powercap.html
 *
 * <p>Counters are those of whole packages, whoever used them, and begin anew at {@code max_energy_range_uj}; read often enough
 * they never wrap twice. Not thread-safe.
 */
final class EnergyMeter {
    static final Path SYSTEM = Path.of("/sys/class/powercap");
    /** One zone per package; sub-zones, which their package counts already, have a second colon. */
    private static final String PACKAGE = "intel-rapl:[0-9]+";

    private final List<Zone> zones = new ArrayList<>();
    private long micros;

    private static final class Zone {
        private final Path counter;
        private final long range;
        private long last;

        Zone(Path folder) throws IOException {
            this.counter = folder.resolve("energy_uj");
            this.range = number(folder.resolve("max_energy_range_uj"));
            this.last = number(counter);
        }

        long step() throws IOException {
            long now = number(counter);
            long step = now >= last ? now - last : now + range - last;
            last = now;
            return step;
        }
    }

    /** Counts from now on. */
    EnergyMeter(Path powercap) {
        try (Stream<Path> all = Files.list(powercap)) {
            for (Path each : all.filter(p -> p.getFileName().toString().matches(PACKAGE)).sorted().toList()) {
                zones.add(new Zone(each));
            }
        } catch (IOException | NumberFormatException e) {
            zones.clear(); // most systems let only the superuser read them
        }
    }

    private static long number(Path file) throws IOException {
        return Long.parseLong(Files.readString(file).strip());
    }

    boolean isThere() {
        return !zones.isEmpty();
    }

    /** Microjoules since the meter was made; a counter that fails ends the measuring. */
    long micros() {
        try {
            for (Zone each : zones) {
                micros += each.step();
            }
        } catch (IOException | NumberFormatException e) {
            zones.clear();
        }
        return micros;
    }
}
