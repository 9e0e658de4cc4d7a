package dev.longhand.cli;

import dev.longhand.base.OwnerLock;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLException;
import tools.jackson.databind.JsonNode;

/**
 * The server of this data directory, from another process: its lock file says which and where, and its answer that it is the one.
 * So neither a file that a dead server left nor a stranger on its port is taken for it. Used by one thread.
 */
final class LiveServer implements AutoCloseable {
    /** The key that is shown to a server that needs one. */
    static final String KEY = "LONGHAND_API_KEY";
    private static final Duration CONNECT_TIME = Duration.ofSeconds(2);
    private static final Duration LOOK_TIME = Duration.ofSeconds(10);
    private static final int REPLY_BYTES_MAX = 64 << 20;

    private final World world;
    private final String address;
    private final long pid;
    private final HttpClient client;

    private LiveServer(World world, String address, long pid) {
        this.world = world;
        this.address = address;
        this.pid = pid;
        this.client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(CONNECT_TIME).build();
    }

    /** The server went away before its answer was whole. */
    static final class Gone extends Problem {
        Gone(LiveServer server, Throwable cause) {
            super(Kind.UNAVAILABLE, ("the server at %s (process %d) went away before its answer was whole; ask again: without a "
                    + "server the command works by itself").formatted(server.address, server.pid), cause);
        }
    }

    /** What came of looking for a server. */
    enum State {
        /** None was started, or it has ended. */
        NONE,
        /** It loads its models. */
        STARTING,
        /** Its process may be there, but it does not answer. */
        SILENT,
        /** It answers others only. */
        CLOSED,
        LIVE
    }

    /**
     * What was found.
     *
     * @param server there where the state is {@link State#LIVE}
     * @param about  what it says of itself, as {@code GET /v1/server} has it
     * @param why    it cannot be used, a sentence for people; empty where there is none or it can
     */
    record Found(State state, Optional<LiveServer> server, JsonNode about, String why) implements AutoCloseable {
        private static Found without(State state, String why) {
            return new Found(state, Optional.empty(), Json.missing(), why);
        }

        @Override
        public void close() {
            server.ifPresent(LiveServer::close);
        }
    }

    /** Looks for it. Costs nothing where no server was started. */
    static Found find(World world) throws Problem {
        Optional<OwnerLock.Owner> owner = OwnerLock.owner(world.home().serverLock());
        if (owner.isEmpty() || !owner.get().mayRun()) {
            return Found.without(State.NONE, "");
        }
        long pid = owner.get().pid();
        if (owner.get().told().isEmpty()) {
            return Found.without(State.STARTING, "the server in process %d is just starting".formatted(pid));
        }
        LiveServer server = new LiveServer(world, owner.get().told(), pid);
        Found found = server.look();
        if (found.server.isEmpty()) {
            server.close();
        }
        return found;
    }

    /** Says that a command which always loads the model does so beside a server. Asks it nothing. */
    static void noteUnused(World world) throws Problem {
        OwnerLock.owner(world.home().serverLock()).filter(OwnerLock.Owner::mayRun).ifPresent(owner -> world.note(world.noteStyle()
                .dim("this command does not use the server in process %d; the model is loaded here".formatted(owner.pid()))));
    }

    private Found look() throws Problem {
        try {
            HttpResponse<InputStream> response = client.send(request("/v1/server").timeout(LOOK_TIME).build(),
                    HttpResponse.BodyHandlers.ofInputStream());
            JsonNode body;
            try (InputStream in = response.body()) {
                body = Json.read(in.readNBytes(REPLY_BYTES_MAX));
            }
            if (response.statusCode() == 200 && body.path("pid").asLong(-1) == pid) {
                return new Found(State.LIVE, Optional.of(this), body, "");
            }
            if (response.statusCode() == 401 || response.statusCode() == 403) {
                return Found.without(State.CLOSED, ("the server at %s needs a key: put one into %s ('longhand keys add NAME' makes "
                        + "one)").formatted(address, KEY));
            }
            return Found.without(State.SILENT, "something at %s answers, but not as the server in process %d would".formatted(
                    address, pid));
        } catch (SSLException e) {
            return Found.without(State.CLOSED, "the server at %s has a certificate that this machine does not trust".formatted(
                    address));
        } catch (IOException | IllegalArgumentException e) {
            return Found.without(State.SILENT, "the server at %s (process %d) does not answer".formatted(address, pid));
        } catch (InterruptedException e) {
            throw new Problem(Problem.Kind.CANCELLED, "stopped", e);
        }
    }

