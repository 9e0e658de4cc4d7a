package dev.longhand.server;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.ledger.Key;
import dev.longhand.ledger.Keys;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Admits who shows a key, as often as the key allows. Requests and tokens of a minute are counted by a bucket that fills evenly:
 * after a pause a minute's worth may come at once. What a request takes of tokens is known when it has ended, so a key may go below
 * nothing, by all requests that run at the same time, and then waits until that is paid back. Counts are of this process and begin
 * anew with it. Thread-safe.
 */
final class KeyGuard implements Guard {
    private final Keys keys;
    private final Clock clock;
    private final Map<String, Buckets> buckets = new ConcurrentHashMap<>();

    KeyGuard(Keys keys, Clock clock) {
        this.keys = keys;
        this.clock = clock;
    }

    @Override
    public Caller admit(Optional<String> secret) throws Refusal {
        if (secret.isEmpty() || secret.get().isEmpty()) {
            throw Refusal.of(401, "missing_key", "this server needs a key; send it as \"Authorization: Bearer lh_...\" or as "
                    + "\"X-Api-Key: lh_...\"; 'longhand keys add NAME' makes one");
        }
        Key key;
        try {
            key = keys.use(secret.get()).orElseThrow(() -> Refusal.of(401, "invalid_key",
                    "the key is wrong or was revoked; who looks after this server lists keys with 'longhand keys ls'"));
        } catch (Problem e) {
            throw Refusal.of(e);
        }
        Optional<Duration> wait = buckets.computeIfAbsent(key.name(), n -> new Buckets()).take(key.spec(), clock.nanos());
        if (wait.isPresent()) {
            throw Refusal.tooOften("the key %s may make %s; come again in %,d s".formatted(key.name(), limits(key.spec()),
                    Math.max(1, wait.get().plusMillis(999).toSeconds())), wait.get());
        }
        return new Caller(key.name(), key.spec().role(), key.spec().team(), key.spec().account());
    }

    private static String limits(Key.Spec spec) {
        String requests = spec.requestsPerMinute() == 0 ? "" : "%,d requests".formatted(spec.requestsPerMinute());
        String tokens = spec.tokensPerMinute() == 0 ? "" : "use %,d tokens".formatted(spec.tokensPerMinute());
        return requests + (requests.isEmpty() || tokens.isEmpty() ? "" : " and ") + tokens + " per minute";
    }

    @Override
    public void used(Caller caller, long tokens) {
        Buckets of = buckets.get(caller.key());
        if (of != null && tokens > 0) {
            of.useTokens(tokens);
        }
    }

    /** What a key may take now. */
    private static final class Buckets {
        private final Bucket requests = new Bucket();
        private final Bucket tokens = new Bucket();

        /** Takes a request; or takes nothing, and says how long to wait. */
        synchronized Optional<Duration> take(Key.Spec spec, long now) {
            requests.fill(spec.requestsPerMinute(), now);
            tokens.fill(spec.tokensPerMinute(), now);
            Optional<Duration> wait = requests.waitFor(spec.requestsPerMinute());
            Optional<Duration> other = tokens.waitFor(spec.tokensPerMinute());
            if (wait.isEmpty() && other.isEmpty()) {
                requests.left--;
                return Optional.empty();
            }
            return wait.isEmpty() || other.isPresent() && other.get().compareTo(wait.get()) > 0 ? other : wait;
        }

        synchronized void useTokens(long count) {
            tokens.left -= count;
        }
    }

    private static final class Bucket {
        private static final double MINUTE_NANOS = 60e9;

        private double left;
        private long filledAt;
        private long limit;

        void fill(long perMinute, long now) {
            left = perMinute != limit ? perMinute : Math.min(perMinute, left + (now - filledAt) * (perMinute / MINUTE_NANOS));
            limit = perMinute;
            filledAt = now;
        }

        /** Until there is one. */
        Optional<Duration> waitFor(long perMinute) {
            return perMinute == 0 || left >= 1 ? Optional.empty()
                    : Optional.of(Duration.ofNanos((long) Math.ceil((1 - left) * MINUTE_NANOS / perMinute)));
        }
    }
}
