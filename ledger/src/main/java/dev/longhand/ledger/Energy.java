package dev.longhand.ledger;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.function.LongSupplier;

/**
 * The energy of processor time: measured where the system tells, else declared by the machine's price. Measured, it is the
 * packages' energy since this object was made, shared by processor time: what the process used of all that it could be charged
 * for. Thread-safe.
 */
final class Energy {
    private final EnergyMeter meter;
    private final LongSupplier processNanos;
    private final long startNanos;

    Energy(Path powercap, LongSupplier processNanos) {
        this.meter = new EnergyMeter(powercap);
        this.processNanos = processNanos;
        this.startNanos = processNanos.getAsLong();
    }

    static Energy ofSystem() {
        return new Energy(EnergyMeter.SYSTEM, () ->
                ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean system
                        ? system.getProcessCpuTime() : 0);
    }

    /** @param isEstimated whether it is declared, not measured */
    record Reading(long millijoules, boolean isEstimated) {}

    synchronized Reading of(long cpuMicros, MachinePrice price) {
        long usedMicros = (processNanos.getAsLong() - startNanos) / 1000;
        if (meter.isThere() && usedMicros > 0) {
            double joulesPerSecond = (double) meter.micros() / usedMicros;
            if (meter.isThere()) {
                return new Reading(Math.round(joulesPerSecond * cpuMicros / 1000), false);
            }
        }
        return new Reading(price.declaredMillijoules(cpuMicros), true);
    }
}
