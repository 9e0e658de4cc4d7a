package dev.longhand.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Goal: a place is due at the n-th time and at no other, and a wrong setting is told. Method: reach places, without the halt. */
class FailpointsTest {
    @Test
    void isDueAtTheNthTime() {
        Failpoints set = Failpoints.parse("store.before-commit:3");
        assertThat(set.isDue("store.before-commit")).isFalse();
        assertThat(set.isDue("store.after-commit")).isFalse();
        assertThat(set.isDue("store.before-commit")).isFalse();
        assertThat(set.isDue("store.before-commit")).isTrue();
        assertThat(set.isDue("store.before-commit")).isFalse();
        assertThat(Failpoints.parse("store.before-commit").isDue("store.before-commit")).isTrue();
    }

    @Test
    void doesNothingWhenNoneIsSet() {
        assertThat(Failpoints.parse("")).isNull();
        Failpoints.reach("store.before-commit");
    }

    @ParameterizedTest
    @ValueSource(strings = {"store", "store.", "store.x:0", "store.x:-1", "store.x:n", "store.x:9999999999", "Store.x"})
    void refusesAWrongSetting(String text) {
        assertThatThrownBy(() -> Failpoints.parse(text)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(text);
    }
}
