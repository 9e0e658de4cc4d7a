package dev.longhand.bench;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes sets of real documents and questions that each want one of them. The same corpus, tokenizer and seed give the same sets.
 *
 * <p>A quote or fact stands in exactly one document of its set. A paraphrase is made from a sentence of its document; that another
 * document fits it as well cannot be ruled out.
 */
public final class RoutingQuestions {
    /** Questions of a number of documents, a third of each kind. */
    public static final int QUESTIONS = 120;
    private static final int FEW = 16;
    private static final int FEW_SETS = 8;
    private static final int MANY = 4096;
    private static final int MANY_TOKENS = 200;
    private static final int TOKENS = 500;
    private static final int CHARS_MIN = 200;

    private static final Pattern WORD = Pattern.compile("[\\p{L}_][\\p{L}\\p{Nd}_]*|\\p{Nd}+(?:\\.\\p{Nd}+)*");
    private static final Pattern IDENTIFIER = Pattern.compile("\\b(?:[a-z]+(?:[A-Z][a-z0-9]+)+|[A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+"
            + "|[a-z][a-z0-9]*(?:_[a-z0-9]+)+|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\\b");
    private static final Pattern NUMBER = Pattern.compile("(?<![\\w.])\\d{3,9}(?![\\w.])");
    private static final Pattern NAME = Pattern.compile("(?<=[a-z,] )[A-Z][a-z]{2,} [A-Z][a-z]{2,}(?= [a-z(])");
    private static final int QUOTE_WORDS_MIN = 7;
    private static final int QUOTE_WORDS_MAX = 12;
    private static final int SENTENCE_WORDS_MIN = 8;
    private static final int SENTENCE_WORDS_MAX = 30;

    private final Corpus corpus;
    private final TokenCount tokens;
    private final long seed;

    public RoutingQuestions(Corpus corpus, TokenCount tokens, long seed) {
        this.corpus = corpus;
        this.tokens = tokens;
        this.seed = seed;
    }

    /**
     * Sets of {@code documents} with {@value #QUESTIONS} questions in all: several for at most 16 documents, else one. Documents
     * have up to 200 tokens where there are 4096 or more, else up to 500.
     */
    public List<RoutingSet> sets(int documents) throws Problem {
        return sets(documents, QUESTIONS, documents <= FEW ? FEW_SETS : 1, documents >= MANY ? MANY_TOKENS : TOKENS);
    }

    /**
     * All whole documents of the corpus and so many questions, a third of each kind: for a desk that holds the corpus. Quotes and
     * facts stand in one document of all.
     */
    public RoutingSet whole(int questions) throws Problem {
        Check.argument(questions > 0 && questions % 3 == 0, "%d questions are no three thirds", questions);
        List<RoutingSet.Document> documents = corpus.documents().stream()
                .map(d -> new RoutingSet.Document(d.source(), d.name(), d.text(), tokens.of(d.text()))).toList();
        return new RoutingSet("whole", documents, questions("whole", documents, questions / 3));
    }

    List<RoutingSet> sets(int documents, int questions, int sets, int tokensMax) throws Problem {
        Check.argument(documents > 1 && sets > 0 && questions % (3 * sets) == 0, "%d questions in %d sets of %d documents",
                questions, sets, documents);
        List<RoutingSet.Document> all = pieces(tokensMax);
        if (all.size() < documents * sets) {
            throw new Problem(Problem.Kind.LIMIT, "the corpus has text for %d documents of %d tokens, %d are needed: too small"
                    .formatted(all.size(), tokensMax, documents * sets));
        }
        List<RoutingSet> made = new ArrayList<>();
        for (int i = 0; i < sets; i++) {
            List<RoutingSet.Document> taken = all.subList(i * documents, (i + 1) * documents);
            String name = sets == 1 ? String.valueOf(documents) : documents + "/" + i;
            made.add(new RoutingSet(name, taken, questions(name, taken, questions / sets / 3)));
        }
        return made;
    }

    /** All documents of the corpus cut into pieces, in an order that has nothing to do with where they come from. */
    private List<RoutingSet.Document> pieces(int tokensMax) {
        List<RoutingSet.Document> pieces = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        Map<String, Integer> counted = new HashMap<>();
        for (CorpusDocument each : corpus.documents()) {
            TextLines lines = new TextLines(each, line -> counted.computeIfAbsent(line, tokens::of));
            int from = 0;
            while (from < lines.lines()) {
                int to = lines.endWithin(from, tokensMax);
                String text = lines.text(from, Math.max(from + 1, to));
                boolean isFull = to < lines.lines() && to > from && lines.tokens(from, to) >= tokensMax / 2;
                if (isFull && text.length() >= CHARS_MIN && seen.add(text)) {
                    pieces.add(new RoutingSet.Document(each.source(), each.name() + "#" + from, text, lines.tokens(from, to)));
                }
                from = Math.max(from + 1, to);
            }
        }
        pieces.sort(Comparator.comparing(p -> Sha256.of(seed + "/" + p.name()).hex()));
        return pieces;
    }

