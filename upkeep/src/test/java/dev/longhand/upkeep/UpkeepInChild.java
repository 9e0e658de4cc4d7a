package dev.longhand.upkeep;

import dev.longhand.base.Home;
import dev.longhand.ledger.Meters;
import dev.longhand.store.Store;
import java.io.IOException;
import java.nio.file.Path;

/** A process of its own that backs up or restores and stops before one step, to be killed there. */
public final class UpkeepInChild {
    private UpkeepInChild() {}

    /** Books a line that no one folds into the database's file, and keeps the database open. */
    private static void hold(Home home) throws Exception {
        try (Store store = Fixture.store(home)) {
            Fixture.ledger(store).book(Fixture.booking("of-the-child", 1), Meters.NONE);
            System.out.println("at hold");
            waitForever();
        }
    }

    /** @param args {@code backup}, {@code hold} or {@code restore}, the home, the backup, and how the step begins */
    public static void main(String[] args) throws Exception {
        Steps stopping = step -> {
            if (step.startsWith(args[3])) {
                System.out.println("at " + step);
                waitForever();
            }
        };
        Site site = Fixture.site(new Home(Path.of(args[1])), stopping);
        if (args[0].equals("hold")) {
            hold(site.home());
            return;
        }
        if (args[0].equals("backup")) {
            new Backup(site, Watcher.SILENT).run(Path.of(args[2]), Fixture.PLAIN);
        } else {
            new Restore(site, Watcher.SILENT).run(Path.of(args[2]), true);
        }
        System.out.println("ended");
    }

    /** Until it is killed, or until the parent is gone and closes its end. */
    private static void waitForever() throws IOException {
        while (System.in.read() >= 0) {
            // Nothing is ever sent.
        }
    }
}
