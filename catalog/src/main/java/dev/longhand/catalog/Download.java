package dev.longhand.catalog;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.base.Units;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One file by HTTP into a {@link PartFile}: resumed by range, retried with growing waits, never longer than stated.
 *
 * <p>Knows nothing of digests but what the server states; the caller checks. A resume asks with {@code If-Range}, so bytes of two
 * versions never mix; without a strong validator it resumes only where {@code canCheck} says that a digest will be compared.
 */
final class Download {
    /** What to fetch: the address, its name in messages and listings, and whether a digest is known beforehand. */
    record Wanted(URI uri, String name, boolean canCheck) {}

    /** A failure after which the same request may succeed. */
    private static final class Again extends IOException {
        private static final long serialVersionUID = 1;
        private final Duration wait;

        Again(String message, Duration wait) {
            super(message);
            this.wait = wait;
        }
    }

    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d{1,18})-(\\d{1,18})/(\\d{1,18}|\\*)");

    private final Http http;
    private final Hub hub;
    private final Limits limits;
    private final Clock clock;
    private final SpaceCheck space;
    private final Progress progress;
    private Optional<Sha256> stated = Optional.empty();

    Download(Http http, Settings settings, Clock clock, SpaceCheck space, Progress progress) {
        this.http = http;
        this.hub = new Hub(http, settings);
        this.limits = settings.limits();
        this.clock = clock;
        this.space = space;
        this.progress = progress;
    }

    /** Brings the whole file into {@code part}; returns the digest the server stated, if any. */
    Optional<Sha256> fetch(Wanted wanted, PartFile part) throws Problem {
        int fruitless = 0;
        for (int tries = 1; ; tries++) {
            long before = part.bytes();
            try {
                attempt(wanted, part, tries == 1 ? limits.firstAnswer() : patience());
                progress.ended();
                return stated;
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new Problem(Problem.Kind.CANCELLED, "the download of " + wanted.name()
                        + " was stopped; the next pull goes on from there");
            } catch (IOException e) {
                progress.ended();
                if (e instanceof Http.NoAnswer && tries == 1) {
                    throw new Problem(Problem.Kind.UNAVAILABLE, e.getMessage(), e);
                }
                long now = part.bytes();
                fruitless = now > before ? 0 : fruitless + 1;
                giveUpAfterTooMany(wanted, new Tally(tries, fruitless, now), e);
                await(wanted, waitBefore(fruitless, e), e.getMessage() + " at " + Units.bytes(now));
            }
        }
    }

    /** A source that has answered once gets more time for its next answer. */
    private Duration patience() {
        return limits.stall().compareTo(limits.firstAnswer()) > 0 ? limits.stall() : limits.firstAnswer();
    }

    private record Tally(int tries, int fruitless, long bytes) {}

    private void giveUpAfterTooMany(Wanted wanted, Tally tally, IOException last) throws Problem {
        if (tally.fruitless() >= limits.fruitlessTriesMax() || tally.tries() >= limits.triesMax()) {
            String kept = tally.bytes() > 0 ? "; " + Units.bytes(tally.bytes()) + " are kept and the next pull goes on from there"
                    : "";
            throw new Problem(Problem.Kind.UNAVAILABLE,
                    "%s: gave up after %d tries: %s%s".formatted(wanted.name(), tally.tries(), last.getMessage(), kept), last);
        }
    }

    private Duration waitBefore(int fruitless, IOException e) {
        Duration backoff = limits.backoffFirst().multipliedBy(1L << Math.min(20, Math.max(0, fruitless - 1)));
        Duration asked = e instanceof Again again ? again.wait : Duration.ZERO;
        Duration wait = asked.compareTo(backoff) > 0 ? asked : backoff;
        return wait.compareTo(limits.backoffMax()) > 0 ? limits.backoffMax() : wait;
    }

    private void await(Wanted wanted, Duration wait, String why) throws Problem {
        progress.note("%s: %s; trying again in %s".formatted(wanted.name(), why, Units.seconds(wait.toMillis() / 1e3)));
        try {
            clock.sleep(wait.toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem(Problem.Kind.CANCELLED, "the download of " + wanted.name() + " was stopped");
        }
    }

    private void attempt(Wanted wanted, PartFile part, Duration wait) throws IOException, InterruptedException, Problem {
        long have = part.bytes();
        Optional<PartFile.Info> info = part.info();
        boolean resumes = have > 0 && info.isPresent() && (wanted.canCheck() || !info.get().etag().isEmpty());
        Map<String, String> headers = new HashMap<>();
        if (resumes) {
            headers.put("Range", "bytes=" + have + "-");
            if (!info.get().etag().isEmpty()) {
                headers.put("If-Range", info.get().etag());
            }
        }
        try (Http.Reply reply = http.get(wanted.uri(), headers, wait)) {
            stated = Hub.statedDigest(reply.endpoint()).or(() -> stated);
            switch (reply.status()) {
                case 200 -> whole(wanted, part, reply, have);
                case 206 -> rest(wanted, part, reply, have);
                case 416 -> unsatisfiable(part, reply, have);
                default -> throw refusal(wanted, reply);
            }
        }
    }

    private void whole(Wanted wanted, PartFile part, Http.Reply reply, long have)
            throws IOException, InterruptedException, Problem {
        long total = reply.last().firstValueAsLong("Content-Length").orElse(-1);
        if (have > 0) {
            progress.note(wanted.name() + ": the server has another version or cannot resume; starting over");
        }
        checkSize(wanted, total);
        part.clear();
        space.require(part.data(), Math.max(total, 0));
        part.begin(new PartFile.Info(wanted.name(), wanted.uri().toString(), strong(reply.header("ETag")), total));
        copy(wanted, part, reply, total);
    }

    private void rest(Wanted wanted, PartFile part, Http.Reply reply, long have) throws IOException, InterruptedException, Problem {
        Matcher range = CONTENT_RANGE.matcher(reply.header("Content-Range").orElse(""));
        long total = part.info().map(PartFile.Info::totalBytes).orElse(-1L);
        boolean fits = range.matches() && Long.parseLong(range.group(1)) == have
                && (total < 0 || range.group(3).equals("*") || Long.parseLong(range.group(3)) == total);
        if (!fits) {
            part.clear();
            throw new Again("the server sent another range than asked; starting over", Duration.ZERO);
        }
        long whole = total >= 0 || range.group(3).equals("*") ? total : Long.parseLong(range.group(3));
        checkSize(wanted, whole);
        space.require(part.data(), Math.max(whole - have, 0));
        copy(wanted, part, reply, whole);
    }

    /** The server has no byte beyond ours: ours are all, or of another version. */
    private static void unsatisfiable(PartFile part, Http.Reply reply, long have) throws IOException, Problem {
        if (!reply.header("Content-Range").orElse("").equals("bytes */" + have)) {
            part.clear();
            throw new Again("the file is now shorter than what was fetched; starting over", Duration.ZERO);
        }
    }

    private void copy(Wanted wanted, PartFile part, Http.Reply reply, long total)
            throws IOException, InterruptedException, Problem {
        String what = "fetching " + wanted.name();
        try (FileChannel out = open(part.data())) {
            long done = out.size();
            progress.advanced(what, done, total);
            for (List<ByteBuffer> batch; (batch = reply.body().next(limits.stall())) != null; ) {
                for (ByteBuffer each : batch) {
                    done += each.remaining();
                    if (done > (total >= 0 ? total : limits.modelBytesMax())) {
                        throw new Again("the server sent more than the " + total + " bytes it announced", Duration.ZERO);
                    }
                    write(out, each, part.data());
                }
                progress.advanced(what, done, total);
            }
            if (total >= 0 && done != total) {
                throw new Again("the connection was cut", Duration.ZERO);
            }
            force(out, part.data());
        }
    }

    private static FileChannel open(Path data) throws Problem {
        try {
            return FileChannel.open(data, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw Disk.problem("opening", data, e);
        }
    }

    private static void write(FileChannel out, ByteBuffer bytes, Path data) throws Problem {
        try {
            while (bytes.hasRemaining()) {
                out.write(bytes);
            }
        } catch (IOException e) {
            throw Disk.problem("writing", data, e);
        }
    }

    private static void force(FileChannel out, Path data) throws Problem {
        try {
            out.force(true);
        } catch (IOException e) {
            throw Disk.problem("forcing", data, e);
        }
    }

    private void checkSize(Wanted wanted, long total) throws Problem {
        if (total > limits.modelBytesMax()) {
            throw new Problem(Problem.Kind.LIMIT, "%s has %s; the limit is %s".formatted(wanted.name(), Units.bytes(total),
                    Units.bytes(limits.modelBytesMax())));
        }
    }

    /** A weak validator does not promise equal bytes and is not kept. */
    private static String strong(Optional<String> etag) {
        return etag.filter(e -> e.length() <= 512 && e.startsWith("\"")).orElse("");
    }

    private Problem refusal(Wanted wanted, Http.Reply reply) throws IOException {
        int status = reply.status();
        if (status == 408 || status == 429 || status / 100 == 5) {
            String why = status == 429 ? "answers that there were too many requests (429)" : "answers " + status;
            throw new Again(reply.host() + " " + why, retryAfter(reply));
        }
        return hub.refusal(wanted.name(), reply.host(), status);
    }

    private static Duration retryAfter(Http.Reply reply) {
        String value = reply.header("Retry-After").orElse("").strip();
        return value.matches("\\d{1,6}") ? Duration.ofSeconds(Long.parseLong(value)) : Duration.ZERO;
    }
}
