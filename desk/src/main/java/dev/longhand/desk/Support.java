package dev.longhand.desk;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Decides whether a sentence of an answer is backed by one of the sources that stood in the context.
 *
 * <p>Knows words, numbers, names, negation and opposites; does not understand. A sentence is supported when one sentence of one
 * source (or, for a sentence of several clauses, one sentence of that source for each clause) covers enough of its content words,
 * weighted by how rare they are among the sources, and contradicts none of it: every number, unit and name is there, no shared word
 * is negated on one side only, and no word stands against its opposite.
 *
 * <p>Its errors are lexical: a free paraphrase may be marked, a swap of roles inside one sentence may pass. Measured on
 * {@code support.jsonl}. Not thread-safe.
 */
final class Support {
    /** Share of a claim's content that a source sentence must cover. */
    private static final double COVERAGE_MIN = 0.6;

    /** The same for clauses judged apart: they are short, so chance agreement is likelier. */
    private static final double CLAUSE_COVERAGE_MIN = 0.75;

    private static final double NEAR_WEIGHT = 0.8;
    private static final int STEM_FRONT = 5;

    /** @param source index of the best source, -1 if none shares a word */
    record Verdict(boolean isSupported, double coverage, int source, String reason) {}

    private record Unit(int source, Claim claim) {}

    private final Words words = new Words();
    private final List<Unit> units = new ArrayList<>();
    private final Map<String, Integer> unitsWith = new HashMap<>();

    Support(List<String> sources) {
        for (int s = 0; s < sources.size(); s++) {
            for (Sentences.Sentence sentence : Sentences.of(sources.get(s))) {
                Claim claim = Claim.of(sentence.text(), words);
                if (!claim.isEmpty()) {
                    units.add(new Unit(s, claim));
                    Set<String> stems = new HashSet<>();
                    claim.terms().forEach(t -> stems.add(t.stem()));
                    stems.forEach(stem -> unitsWith.merge(stem, 1, Integer::sum));
                }
            }
        }
    }

    Verdict judge(String sentence) {
        Claim claim = Claim.of(sentence, words);
        if (claim.isEmpty()) {
            return new Verdict(true, 1, -1, "claims nothing");
        }
        Verdict whole = best(claim, -1, COVERAGE_MIN);
        if (whole.isSupported()) {
            return whole;
        }
        List<Claim> clauses = clauses(sentence);
        if (clauses.size() > 1) {
            for (int source = 0; source <= sources(); source++) {
                int s = source;
                if (clauses.stream().allMatch(c -> best(c, s, CLAUSE_COVERAGE_MIN).isSupported())) {
                    return new Verdict(true, whole.coverage(), s, "each clause");
                }
            }
        }
        return whole;
    }

    private int sources() {
        return units.isEmpty() ? -1 : units.getLast().source();
    }

    /** The unit that supports the claim, or else the one that covers most of it. {@code source} -1 looks at all. */
    private Verdict best(Claim claim, int source, double coverageMin) {
        Verdict best = new Verdict(false, 0, -1, "no source speaks of it");
        for (Unit unit : units) {
            if (source >= 0 && unit.source() != source) {
                continue;
            }
            double coverage = coverage(claim, unit.claim());
            String against = coverage < coverageMin ? "too few of its words are in one sentence of a source"
                    : contradiction(claim, unit.claim());
            boolean isSupported = against.isEmpty();
            if (isSupported && !best.isSupported() || isSupported == best.isSupported() && coverage > best.coverage()) {
                best = new Verdict(isSupported, coverage, unit.source(), against);
            }
        }
        return best;
    }

    private List<Claim> clauses(String sentence) {
        List<Claim> clauses = new ArrayList<>();
        for (String part : sentence.split("[,;:，；：]|\\b(?:and|but|because|while|which|where)\\b")) {
            Claim clause = Claim.of(part, words);
            if (clause.terms().size() + clause.numbers().size() >= 2 || clause.cjk().length() >= 3) {
                clauses.add(clause);
            } else if (!clause.isEmpty()) {
                return List.of();
            }
        }
        return clauses;
    }

