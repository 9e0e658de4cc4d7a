package dev.longhand.desk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Disk;
import dev.longhand.base.Sha256;
import dev.longhand.ingest.Sketch;
import dev.longhand.ingest.Skip;
import dev.longhand.testkit.Gen;
import dev.longhand.testkit.Mutator;
import dev.longhand.testkit.Mutator.Field;
import dev.longhand.testkit.Mutator.Kind;
import dev.longhand.testkit.Mutator.Mutant;
import dev.longhand.testkit.Seed;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: a damaged catalogue is said to be unusable and never believed; one whose checksum was made to fit is read or refused, and
 * nothing else happens. Method: a {@link Mutator} that knows where the catalogue's lengths and entries stand.
 */
class DamagedCatalogueTest {
    private static final Seed SEED = Seed.of("desk", DamagedCatalogueTest.class, 13);
    private static final int MUTANTS = Integer.getInteger("mutants", 2_000);
    private static final int DIGEST_BYTES = 32;
    private static final int ENTRIES = 5;

    @TempDir
    private Path temp;

    private Path file;
    private byte[] whole;

    @BeforeEach
    void writeCatalogue() throws Exception {
        TreeMap<String, Catalogue.Entry> entries = new TreeMap<>();
        for (int i = 0; i < ENTRIES; i++) {
            String path = "folder/file-" + i + ".md";
            Skip skip = i == 3 ? new Skip(path, Skip.Reason.values()[0], "why") : null;
            entries.put(path, new Catalogue.Entry(path, new Catalogue.Stat(100 + i, 7, "key-" + i), Sha256.of(path), i,
                    i == 1 ? new Catalogue.Gist(7, Sketch.of(new byte[Sketch.BYTES])) : null, skip));
        }
        file = temp.resolve("catalogue");
        CatalogueFile.write(Disk.REAL, file, new Catalogue("/papers", "settings", "c0ffee", 4, 5, entries,
                List.of(new Skip("a.bin", Skip.Reason.values()[0], "bytes"))));
        whole = Files.readAllBytes(file);
    }

    /** Lengths before each text, counts, and entries: found by their known texts. */
    private Mutator mutator(byte[] bytes) {
        List<Field> fields = new ArrayList<>();
        List<Integer> entries = new ArrayList<>();
        for (int at = 8; at + 4 < bytes.length; at++) {
            int length = ByteBuffer.wrap(bytes).getInt(at);
            if (length > 0 && length < 40 && at + 4 + length <= bytes.length) {
                fields.add(new Field(Kind.LENGTH, at, 4));
                if (new String(bytes, at + 4, length, StandardCharsets.UTF_8).startsWith("folder/file-")) {
                    entries.add(at);
                }
            }
        }
        for (int i = 0; i + 1 < entries.size(); i++) {
            fields.add(new Field(Kind.RECORD, entries.get(i), entries.get(i + 1) - entries.get(i)));
        }
        return new Mutator(bytes, ByteOrder.BIG_ENDIAN, fields);
    }

    private static List<Mutant> mutants(Mutator mutator) {
        List<Mutant> mutants = new ArrayList<>(mutator.systematic());
        Gen gen = SEED.gen();
        for (int i = 0; i < MUTANTS; i++) {
            mutants.add(mutator.random(gen));
        }
        return mutants;
    }

    @Test
    void believesNoDamagedByte() throws Exception {
        for (Mutant each : mutants(mutator(whole))) {
            Files.write(file, each.bytes());
            try {
                CatalogueFile.read(file, Limits.DEFAULT);
                assertThat(Arrays.equals(each.bytes(), whole)).as("%s is believed; %s", each, SEED).isTrue();
            } catch (CatalogueFile.Unusable e) {
                assertThat(e).hasMessageContaining("the catalogue");
            }
        }
    }

    @Test
    void readsOrRefusesACatalogueWhoseChecksumWasMadeToFit() throws Exception {
        int refused = 0;
        List<Mutant> mutants = mutants(mutator(Arrays.copyOf(whole, whole.length - DIGEST_BYTES)));
        for (Mutant each : mutants) {
            byte[] digest = HexFormat.of().parseHex(Sha256.of(each.bytes()).hex());
            Files.write(file, ByteBuffer.allocate(each.bytes().length + DIGEST_BYTES).put(each.bytes()).put(digest).array());
            try {
                CatalogueFile.read(file, Limits.DEFAULT);
            } catch (CatalogueFile.Unusable e) {
                refused++;
            } catch (RuntimeException e) {
                throw new AssertionError(each + "; " + SEED, e);
            }
        }
        System.out.printf("catalogues with a fitting checksum: %d of %d refused%n", refused, mutants.size());
        assertThat(refused).isPositive();
    }
}