    private List<RoutingSet.Question> questions(String name, List<RoutingSet.Document> documents, int each) throws Problem {
        List<RoutingSet.Question> questions = new ArrayList<>();
        Uniqueness unique = new Uniqueness(documents);
        for (RoutingSet.Kind kind : RoutingSet.Kind.values()) {
            Chance chance = new Chance(Chance.seed(seed, name, kind));
            List<Integer> order = new ArrayList<>();
            for (int i = 0; i < documents.size(); i++) {
                order.add(i);
            }
            order = chance.shuffled(order);
            Set<String> asked = new HashSet<>();
            for (int tries = 0; asked.size() < each; tries++) {
                if (tries > 40 * Math.max(each, documents.size())) {
                    throw new Problem(Problem.Kind.LIMIT, "%s documents give only %d of %d questions of the kind %s".formatted(name,
                            asked.size(), each, kind));
                }
                int document = order.get(tries % order.size());
                Optional<String> text = ask(kind, documents.get(document).text(), unique, chance);
                if (text.isPresent() && asked.add(text.get())) {
                    questions.add(new RoutingSet.Question(kind, text.get(), document));
                }
            }
        }
        return questions;
    }

    private static Optional<String> ask(RoutingSet.Kind kind, String text, Uniqueness unique, Chance chance) {
        return switch (kind) {
            case QUOTE -> quote(text, unique, chance);
            case FACT -> fact(text, unique, chance);
            case PARAPHRASE -> paraphrase(text, chance);
        };
    }

    private static Optional<String> quote(String text, Uniqueness unique, Chance chance) {
        List<String> lines = text.lines().map(String::strip).filter(l -> l.split(" +").length >= QUOTE_WORDS_MIN).toList();
        if (lines.isEmpty()) {
            return Optional.empty();
        }
        String[] words = chance.oneOf(lines).split(" +");
        int length = Math.min(words.length, chance.between(QUOTE_WORDS_MIN, QUOTE_WORDS_MAX + 1));
        int from = chance.between(0, words.length - length + 1);
        String part = String.join(" ", List.of(words).subList(from, from + length));
        boolean isText = part.chars().filter(Character::isLetter).count() > part.length() / 2;
        return isText && unique.holdsText(part) ? Optional.of("Where does it say \"" + part + "\"?") : Optional.empty();
    }

    private static Optional<String> fact(String text, Uniqueness unique, Chance chance) {
        List<String> identifiers = found(IDENTIFIER, text).stream().filter(unique::holdsWord).toList();
        List<String> numbers = found(NUMBER, text).stream().filter(unique::holdsWord).toList();
        List<String> names = found(NAME, text).stream().filter(unique::holdsText).toList();
        List<String> questions = new ArrayList<>();
        if (!identifiers.isEmpty()) {
            questions.add("What is " + chance.oneOf(identifiers) + " for?");
        }
        if (!numbers.isEmpty()) {
            questions.add("What has the number " + chance.oneOf(numbers) + "?");
        }
        if (!names.isEmpty()) {
            questions.add("What is said about " + chance.oneOf(names) + "?");
        }
        return questions.isEmpty() ? Optional.empty() : Optional.of(chance.oneOf(questions));
    }

    private static List<String> found(Pattern pattern, String text) {
        List<String> found = new ArrayList<>();
        for (Matcher matcher = pattern.matcher(text); matcher.find(); ) {
            found.add(matcher.group());
        }
        return found;
    }

    private static Optional<String> paraphrase(String text, Chance chance) {
        List<String> sentences = sentences(text);
        return sentences.isEmpty()
                ? Optional.empty()
                : Rewording.of(chance.oneOf(sentences), chance).map(words -> "Which text is about: " + words + "?");
    }

    /** Sentences of prose, also out of comments: whole ones, of plain words. */
    static List<String> sentences(String text) {
        StringBuilder prose = new StringBuilder();
        text.lines().map(l -> l.strip().replaceFirst("^(?:/\\*\\*?|\\*/?|//+|#+|>|-|\"\"\")\\s*", "")).forEach(line ->
                prose.append(line.isEmpty() ? "\n" : line + " "));
        List<String> sentences = new ArrayList<>();
        for (String each : prose.toString().split("(?<=[.!?])\\s+(?=[A-Z])|\n")) {
            String[] words = each.strip().split("\\s+");
            long plain = List.of(words).stream().filter(w -> w.matches("[(\"'`]?[\\p{L}][\\p{L}'’-]*[,.;:)\"'`]*")).count();
            if (words.length >= SENTENCE_WORDS_MIN && words.length <= SENTENCE_WORDS_MAX && plain >= words.length * 0.8
                    && each.strip().endsWith(".") && Character.isUpperCase(each.strip().charAt(0))) {
                sentences.add(each.strip());
            }
        }
        return sentences;
    }

    /** Which words and texts stand in exactly one document. */
    private static final class Uniqueness {
        private final Map<String, Integer> documentsWith = new HashMap<>();
        private final List<String> texts = new ArrayList<>();

        Uniqueness(List<RoutingSet.Document> documents) {
            for (RoutingSet.Document each : documents) {
                new HashSet<>(found(WORD, each.text())).forEach(w -> documentsWith.merge(w, 1, Integer::sum));
                texts.add(each.text().replaceAll("\\s+", " "));
            }
        }

        boolean holdsWord(String word) {
            return documentsWith.getOrDefault(word, 0) == 1;
        }

        boolean holdsText(String part) {
            return texts.stream().filter(t -> t.contains(part)).limit(2).count() == 1;
        }
    }
}
