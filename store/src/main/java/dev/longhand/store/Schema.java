package dev.longhand.store;

import dev.longhand.base.Check;

/**
 * The tables of one module, as numbered scripts {@code V1__what.sql}, {@code V2__what.sql}, ... that run once each and on both
 * databases. A script that was released never changes.
 *
 * <p>The scripts keep to what SQLite and PostgreSQL share: {@code BIGINT}, {@code TEXT}, checks, foreign keys, partial indexes.
 *
 * @param name     the module's; its versions are kept in the table {@code schema_<name>}
 * @param location folder of the scripts on the class path
 * @param version  of the newest script
 */
public record Schema(String name, String location, int version) {
    public Schema {
        Check.argument(name.matches("[a-z]{1,20}"), "a schema's name is 1 to 20 lower-case letters, not \"%s\"", name);
    }

    /** By convention the scripts lie in {@code dev/longhand/<name>/schema}. */
    public static Schema of(String name, int version) {
        return new Schema(name, "dev/longhand/" + name + "/schema", version);
    }
}
