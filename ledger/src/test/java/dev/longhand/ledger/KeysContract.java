package dev.longhand.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Problem;
import dev.longhand.store.DatabasePlace;
import dev.longhand.store.Store;
import dev.longhand.testkit.ManualClock;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What keys promise on any database. */
abstract class KeysContract {
    static final Key.Spec ANNA = new Key.Spec("anna", Key.Role.USER, "lab", "person:anna", 60, 10_000);

    private final ManualClock clock = new ManualClock();
    private Store store;
    private Keys keys;

    abstract DatabasePlace place();

    @BeforeEach
    void open() throws Problem {
        store = place().open();
        keys = new Keys(store, clock);
        clock.advance(Duration.ofDays(20_000).toNanos());
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void opensWithItsSecretAndNoOther() throws Problem {
        assertThat(keys.isAny()).isFalse();
        Keys.Added anna = keys.add(ANNA);
        Keys.Added bob = keys.add(new Key.Spec("bob", Key.Role.READ_ONLY, "", "person:bob", 0, 0));
        assertThat(keys.isAny()).isTrue();
        assertThat(anna.secret()).startsWith("lh_").hasSize(46).isNotEqualTo(bob.secret());
        assertThat(anna.toString()).doesNotContain(anna.secret());
        assertThat(keys.use(anna.secret()).map(Key::spec)).contains(ANNA);
        assertThat(keys.use(bob.secret()).map(Key::name)).contains("bob");
        char last = anna.secret().charAt(10) == 'a' ? 'b' : 'a';
        for (String each : List.of("", "lh_", "anna", anna.secret() + "a", anna.secret().substring(3),
                anna.secret().substring(0, 10) + last + anna.secret().substring(11), "lh_" + "a".repeat(100_000))) {
            assertThat(keys.use(each)).as(each).isEmpty();
        }
    }

    /** Goal: who reads the database opens nothing with it. Method: every column of every row as text. */
    @Test
    void keepsNoSecret() throws Problem {
        String secret = keys.add(ANNA).secret();
        String row = store.read(tx -> tx.row("SELECT * FROM access_key", r -> {
            StringBuilder all = new StringBuilder();
            for (int i = 1; i <= r.getMetaData().getColumnCount(); i++) {
                byte[] bytes = r.getMetaData().getColumnName(i).equals("sha256") ? r.getBytes(i) : new byte[0];
                all.append(bytes.length > 0 ? HexFormat.of().formatHex(bytes) : r.getString(i)).append('\n');
            }
            return all.toString();
        }).orElseThrow());
        assertThat(row).contains(dev.longhand.base.Sha256.of(secret).hex()).doesNotContain(secret.substring(3));
    }

    @Test
    void opensNothingOnceItIsRevoked() throws Problem {
        String secret = keys.add(ANNA).secret();
        Key revoked = keys.revoke("anna");
        assertThat(revoked.revoked()).contains(clock.now());
        assertThat(keys.use(secret)).isEmpty();
        assertThat(keys.isAny()).isFalse();
        clock.advance(1_000_000);
        assertThat(keys.revoke("anna")).isEqualTo(revoked);
        assertThat(keys.after("")).containsExactly(revoked);
        assertThat(keys.after("anna")).isEmpty();
        assertThatThrownBy(() -> keys.revoke("bob")).isInstanceOf(Problem.class).hasMessageContaining("no key \"bob\"");
        assertThatThrownBy(() -> keys.add(ANNA)).isInstanceOf(Problem.class).hasMessageContaining("or there was");
    }

    @Test
    void notesItsUseToTheHour() throws Problem {
        String secret = keys.add(ANNA).secret();
        assertThat(keys.after("").getFirst().used()).isEmpty();
        clock.advance(Duration.ofMinutes(90).toNanos());
        keys.use(secret);
        Optional<java.time.Instant> first = keys.after("").getFirst().used();
        assertThat(first.orElseThrow()).isBeforeOrEqualTo(clock.now()).isAfter(clock.now().minus(Duration.ofHours(1)));
        long works = store.counters().works();
        keys.use(secret);
        assertThat(store.counters().works()).isEqualTo(works);
        clock.advance(Duration.ofHours(2).toNanos());
        keys.use(secret);
        assertThat(keys.after("").getFirst().used()).contains(first.get().plus(Duration.ofHours(2)));
    }

    @Test
    void refusesWhatIsNoKey() {
        for (Key.Spec each : List.of(new Key.Spec("", Key.Role.USER, "", "person:a", 0, 0),
                new Key.Spec("a b", Key.Role.USER, "", "person:a", 0, 0),
                new Key.Spec("a", Key.Role.USER, "../b", "person:a", 0, 0),
                new Key.Spec("a", Key.Role.USER, "", "anna", 0, 0), new Key.Spec("a", Key.Role.USER, "", "person:a", -1, 0),
                new Key.Spec("a", Key.Role.USER, "", "person:a", 0, Long.MAX_VALUE))) {
            assertThatThrownBy(() -> keys.add(each)).as(each.toString()).isInstanceOf(Problem.class);
        }
    }
}
