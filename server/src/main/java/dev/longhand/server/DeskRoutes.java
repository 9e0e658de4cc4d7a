package dev.longhand.server;

import dev.longhand.base.Problem;
import dev.longhand.desk.DeskContents;
import dev.longhand.desk.DeskInfo;
import dev.longhand.desk.DeskPage;
import dev.longhand.desk.Desks;
import dev.longhand.desk.ReadOrder;
import dev.longhand.jobs.Job;
import dev.longhand.ledger.Key;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /v1/desks} and the documents in them. */
final class DeskRoutes {
    private static final int SKIPS_SHOWN = 100;
    private static final int LINES_MAX = 2_000;
    private static final Pattern LINES = Pattern.compile("([1-9]\\d{0,8})(?:-([1-9]\\d{0,8}))?");

    private final Desks desks;
    private final DeskAsks asks;
    private final DeskReads reads;
    private final Uploads uploads;
    private final DeskRoom room;

    DeskRoutes(Desks desks, DeskAsks asks, DeskReads reads, DeskRoom room, ServerSetting setting) {
        this.desks = desks;
        this.asks = asks;
        this.reads = reads;
        this.uploads = new Uploads(desks, room, setting.roots(), setting.limits());
        this.room = room;
    }

    List<Route> routes() {
        return List.of(route("GET", "", Key.Role.READ_ONLY, this::list),
                route("POST", "", Key.Role.USER, this::make),
                route("GET", "/{desk}", Key.Role.READ_ONLY, this::show),
                route("DELETE", "/{desk}", Key.Role.USER, this::remove),
                route("POST", "/{desk}/read", Key.Role.USER, this::read),
                route("GET", "/{desk}/documents", Key.Role.READ_ONLY, this::documents),
                route("POST", "/{desk}/documents", Key.Role.USER, this::add),
                route("GET", "/{desk}/documents/{path...}", Key.Role.READ_ONLY, this::lines),
                route("DELETE", "/{desk}/documents/{path...}", Key.Role.USER, this::erase));
    }

    private static Route route(String method, String rest, Key.Role needed, Route.Handler handler) {
        return Route.of(method, "/v1/desks" + rest, needed, Shape.OPENAI, handler);
    }

    /** The stored name of a desk that is there. */
    private String find(Call call) throws Refusal {
        return asks.find(call.caller(), call.name("desk"));
    }

    private void list(Call call) throws Problem, IOException {
        ObjectNode reply = Json.object();
        ArrayNode data = reply.putArray("data");
        for (String each : desks.names()) {
            Optional<String> shown = DeskNames.shown(call.caller(), each);
            Optional<DeskInfo> info = shown.isPresent() ? desks.find(each) : Optional.empty();
            if (shown.isPresent() && (info.isPresent() || desks.isMade(each))) { // it may have been removed meanwhile
                data.add(json(shown.get(), info));
            }
        }
        call.reply(200, reply);
    }

    /** @param read empty for a desk that has not been read yet */
    private static ObjectNode json(String shown, Optional<DeskInfo> read) {
        ObjectNode node = Json.object();
        node.put("name", shown);
        node.put("isRead", read.isPresent());
        node.put("documents", 0);
        if (read.isPresent()) {
            DeskInfo info = read.get();
            node.put("documents", info.documents());
            node.put("passages", info.passages());
            node.put("pages", info.pages());
            node.put("diskBytes", info.diskBytes());
            node.put("readAt", info.readAt().toString());
            node.put("skips", info.skips().size());
            node.put("trouble", info.trouble());
        }
        return node;
    }

    private void make(Call call) throws Problem, Refusal, IOException {
        Fields fields = call.fields();
        String name = fields.neededText("name");
        OptionalLong bytesMax = fields.whole("diskBytesMax", 1, DiskQuota.HARD_MAX);
        fields.done();
        if (bytesMax.isPresent() && call.caller().role() != Key.Role.ADMIN) {
            throw Refusal.of(403, "forbidden", "the key %s has the role %s; diskBytesMax needs admin".formatted(call.caller().key(),
                    call.caller().role().word()));
        }
        if (name.contains("--")) {
            throw Refusal.field("name", "a desk's name has no two hyphens beside each other");
        }
        String stored = DeskNames.stored(call.caller(), name);
        if (bytesMax.isPresent()) {
            desks.make(stored, bytesMax.getAsLong());
        } else {
            desks.make(stored);
        }
        ObjectNode reply = json(name, Optional.empty());
        warn(reply, fields);
        call.reply(201, reply);
    }

    private static void warn(ObjectNode reply, Fields fields) {
        ArrayNode warnings = reply.putObject("longhand").putArray("warnings");
        fields.warnings().forEach(warnings::add);
    }

