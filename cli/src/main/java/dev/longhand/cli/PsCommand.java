package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.jobs.Job;
import dev.longhand.jobs.Jobs;
import dev.longhand.jobs.State;
import dev.longhand.ledger.Books;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import tools.jackson.databind.JsonNode;

/** {@code longhand ps}: what runs now. */
@Command(name = "ps", description = "Show what runs now: the server with its models, requests in flight, jobs.",
        footer = {"  longhand ps", "  longhand ps --json"})
final class PsCommand extends ReportCommand {
    private static final int JOBS_SHOWN = 50;
    private static final int MODEL_CHARS = 14;

    PsCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() throws Problem {
        try (LiveServer.Found found = LiveServer.find(world)) {
            JsonNode requests = found.server().isPresent() ? found.server().get().get("/v1/requests") : Json.missing();
            List<Job> jobs = jobs();
            if (isJson) {
                Json.print(world.out(), json(found, requests, jobs));
                return ExitCodes.OK;
            }
            server(found);
            if (found.state() == LiveServer.State.LIVE) {
                requests(requests);
            }
            jobs(jobs);
            return ExitCodes.OK;
        }
    }

    /** Those that run or are to run; none where there is no database yet. */
    private List<Job> jobs() throws Problem {
        Config config = Config.read(world);
        if (config.text("store", null).isEmpty() && !Files.exists(world.home().database())) {
            return List.of();
        }
        try (Books books = OpenBooks.open(world, config)) {
            Jobs jobs = OpenBooks.jobs(books, world);
            List<Job> open = new ArrayList<>(jobs.newest(EnumSet.of(State.RUNNING), Long.MAX_VALUE, JOBS_SHOWN));
            open.addAll(jobs.newest(EnumSet.of(State.QUEUED, State.WAITING), Long.MAX_VALUE, JOBS_SHOWN - open.size() + 1));
            return open.subList(0, Math.min(open.size(), JOBS_SHOWN));
        }
    }

    private Map<String, Object> json(LiveServer.Found found, JsonNode requests, List<Job> jobs) {
        JsonNode about = found.about();
        return Json.object("state", found.state().name().toLowerCase(Locale.ROOT),
                "why", found.why(),
                "home", world.home().root().toString(),
                "server", found.server().isEmpty() ? null : Json.object("pid", about.path("pid"), "address",
                        found.server().get().address(), "version", about.path("version"), "since", about.path("since"),
                        "uptimeSeconds", about.path("uptimeSeconds"), "models", about.path("models")),
                "requests", found.server().isEmpty() ? List.of() : requests.path("data"),
                "jobs", jobs.stream().map(JobView::json).toList());
    }

    private void server(LiveServer.Found found) {
        if (found.state() != LiveServer.State.LIVE) {
            world.out().println(Style.safe(found.why().isEmpty() ? "No server runs on " + world.home().root()
                    + "; 'longhand serve' starts one." : capital(found.why()) + "."));
            return;
        }
        JsonNode about = found.about();
        world.out().println(Style.safe("Longhand %s serves %s".formatted(about.path("version").asString(""), names(about))));
        world.out().println(Style.safe("at %s, process %d, for %s".formatted(found.server().orElseThrow().address(),
                about.path("pid").asLong(0), duration(about.path("uptimeSeconds").asDouble(0)))));
    }

    static String names(JsonNode about) {
        return about.path("models").valueStream().map(m -> m.path("id").asString("")).collect(Collectors.joining(", "));
    }

    private static String capital(String sentence) {
        return Character.toUpperCase(sentence.charAt(0)) + sentence.substring(1);
    }

    /** {@code 2 days 3 h}, {@code 5 h 12 min}, {@code 3 min 5 s}, {@code 12 s}. */
    static String duration(double seconds) {
        long s = (long) seconds;
        return s >= 86_400 ? s / 86_400 + (s < 2 * 86_400 ? " day " : " days ") + s % 86_400 / 3_600 + " h"
                : s >= 3_600 ? s / 3_600 + " h " + s % 3_600 / 60 + " min" : s >= 60 ? s / 60 + " min " + s % 60 + " s" : s + " s";
    }

    private void requests(JsonNode requests) {
        world.out().println();
        if (requests.path("data").isEmpty()) {
            world.out().println("No request is in flight.");
            return;
        }
        table(requests.path("data"), Integer.MAX_VALUE).print(world);
        if (requests.path("has_more").asBoolean(false)) {
            world.out().println("... and more");
        }
    }

    /** Requests in flight, as {@code top} shows them too. */
    static Table table(JsonNode requests, int most) {
        Table table = new Table("REQUEST", "STATE", "KEY", "MODEL", "READ", "ANSWERED", "TIME", "ROUTE").right(4, 5, 6);
        requests.valueStream().limit(most).forEach(r -> {
            String desk = r.path("desk").asString("");
            long toRead = r.path("toReadTokens").asLong(0);
            String team = r.path("team").asString("");
            table.row(r.path("id").asString("").replaceFirst("^req_(.{8}).*", "$1"), r.path("state").asString(""),
                    r.path("key").asString("") + (team.isEmpty() ? "" : " (" + team + ")"),
                    shortened(r.path("model").asString("")) + (desk.isEmpty() ? "" : "@" + desk),
                    toRead == 0 ? "" : Units.count(r.path("readTokens").asLong(0)) + "/" + Units.count(toRead),
                    Units.count(r.path("answeredTokens").asLong(0)),
                    String.format(Locale.ROOT, "%.1f", r.path("seconds").asDouble(0)),
                    r.path("route").asString("").replaceFirst("^\\S+ (/v1/)?", ""));
        });
        return table;
    }

    /** A model's name as there is room for it in a table of 80 columns. */
    static String shortened(String id) {
        return id.length() > MODEL_CHARS ? id.substring(0, MODEL_CHARS - 1) + "~" : id;
    }

    private void jobs(List<Job> jobs) {
        world.out().println();
        if (jobs.isEmpty()) {
            world.out().println("No job runs or waits.");
            return;
        }
        Table table = new Table("JOB", "KIND", "STATE", "PROGRESS", "CREATED");
        jobs.forEach(j -> table.row(j.id(), j.kind(), JobView.state(j), JobView.progress(j), JobView.time(j.createdMicros())));
        table.print(world);
    }
}
