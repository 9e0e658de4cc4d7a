package dev.longhand.bench;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.formats.ModelFile;
import dev.longhand.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Real documents for a desk of about so many tokens, and questions about them. The sources take turns, so that even a small desk
 * is of many. The same corpus, tokenizer and number give the same desk.
 *
 * @param corpus what the desk holds
 * @param tokens of all its texts
 */
record DeskCorpus(Corpus corpus, long tokens) {
    /** What people add to a question: words that every text has, for which nothing is searched. */
    private static final String MORE =
            " Please tell me what it is, explain what it means, and describe how and why it is used there.";

    /**
     * A question of some thirty tokens about one document.
     *
     * @param words  of it that stand in that document only
     * @param tokens of the question
     */
    record Wanted(String question, String words, String document, int tokens) {
        private static Wanted of(String asked, String document, TokenCount count) {
            String words = asked.replaceFirst("^Where does it say \"(.*)\"[?]$", "$1")
                    .replaceFirst("^What (?:is said about|has the number|is) (.*?)(?: for)?[?]$", "$1");
            return new Wanted(asked + MORE, words, document, count.of(asked + MORE));
        }
    }

    /** The first documents of {@code all} that have {@code tokensMin} tokens together; all of them if they have fewer. */
    static DeskCorpus of(Corpus all, TokenCount count, long tokensMin) {
        Map<String, Deque<CorpusDocument>> bySource = all.bySource().entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, e -> new ArrayDeque<>(e.getValue()), (a, b) -> a, LinkedHashMap::new));
        List<CorpusDocument> taken = new ArrayList<>();
        long tokens = 0;
        while (tokens < tokensMin && !bySource.isEmpty()) {
            for (String source : List.copyOf(bySource.keySet())) {
                CorpusDocument next = bySource.get(source).pollFirst();
                if (next == null) {
                    bySource.remove(source);
                } else if (tokens < tokensMin) {
                    taken.add(next);
                    tokens += count.of(next.text());
                }
            }
        }
        return new DeskCorpus(new Corpus(taken), tokens);
    }

    /** Of a model's own tokenizer. */
    static <T> T counting(Path model, Counting<T> counting) throws Problem {
        try (ModelFile file = ModelFile.open(model)) {
            Tokenizer tokenizer = Tokenizer.from(file);
            return counting.with(text -> tokenizer.encode(text, false).length);
        }
    }

    /** Something that counts tokens. */
    @FunctionalInterface
    interface Counting<T> {
        T with(TokenCount count) throws Problem;
    }

    /** So many questions, half of them quotes and half facts, each about one document of the desk, in turns. */
    List<Wanted> questions(int questions, TokenCount count) throws Problem {
        RoutingSet set = new RoutingQuestions(corpus, text -> 1, LookupTasks.SEED).whole(3 * Math.ceilDiv(questions, 2));
        List<Wanted> quotes = wanted(set, RoutingSet.Kind.QUOTE, count);
        List<Wanted> facts = wanted(set, RoutingSet.Kind.FACT, count);
        List<Wanted> mixed = new ArrayList<>();
        for (int i = 0; i < quotes.size(); i++) {
            mixed.addAll(List.of(quotes.get(i), facts.get(i)));
        }
        return mixed.subList(0, questions);
    }

    private static List<Wanted> wanted(RoutingSet set, RoutingSet.Kind kind, TokenCount count) {
        return set.questions().stream().filter(q -> q.kind() == kind)
                .map(q -> Wanted.of(q.text(), set.documents().get(q.document()).name(), count)).toList();
    }

    /** Whether lines {@code [first, last]}, from 1, of a document hold words as they stand, or with other white space between. */
    boolean holds(String document, int first, int last, String words) {
        Optional<CorpusDocument> found = corpus.documents().stream().filter(d -> d.name().equals(document)).findFirst();
        return found.isPresent() && found.get().text().lines().skip(first - 1L).limit(last - first + 1L)
                .collect(Collectors.joining("\n")).replaceAll("\\s+", " ").contains(words.replaceAll("\\s+", " "));
    }

    /** Removes what an earlier run left. */
    static void remove(Path folder) throws Problem {
        if (!Files.exists(folder)) {
            return;
        }
        try (Stream<Path> found = Files.walk(folder)) {
            for (Path each : found.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        } catch (IOException e) {
            throw Disk.problem("removing", folder, e);
        }
    }
}
