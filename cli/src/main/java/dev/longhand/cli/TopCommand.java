package dev.longhand.cli;

import dev.longhand.base.Problem;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code longhand top}: what the server does, live. */
@Command(name = "top", description = "Show what the server of the data directory does, once a second; q or Ctrl-C ends it.",
        footer = {"  longhand top", "  longhand top --once", "  longhand top --json"})
final class TopCommand extends ReportCommand {
    private static final long EVERY_NANOS = 1_000_000_000L;

    @Option(names = "--once", description = "Show it once and end; --json does so too.")
    private boolean isOnce;

    TopCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() throws Problem {
        try (LiveServer.Found found = LiveServer.find(world)) {
            if (found.server().isEmpty()) {
                throw new Problem(Problem.Kind.NOT_FOUND, !found.why().isEmpty() ? found.why()
                        : "no server runs on %s; 'longhand serve' starts one".formatted(world.home().root()));
            }
            show(found.server().get());
            return ExitCodes.OK;
        }
    }

    private void show(LiveServer server) throws Problem {
        try {
            TopView.Look first = look(server);
            if (isOnce || isJson) {
                once(server, first);
            } else {
                follow(server, first);
            }
        } catch (LiveServer.Gone e) {
            throw new Problem(Problem.Kind.UNAVAILABLE, "the server at %s has ended or does not answer any more".formatted(
                    server.address()), e);
        }
    }

    private TopView.Look look(LiveServer server) throws Problem {
        return new TopView.Look(server.get("/v1/server"), server.get("/v1/requests"), world.clock().nanos());
    }

    private void once(LiveServer server, TopView.Look first) throws Problem {
        try {
            world.interrupts().wakes(Thread.currentThread());
            world.clock().sleep(EVERY_NANOS);
        } catch (InterruptedException e) {
            throw new Problem(Problem.Kind.CANCELLED, "stopped", e);
        } finally {
            world.interrupts().wakes(null);
        }
        TopView.Look now = look(server);
        if (isJson) {
            Json.print(world.out(), Json.object("seconds", (now.nanos() - first.nanos()) / 1e9, "before", first.about(), "now",
                    now.about(), "requests", now.requests().path("data")));
        } else {
            TopView.lines(server.address(), first, now, Integer.MAX_VALUE).forEach(world.out()::println);
        }
    }

    private void follow(LiveServer server, TopView.Look first) throws Problem {
        AtomicBoolean isStopped = new AtomicBoolean();
        world.interrupts().onInterrupt(() -> isStopped.set(true));
        TopView.Look before = first;
        try (Screen screen = new Screen(world)) {
            while (!isStopped.get() && !world.interrupts().isPipeClosed()) {
                TopView.Look now = look(server);
                screen.draw(TopView.lines(server.address(), before, now, screen.rows()));
                before = now;
                while (!isStopped.get() && world.clock().nanos() - now.nanos() < EVERY_NANOS) {
                    if (screen.isLeft()) {
                        return;
                    }
                }
            }
        } finally {
            world.interrupts().onInterrupt(null);
        }
    }
}
