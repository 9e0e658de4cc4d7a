package dev.longhand.text;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.longhand.base.Problem;
import dev.longhand.testkit.Gen;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Random texts of a grammar, and what an independent validator says of JSON. */
final class SchemaTexts {
    private SchemaTexts() {}

    /** What is wrong with a text; nothing if the schema accepts it. */
    static List<Error> errors(String schema, String text) {
        Schema compiled = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12).getSchema(schema, InputFormat.JSON);
        return compiled.validate(text, InputFormat.JSON,
                context -> context.executionConfig(config -> config.formatAssertionsEnabled(true)));
    }

    /** A text that the grammar accepts, by a walk over its states; null if the walk was still not at an end after many bytes. */
    static String random(StateTable table, Gen gen) throws Problem {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        State at = table.start();
        for (int bytes = 0; bytes < 20_000; bytes++) {
            if (at.isComplete && (!at.canContinue() || gen.chance(0.5))) {
                return out.toString(StandardCharsets.UTF_8);
            }
            int b = step(table, at, gen);
            out.write(b);
            at = table.next(at, b);
        }
        return null;
    }

    /** Mostly a byte that ends something, where one may come; otherwise any that may. */
    private static int step(StateTable table, State at, Gen gen) throws Problem {
        for (int closing : new int[] {'"', '}', ']'}) {
            if (table.next(at, closing) != null && gen.chance(0.25)) {
                return closing;
            }
        }
        int from = gen.chance(0.5) ? gen.between(0, 256) : gen.between(0x20, 0x7F);
        for (int i = 0; ; i++) {
            if (table.next(at, from + i & 0xFF) != null) {
                return from + i & 0xFF;
            }
        }
    }
}
