package dev.longhand.server;

import dev.longhand.lm.Constraint;
import java.util.Optional;

/** The form that an answer must have, as requests of all vendors say it. */
final class JsonForm {
    private JsonForm() {}

    /**
     * @param format an object with a {@code type}: text, json_object (with a {@code schema} or without) or json_schema
     * @param isFlat whether a schema stands beside the type, as in responses, not in an object {@code json_schema}
     */
    static Optional<Constraint> of(Fields format, boolean isFlat) throws Refusal {
        String type = format.word("type", "text", "json_object", "json_schema")
                .orElseThrow(() -> Refusal.field(format.name("type"), format.name("type") + " is missing"));
        Optional<Constraint> form = switch (type) {
            case "json_object" -> Optional.of(format.has("schema") ? schema(format) : new Constraint.AnyJson());
            case "json_schema" -> Optional.of(isFlat ? named(format) : named(format.object("json_schema").orElseThrow(() ->
                    Refusal.field(format.name("json_schema"), format.name("json_schema") + " is missing"))));
            default -> Optional.empty();
        };
        format.done();
        return form;
    }

    private static Constraint named(Fields holder) throws Refusal {
        holder.text("name");
        holder.text("description");
        holder.flag("strict", true); // always kept to
        Constraint form = schema(holder);
        holder.done();
        return form;
    }

    /** Of the field {@code schema}, which must be there. */
    static Constraint schema(Fields holder) throws Refusal {
        return new Constraint.JsonSchema(holder.object("schema").orElseThrow(() ->
                Refusal.field(holder.name("schema"), holder.name("schema") + " is missing")).node().toString());
    }
}
