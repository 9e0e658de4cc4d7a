package dev.longhand.server;

import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.desk.Desks;
import dev.longhand.jobs.Jobs;
import java.util.ArrayList;
import java.util.List;

/** The desks of a server, with all that works on them. Thread-safe. */
final class ServedDesks implements AutoCloseable {
    private final DeskAsks asks;
    private final DeskReads reads;
    private final DeskChat chat;
    private final List<Route> routes = new ArrayList<>();

    private ServedDesks(DeskAsks asks, DeskReads reads, DeskChat chat) {
        this.asks = asks;
        this.reads = reads;
        this.chat = chat;
    }

    /** Reads nothing before {@link #start}. */
    static ServedDesks open(LonghandServer.Parts parts, Home home, ServedModels models, Answering answering, ServerSetting setting)
            throws Problem {
        Desks desks = new Desks(home, Disk.REAL, parts.clock());
        Jobs jobs = new Jobs(parts.books().store(), parts.books().ledger(), parts.clock(), dev.longhand.jobs.Limits.DEFAULT);
        DeskAsks asks = new DeskAsks(desks, answering);
        DeskReads reads = new DeskReads(desks, parts.books(), jobs, models, parts.clock());
        ServedDesks served = new ServedDesks(asks, reads, new DeskChat(asks, parts.clock()));
        served.routes.addAll(new DeskRoutes(desks, asks, reads, setting).routes());
        served.routes.addAll(new DeskAskRoute(models, asks, parts.clock()).routes());
        served.routes.addAll(new JobRoutes(jobs, reads).routes());
        return served;
    }

    /** Begins to work on what is to be read. */
    void start() throws Problem {
        reads.start();
    }

    List<Route> routes() {
        return routes;
    }

    DeskAsks asks() {
        return asks;
    }

    DeskChat chat() {
        return chat;
    }

    @Override
    public void close() {
        reads.close();
        asks.close();
    }
}
