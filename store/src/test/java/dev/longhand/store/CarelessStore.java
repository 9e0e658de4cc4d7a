package dev.longhand.store;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import java.nio.file.Path;
import java.util.List;

/** A store that breaks its promise: it never syncs. Tests of crashes must find out. */
public final class CarelessStore {
    private CarelessStore() {}

    public static Store open(Path file, List<Schema> schemas) throws Problem {
        return Store.open(new SqliteDatabase(file, Limits.DEFAULT, List.of("synchronous=OFF")), Limits.DEFAULT, Clock.SYSTEM,
                Disk.REAL, schemas);
    }
}