    String address() {
        return address;
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(address + path));
        String key = world.environment().getOrDefault(KEY, "").strip();
        if (!key.isEmpty() && key.chars().noneMatch(c -> c <= ' ' || c > '~')) {
            request.header("Authorization", "Bearer " + key);
        }
        return request;
    }

    private static HttpRequest.Builder post(HttpRequest.Builder request, Map<String, Object> body) {
        return request.header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofByteArray(Json.bytes(body)));
    }

    JsonNode get(String path) throws Problem {
        return reply(request(path).timeout(LOOK_TIME), () -> world.interrupts().isCancelled());
    }

    /** @param isCancelled is asked when the thread is interrupted, which ends the request */
    JsonNode post(String path, Map<String, Object> body, BooleanSupplier isCancelled) throws Problem {
        return reply(post(request(path), body), isCancelled);
    }

    private JsonNode reply(HttpRequest.Builder request, BooleanSupplier isCancelled) throws Problem {
        JsonNode[] reply = new JsonNode[1];
        send(request.build(), isCancelled, in -> reply[0] = Json.read(in.readNBytes(REPLY_BYTES_MAX)));
        return reply[0];
    }

    /** Takes an event of a stream; true if it was the last one. */
    @FunctionalInterface
    interface Taker {
        boolean take(String kind, JsonNode data) throws Problem;
    }

    /**
     * Sends a request whose answer is a stream of events; returns after the last one.
     *
     * @param isCancelled is asked before each event and when the thread is interrupted; true ends the request, here and there
     * @throws Problem    {@link Gone} if the stream ends before its last event; CANCELLED if that was wanted
     */
    void stream(String path, Map<String, Object> body, BooleanSupplier isCancelled, Taker taker) throws Problem {
        send(post(request(path), body).build(), isCancelled, in -> {
            ServerEvents events = new ServerEvents(in);
            boolean isLast = false;
            while (!isLast) {
                ServerEvents.Event event = events.next().orElseThrow(() -> new Gone(this, null));
                check(isCancelled);
                if (event.data().has("error")) {
                    throw ServerProblem.of(event.data(), 0);
                }
                isLast = taker.take(event.kind(), event.data());
            }
        });
    }

    /** What is done with an answer that is none of an error. */
    @FunctionalInterface
    private interface Use {
        void of(InputStream body) throws Problem, IOException;
    }

    private void send(HttpRequest request, BooleanSupplier isCancelled, Use use) throws Problem {
        world.interrupts().wakes(Thread.currentThread());
        try {
            HttpResponse<InputStream> response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream in = response.body()) {
                if (response.statusCode() >= 300) {
                    throw ServerProblem.of(Json.read(in.readNBytes(REPLY_BYTES_MAX)), response.statusCode());
                }
                use.of(in);
            }
        } catch (IOException e) {
            check(isCancelled);
            throw new Gone(this, e);
        } catch (InterruptedException e) {
            throw new Problem(Problem.Kind.CANCELLED, "stopped", e);
        } finally {
            world.interrupts().wakes(null);
            Thread.interrupted(); // by a Ctrl-C that came too late
        }
    }

    private static void check(BooleanSupplier isCancelled) throws Problem {
        if (isCancelled.getAsBoolean()) {
            throw new Problem(Problem.Kind.CANCELLED, "stopped");
        }
    }

    /** Ends what runs. */
    @Override
    public void close() {
        client.shutdownNow();
    }
}