    private double coverage(Claim claim, Claim unit) {
        double sum = 0;
        double covered = 0;
        for (Claim.Term term : claim.terms()) {
            double weight = rarity(term.stem());
            sum += weight;
            covered += weight * match(term, unit);
        }
        for (Claim.Quantity number : claim.numbers()) {
            sum += 1;
            covered += has(unit, number) ? 1 : 0;
        }
        if (!claim.cjk().isEmpty()) {
            double cjk = cjkCoverage(claim.cjk(), unit.cjk());
            sum += claim.cjk().length() / 2.0;
            covered += cjk * claim.cjk().length() / 2.0;
        }
        return sum == 0 ? 0 : covered / sum;
    }

    /** From 1 for a word of every sentence to about 2 for a word of none. */
    private double rarity(String stem) {
        double share = (unitsWith.getOrDefault(stem, 0) + 0.5) / (units.size() + 1.0);
        return 1 + Math.min(1, -Math.log(share) / 4);
    }

    private static double match(Claim.Term term, Claim unit) {
        if (unit.hasStem(term.stem())) {
            return 1;
        }
        for (Claim.Term other : unit.terms()) {
            if (sameFront(term.stem(), other.stem()) || Lexicon.near(term.stem()).contains(other.stem())) {
                return NEAR_WEIGHT;
            }
        }
        return 0;
    }

    private static boolean sameFront(String a, String b) {
        return a.length() >= STEM_FRONT && b.length() >= STEM_FRONT && a.regionMatches(0, b, 0, STEM_FRONT)
                && Math.abs(a.length() - b.length()) <= 4;
    }

    /** Mean of the shares of characters and of pairs that the unit holds: characters alone match by chance. */
    private static double cjkCoverage(String claim, String unit) {
        int[] characters = claim.codePoints().toArray();
        int held = 0;
        int pairs = 0;
        for (int i = 0; i < characters.length; i++) {
            held += unit.indexOf(characters[i]) >= 0 ? 1 : 0;
            pairs += i > 0 && unit.contains(new String(characters, i - 1, 2)) ? 1 : 0;
        }
        double byPair = characters.length < 2 ? 1 : pairs / (characters.length - 1.0);
        return (2.0 * held / characters.length + byPair) / 3;
    }

    /** Why the unit speaks against the claim, or "". */
    private static String contradiction(Claim claim, Claim unit) {
        for (Claim.Quantity number : claim.numbers()) {
            if (!has(unit, number)) {
                return "the number " + number.value() + (number.unit().isEmpty() ? "" : " " + number.unit())
                        + " is not in that source";
            }
        }
        for (String name : claim.names()) {
            if (!unit.text().toLowerCase(java.util.Locale.ROOT).contains(name)) {
                return "the name \"" + name + "\" is not in that sentence of the source";
            }
        }
        if (isNegatedOnOneSide(claim, unit)) {
            return "one of the two is negated";
        }
        return opposite(claim, unit);
    }

    private static boolean has(Claim unit, Claim.Quantity number) {
        return unit.numbers().stream().anyMatch(n -> n.value().equals(number.value())
                && (n.unit().isEmpty() || number.unit().isEmpty() || n.unit().equals(number.unit())));
    }

    private static boolean isNegatedOnOneSide(Claim claim, Claim unit) {
        boolean oneSide = false;
        boolean bothSides = false;
        for (Claim.Term term : claim.terms()) {
            for (Claim.Term other : unit.terms()) {
                if (term.stem().equals(other.stem())) {
                    oneSide |= term.isNegated() != other.isNegated();
                    bothSides |= term.isNegated() && other.isNegated();
                }
            }
        }
        boolean cjk = !claim.cjk().isEmpty() && !unit.cjk().isEmpty()
                && Lexicon.negatesCjk(claim.text()) != Lexicon.negatesCjk(unit.text());
        return oneSide && !bothSides || cjk;
    }

    private static String opposite(Claim claim, Claim unit) {
        for (Claim.Term term : claim.terms()) {
            if (!unit.hasStem(term.stem())) {
                for (String opposite : Lexicon.oppositesOf(term.stem())) {
                    if (unit.hasStem(opposite) && !claim.hasStem(opposite)) {
                        return "it says \"" + term.lower() + "\" where the source says the opposite";
                    }
                }
            }
        }
        return Lexicon.opposeCjk(claim.text(), unit.text()) ? "it says the opposite of the source" : "";
    }
}
