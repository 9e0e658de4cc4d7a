package dev.longhand.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Four small sources whose texts never change, and a tokenizer that needs no model. */
final class CorpusFixture {
    /** Words of up to six letters, digits and marks, each with a space before it. */
    static final TokenCount TOKENS = text -> (int) CorpusFixture.TOKEN.matcher(text).results().count();

    private static final Pattern TOKEN = Pattern.compile(" ?(?:[A-Za-z]{1,6}|[0-9]|[^ A-Za-z0-9])");
    private static final Map<String, List<String>> FILES = new TreeMap<>(Map.of("alpha", List.of("jobs.md", "backup.md"),
            "beta", List.of("threats.md", "ledger.md"), "gamma", List.of("kernels.md", "closure.txt"),
            "delta", List.of("desk.md", "mutator.txt")));

    private CorpusFixture() {}

    static Corpus corpus() {
        Map<String, Map<String, byte[]>> files = new LinkedHashMap<>();
        FILES.forEach((source, names) -> {
            Map<String, byte[]> byPath = new TreeMap<>();
            names.forEach(name -> byPath.put(name, bytes(source + "/" + name)));
            files.put(source, byPath);
        });
        return Corpus.of(CorpusPlan.SMALL, files);
    }

    static List<String> texts() {
        List<String> texts = new ArrayList<>();
        corpus().documents().forEach(d -> texts.add(d.text()));
        return texts;
    }

    private static byte[] bytes(String name) {
        try (InputStream in = CorpusFixture.class.getResourceAsStream("corpus/" + name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(name, e);
        }
    }
}
