package dev.longhand.jobs;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.ledger.Ledger;
import dev.longhand.store.DatabasePlace;
import dev.longhand.store.Store;
import dev.longhand.store.StoreSetting;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/** A process of its own that works on jobs of kind {@code read}: many steps, each said on its output once recorded. */
final class WorkerProcess {
    static final int STEPS = 120;

    private WorkerProcess() {}

    /** It waits to be killed after {@code stepsMax} steps. */
    static Process start(StoreSetting setting, int stepsMax) throws IOException {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"), WorkerProcess.class.getName(),
                String.valueOf(stepsMax)));
        switch (setting) {
            case StoreSetting.Sqlite sqlite -> command.add(sqlite.file().toString());
            case StoreSetting.Postgres p -> command.addAll(List.of(p.host(), String.valueOf(p.port()), p.database(), p.user(),
                    p.password()));
        }
        return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    }

    public static void main(String[] args) throws Problem {
        StoreSetting setting = args.length == 2 ? new StoreSetting.Sqlite(Path.of(args[1]))
                : new StoreSetting.Postgres(args[1], Integer.parseInt(args[2]), args[3], args[4], args[5], Map.of());
        int stepsMax = Integer.parseInt(args[0]);
        AtomicInteger steps = new AtomicInteger();
        try (Store store = Store.open(setting, dev.longhand.store.Limits.DEFAULT, Clock.SYSTEM, Disk.REAL,
                List.of(Ledger.SCHEMA, Jobs.SCHEMA))) {
            Ledger ledger = Ledger.open(store, Clock.SYSTEM, dev.longhand.ledger.Limits.DEFAULT);
            Jobs jobs = new Jobs(store, ledger, Clock.SYSTEM, Limits.DEFAULT);
            JobHandler handler = (context, input) -> handle(context, "child", () -> {
                System.out.println("recorded");
                if (steps.incrementAndGet() >= stepsMax) {
                    waitToBeKilled();
                }
            });
            try (Runner runner = new Runner(jobs, Map.of("read", handler), RunnerSetting.of("child", 1, 1), Clock.SYSTEM)) {
                runner.runReady();
            }
        }
    }

    private static void waitToBeKilled() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Every step's result says who ran it. */
    static byte[] handle(JobContext context, String who, Runnable acknowledge) throws Problem {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < STEPS; i++) {
            all.append(new String(context.step("s" + i, Sha256.of("s" + i), s -> who.getBytes(StandardCharsets.UTF_8)),
                    StandardCharsets.UTF_8)).append(' ');
            acknowledge.run();
        }
        return all.toString().getBytes(StandardCharsets.UTF_8);
    }
}
