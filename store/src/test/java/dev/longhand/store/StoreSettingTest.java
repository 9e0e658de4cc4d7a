package dev.longhand.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.longhand.base.Problem;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The setting {@code store}, right and wrong. */
class StoreSettingTest {
    private static final Path FILE = Path.of("longhand.db").toAbsolutePath();

    /** Goal: without a setting the books are in the data directory. */
    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "  "})
    void meansTheFileWhenItIsBlank(String text) throws Problem {
        assertEquals(new StoreSetting.Sqlite(FILE), StoreSetting.parse(text, FILE));
    }

    /** Goal: every part of the address arrives. */
    @Test
    void readsAnAddress() throws Problem {
        assertEquals(new StoreSetting.Postgres("db.example", 5433, "books", "ann", "s@c:ret+", Map.of("sslmode", "verify-full")),
                StoreSetting.parse("postgresql://ann:s%40c:ret+@db.example:5433/books?sslmode=verify-full", FILE));
        assertEquals(new StoreSetting.Postgres("db", 5432, "books", "", "", Map.of()), StoreSetting.parse("postgres://db/books",
                FILE));
    }

    /** Goal: a malformed setting is named with its rule, and no password is repeated. Method: a table of bad ones. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "mysql://ann:s3cret@db/books | it begins with \"mysql\"",
        "/var/lib/longhand.db | it has no scheme",
        "postgresql://ann:s3cret@/books | it names no host",
        "postgresql:///books | it names no host",
        "postgresql://ann:s3cret@db_1/books | it names no host",
        "postgresql://ann:s3cret@db:99999/books | its port is 99999",
        "postgresql://ann:s3cret@db:0/books | its port is 0",
        "postgresql://ann:s3cret@db | it must name one database",
        "postgresql://ann:s3cret@db/ | it must name one database",
        "postgresql://ann:s3cret@db/a/b | it must name one database",
        "postgresql://ann:s3cret@db/a?socketFactory=evil | it has an option \"socketFactory\"",
        "postgresql://ann:s3cret@db/a?sslmode | it has an option \"sslmode\"",
        "postgresql://ann:s3cret%@db/a | at character",
        "postgresql://ann:s3cret@db /a | at character",
    })
    void refusesAMalformedSetting(String text, String why) {
        Problem problem = assertThrows(Problem.class, () -> StoreSetting.parse(text, FILE));
        assertEquals(Problem.Kind.USAGE, problem.kind());
        assertThat(problem).hasMessageContaining(why).hasMessageContaining("the setting store is not understood")
                .hasMessageContaining("write store = ");
        assertThat(problem.getMessage()).doesNotContain("s3cret");
    }
}