    private void show(Call call) throws Problem, Refusal, IOException {
        String stored = find(call);
        Optional<DeskInfo> info = desks.find(stored);
        ObjectNode reply = json(call.name("desk"), info);
        long tokens = asks.look(stored, desk -> DeskContents.of(desk).stream().mapToLong(DeskContents.Content::tokens).sum());
        reply.put("tokens", tokens);
        DeskRoom.State state = room.of(stored);
        reply.putObject("disk").put("bytes", state.deskBytes()).put("bytesMax", state.deskBytesMax())
                .put("teamBytes", state.teamBytes()).put("teamBytesMax", state.teamBytesMax());
        ArrayNode reading = reply.putArray("reading");
        for (Job each : reads.open(stored)) {
            reading.add(JobRoutes.json(each));
        }
        if (info.isPresent()) {
            ArrayNode skips = reply.putArray("skipped");
            info.get().skips().stream().limit(SKIPS_SHOWN).forEach(s -> skips.add(Json.object().put("path", s.path())
                    .put("reason", s.reason().label()).put("detail", s.detail())));
            ArrayNode fetched = reply.putArray("fetched");
            for (DeskPage each : desks.pages(stored)) {
                fetched.add(Json.object().put("address", each.address()).put("at", each.fetchedAt().toString())
                        .put("isCurrent", each.isCurrent()));
            }
        }
        call.reply(200, reply);
    }

    private void remove(Call call) throws Problem, Refusal, IOException {
        String stored = find(call);
        asks.remove(call, stored, reads);
        room.forget(stored);
        call.reply(200, Json.object().put("removed", call.name("desk")));
    }

    private void read(Call call) throws Problem, Refusal, IOException {
        call.reply(202, JobRoutes.json(submit(call, find(call))));
    }

    private Job submit(Call call, String stored) throws Problem {
        String root = desks.source(stored).text();
        return reads.read(new ReadOrder(stored, root, call.caller().account(), call.caller().key()));
    }

    private void documents(Call call) throws Problem, Refusal, IOException {
        ObjectNode reply = Json.object();
        ArrayNode data = reply.putArray("data");
        for (DeskContents.Content each : asks.look(find(call), DeskContents::of)) {
            data.add(Json.object().put("path", each.path()).put("passages", each.passages()).put("lines", each.lines())
                    .put("tokens", each.tokens()));
        }
        call.reply(200, reply);
    }

    private void add(Call call) throws Problem, Refusal, IOException {
        String stored = find(call);
        if (!desks.isMade(stored)) {
            throw Refusal.of(409, "conflict", "desk %s reads a folder of the server's machine and takes no uploads; "
                    .formatted(call.name("desk")) + "POST /v1/desks makes one that does");
        }
        Optional<String> name = call.query("name");
        ObjectNode reply = Json.object();
        if (name.isPresent()) {
            reply.put("path", uploads.put(stored, name.get(), call.body()));
        } else if (Form.isForm(call)) {
            Form form = Form.read(call.header("Content-Type").orElseThrow(), call.body());
            reply.set("files", uploads.putAll(stored, form.files()));
            ArrayNode warnings = reply.putObject("longhand").putArray("warnings");
            form.others().forEach(o -> warnings.add("%s is ignored: it is no file".formatted(DeskNames.cut(o))));
        } else {
            Fields fields = call.fields();
            String path = fields.neededText("path");
            fields.done();
            reply.put("path", uploads.copy(stored, path));
            warn(reply, fields);
        }
        reply.set("job", JobRoutes.json(submit(call, stored)));
        call.reply(202, reply);
    }

    private void lines(Call call) throws Problem, Refusal, IOException {
        String range = call.query("lines").orElse("1-" + LINES_MAX);
        Matcher matcher = LINES.matcher(range);
        if (!matcher.matches()) {
            throw Refusal.field("lines", "lines is %s; it must be as in 12 or 12-20".formatted(DeskNames.cut(range)));
        }
        int first = Integer.parseInt(matcher.group(1));
        int last = matcher.group(2) == null ? first : Integer.parseInt(matcher.group(2));
        if (last < first || last - first >= LINES_MAX) {
            throw Refusal.field("lines", "lines is %s; it must rise, and name at most %,d lines".formatted(range, LINES_MAX));
        }
        String path = call.name("path");
        DeskContents.Excerpt excerpt = asks.look(find(call), desk -> DeskContents.lines(desk, path, first, last));
        ObjectNode reply = Json.object();
        reply.put("path", path);
        reply.put("linesAll", excerpt.linesAll());
        reply.put("isAsRead", excerpt.isCurrent());
        ArrayNode lines = reply.putArray("lines");
        for (int i = 0; i < excerpt.lines().size(); i++) {
            lines.add(Json.object().put("number", excerpt.first() + i).put("text", excerpt.lines().get(i)));
        }
        call.reply(200, reply);
    }

    private void erase(Call call) throws Problem, Refusal, IOException {
        String stored = find(call);
        if (!desks.isMade(stored)) {
            throw Refusal.of(409, "conflict", "desk %s reads a folder of the server's machine; remove the file there".formatted(
                    call.name("desk")));
        }
        uploads.remove(stored, call.name("path"));
        ObjectNode reply = Json.object().put("removed", call.name("path"));
        reply.set("job", JobRoutes.json(submit(call, stored)));
        call.reply(202, reply);
    }
}
