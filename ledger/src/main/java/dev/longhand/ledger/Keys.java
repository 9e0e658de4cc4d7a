package dev.longhand.ledger;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.store.Schema;
import dev.longhand.store.Store;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;

/**
 * The keys of a server's clients. A secret is 32 random bytes, shown once; kept is its SHA-256, which is enough as nobody guesses
 * 32 random bytes. They lie beside the accounts that they spend from, so that every tool that opens the books knows their tables.
 * Thread-safe; several processes may share one database, and a key that one revokes opens nothing in the others at once.
 */
public final class Keys {
    public static final Schema SCHEMA = new Schema("keys", "dev/longhand/ledger/keys", 1);
    /** Keys that are not revoked. Each is looked at for each request, so that a request's time says nothing of the secrets. */
    public static final int KEYS_MAX = 1_000;
    /** What a secret begins with, so that people and tools that look for leaked secrets know it. */
    public static final String PREFIX = "lh_";
    private static final int SECRET_BYTES = 32;
    private static final int SECRET_CHARS_MAX = 200;
    /** Uses within it are one: a use costs a write. */
    private static final long USED_MICROS = 3_600_000_000L;
    private static final String COLUMNS = "name, role, team, account, requests_per_minute, tokens_per_minute, created_micros, "
            + "used_micros, revoked_micros";

    private final Store store;
    private final Clock clock;
    private final SecureRandom random = new SecureRandom();

    /** Keys in a store that was opened with {@link #SCHEMA}. */
    public Keys(Store store, Clock clock) {
        this.store = store;
        this.clock = clock;
    }

    /** A new key and its secret, which nobody can tell again. */
    public record Added(Key key, String secret) {
        /** Without the secret: this may end in a log. */
        @Override
        public String toString() {
            return "Added[" + key + "]";
        }
    }

    /** Who pays for a key where nothing else is said. */
    public static String account(String name) {
        return "person:" + name;
    }

    /** Makes a key. The name must be new. */
    public Added add(Key.Spec wish) throws Problem {
        Key.Spec spec = wish.checked();
        byte[] bytes = new byte[SECRET_BYTES];
        random.nextBytes(bytes);
        String secret = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        long now = Times.micros(clock.now());
        store.write(tx -> {
            if (tx.number("SELECT COUNT(*) FROM access_key WHERE name = ?", spec.name()) > 0) {
                throw new Problem(Problem.Kind.USAGE, "there is a key %s, or there was; choose another name, as the books name keys"
                        .formatted(spec.name()));
            }
            if (tx.number("SELECT COUNT(*) FROM access_key WHERE revoked_micros = 0") >= KEYS_MAX) {
                throw new Problem(Problem.Kind.LIMIT, "there are %,d keys, which is the most; revoke one first"
                        .formatted(KEYS_MAX));
            }
            tx.update("INSERT INTO access_key (" + COLUMNS + ", sha256) VALUES (?, ?, ?, ?, ?, ?, ?, 0, 0, ?)", spec.name(),
                    spec.role().name(), spec.team(), spec.account(), spec.requestsPerMinute(), spec.tokensPerMinute(), now,
                    digest(secret));
            return null;
        });
        return new Added(new Key(spec, Times.instant(now), Optional.empty(), Optional.empty()), secret);
    }

    /** All keys by name after {@code last}, revoked ones too; at most {@link #KEYS_MAX}, none when the end is reached. */
    public List<Key> after(String last) throws Problem {
        return store.read(tx -> tx.rows("SELECT " + COLUMNS + " FROM access_key WHERE name > ? ORDER BY name LIMIT " + KEYS_MAX,
                Keys::key, last));
    }

    /** Whether any key opens anything. */
    public boolean isAny() throws Problem {
        return store.read(tx -> tx.number("SELECT COUNT(*) FROM access_key WHERE revoked_micros = 0")) > 0;
    }

    /** From now on the key opens nothing. Revoked again, it stays as it is. */
    public Key revoke(String name) throws Problem {
        long now = Times.micros(clock.now());
        return store.write(tx -> {
            tx.update("UPDATE access_key SET revoked_micros = ? WHERE name = ? AND revoked_micros = 0", now, name);
            return tx.row("SELECT " + COLUMNS + " FROM access_key WHERE name = ?", Keys::key, name)
                    .orElseThrow(() -> new Problem(Problem.Kind.NOT_FOUND, "there is no key \"%s\"; 'longhand keys ls' lists them"
                            .formatted(Key.shown(name))));
        });
    }

    private record Kept(byte[] digest, Key key) {}

    /** The key that the secret is of, if it is one and was not revoked; notes that it was used. */
    public Optional<Key> use(String secret) throws Problem {
        if (!secret.startsWith(PREFIX) || secret.length() > SECRET_CHARS_MAX) {
            return Optional.empty();
        }
        byte[] digest = digest(secret);
        List<Kept> all = store.read(tx -> tx.rows("SELECT " + COLUMNS + ", sha256 FROM access_key WHERE revoked_micros = 0",
                row -> new Kept(row.getBytes("sha256"), key(row))));
        Optional<Key> found = Optional.empty();
        for (Kept each : all) {
            if (MessageDigest.isEqual(each.digest, digest)) {
                found = Optional.of(each.key);
            }
        }
        found.ifPresent(this::noteUse);
        return found;
    }

    /** Of use to people only, so that a disk that takes nothing keeps nobody out: it is noted at the next use. */
    private void noteUse(Key key) {
        long now = Times.micros(clock.now());
        long hour = now - Math.floorMod(now, USED_MICROS);
        if (key.used().map(Times::micros).orElse(0L) < hour) {
            try {
                store.write(tx -> tx.update("UPDATE access_key SET used_micros = ? WHERE name = ? AND used_micros < ?", hour,
                        key.name(), hour));
            } catch (Problem e) {
                return;
            }
        }
    }

    private static byte[] digest(String secret) {
        return HexFormat.of().parseHex(Sha256.of(secret.getBytes(StandardCharsets.UTF_8)).hex());
    }

    private static Key key(ResultSet row) throws SQLException {
        Key.Spec spec = new Key.Spec(row.getString("name"), Key.Role.valueOf(row.getString("role")), row.getString("team"),
                row.getString("account"), row.getLong("requests_per_minute"), row.getLong("tokens_per_minute"));
        return new Key(spec, Times.instant(row.getLong("created_micros")), time(row.getLong("used_micros")),
                time(row.getLong("revoked_micros")));
    }

    private static Optional<Instant> time(long micros) {
        return micros == 0 ? Optional.empty() : Optional.of(Times.instant(micros));
    }
}
