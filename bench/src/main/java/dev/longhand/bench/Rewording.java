package dev.longhand.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Says a sentence in other words, by rules.
 *
 * <p>What these are: function words go, identifiers fall into their parts, every content word that the list
 * {@code synonyms.txt} has is replaced, of the others at most {@value #KEPT_MAX} stay, and the second half comes first. What they
 * are not: sentences that a person would write. They say less than the original, their grammar is broken and their synonyms are
 * the list's, chosen without the context. So they tell how a router does where few words are shared, not how it does on people's
 * questions. Stateless.
 */
final class Rewording {
    /** Content words that may stay as they are. */
    static final int KEPT_MAX = 3;
    private static final int REPLACED_MIN = 3;
    private static final Map<String, String> SYNONYMS = new HashMap<>();
    private static final Set<String> FUNCTION = new HashSet<>(Arrays.asList("""
            a an the this that these those it its is are was were be been being am do does did done has have had having will would
            can could may might must shall should of in on at to from by with without for as into onto over under than then so if
            or and but nor not no yes there here where when which who whom whose what how why while until unless because since also
            just only very more most much many some any all each every both either neither such other another same own too i you he
            she we they me him her us them my your his our their one e g etc eg ie via per about after before between during
            through up down out off again once""".strip().split("\\s+")));

    static {
        try (InputStream in = Rewording.class.getResourceAsStream("synonyms.txt")) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
                String[] words = line.strip().split(" ", 2);
                if (words.length == 2 && !line.startsWith("#")) {
                    SYNONYMS.put(words[0], words[1]);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("synonyms.txt cannot be read", e);
        }
    }

    private Rewording() {}

    /** Empty if too few of the words can be replaced. */
    static Optional<String> of(String sentence, Chance chance) {
        List<String> words = new ArrayList<>();
        Set<Integer> kept = new HashSet<>();
        int replaced = 0;
        for (String word : content(sentence)) {
            Optional<String> other = synonym(word);
            if (other.isPresent()) {
                replaced++;
            } else {
                kept.add(words.size());
            }
            words.add(other.orElse(word));
        }
        if (replaced < REPLACED_MIN) {
            return Optional.empty();
        }
        List<Integer> staying = chance.shuffled(kept.stream().sorted().toList());
        kept.removeAll(staying.subList(0, Math.min(KEPT_MAX, staying.size())));
        List<String> said = new ArrayList<>();
        for (int i = 0; i < words.size(); i++) {
            int at = (i + words.size() / 2) % words.size();
            if (!kept.contains(at)) {
                said.add(words.get(at));
            }
        }
        return Optional.of(String.join(" ", said));
    }

    /** Lower-case words that are no function words; identifiers as their parts; each once. */
    static List<String> content(String sentence) {
        List<String> words = new ArrayList<>();
        for (String raw : sentence.split("[^\\p{L}\\p{Nd}_]+")) {
            String spaced = raw.replaceAll("(?<=[\\p{Ll}\\p{Nd}])(?=\\p{Lu})", " ").replace('_', ' ');
            for (String part : spaced.split(" ")) {
                String lower = part.toLowerCase(Locale.ROOT);
                if (lower.length() > 1 && lower.chars().allMatch(Character::isLetter) && !FUNCTION.contains(lower)
                        && !words.contains(lower)) {
                    words.add(lower);
                }
            }
        }
        return words;
    }

    /** Also of simple inflections: plural, past, -ing. */
    static Optional<String> synonym(String word) {
        List<String> bases = new ArrayList<>(List.of(word));
        for (String ending : List.of("s", "es", "ed", "d", "ing", "ly")) {
            if (word.endsWith(ending) && word.length() > ending.length() + 2) {
                String base = word.substring(0, word.length() - ending.length());
                bases.add(base);
                bases.add(base + "e");
                if (base.charAt(base.length() - 1) == base.charAt(base.length() - 2)) {
                    bases.add(base.substring(0, base.length() - 1));
                }
            }
        }
        if (word.endsWith("ies")) {
            bases.add(word.substring(0, word.length() - 3) + "y");
        }
        return bases.stream().map(SYNONYMS::get).filter(s -> s != null).findFirst();
    }
}
