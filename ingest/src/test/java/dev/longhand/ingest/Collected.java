package dev.longhand.ingest;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A walk's results, kept. */
final class Collected implements Listener {
    final List<Document> documents = new ArrayList<>();
    final List<Skip> skips = new ArrayList<>();
    Summary summary;

    static Collected of(Path root) throws Problem {
        return of(root, Limits.DEFAULT);
    }

    static Collected of(Path root, Limits limits) throws Problem {
        Collected collected = new Collected();
        collected.summary = new Ingest(limits, Clock.SYSTEM).walk(root, collected);
        return collected;
    }

    @Override
    public void document(Document document) {
        documents.add(document);
    }

    @Override
    public void skip(Skip skip) {
        skips.add(skip);
    }

    List<String> paths() {
        return documents.stream().map(Document::path).toList();
    }

    Document document(String path) {
        return documents.stream().filter(d -> d.path().equals(path)).findFirst()
                .orElseThrow(() -> new AssertionError(path + " was not read; skips: " + skips));
    }

    Skip.Reason reason(String path) {
        return skips.stream().filter(s -> s.path().equals(path)).map(Skip::reason).findFirst()
                .orElseThrow(() -> new AssertionError(path + " was not skipped; read: " + paths() + "; skips: " + skips));
    }
}
