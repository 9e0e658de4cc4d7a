package dev.longhand.desk;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One sentence taken apart for comparison: content words with what negates them, numbers with their units, names, and the CJK
 * characters. The same shape for a sentence of an answer and for a sentence of a source. Immutable.
 *
 * @param text    as written
 * @param terms   content words in order
 * @param numbers values, digits only; spelled numbers included
 * @param names   words that are names or identifiers, lower case: capitals inside the sentence, wholes of several parts
 * @param cjk     content characters of CJK text, in order
 */
record Claim(String text, List<Term> terms, List<Quantity> numbers, Set<String> names, String cjk) {
    /** Content words after a negation that it covers. */
    private static final int NEGATION_REACH = 3;

    private static final String CJK_FUNCTION = "的了是在会被由而和与及之其该本此这那将把对也都就又并则或等个为从到向于以用使能可中上下里后前再先时有所只";
    private static final String CJK_NUMERALS = "零〇一二两三四五六七八九十百千万亿";
    private static final Pattern CJK_NUMBER = Pattern.compile("[" + CJK_NUMERALS + "]{1,12}");

    /** @param lower the word as written, lower case */
    record Term(String stem, String lower, boolean isNegated) {}

    /** @param unit stem of the unit of measure that follows, or "" */
    record Quantity(String value, String unit) {}

    static Claim of(String text, Words words) {
        List<Words.Word> all = words.of(text);
        List<Term> terms = new ArrayList<>();
        List<Quantity> numbers = new ArrayList<>();
        Set<String> names = new HashSet<>();
        int negatedLeft = 0;
        boolean first = true;
        for (int i = 0; i < all.size(); i++) {
            Words.Word word = all.get(i);
            String lower = word.raw().toLowerCase(Locale.ROOT).replace('’', '\'');
            if (Lexicon.isNegation(lower)) {
                negatedLeft = NEGATION_REACH;
            }
            if (isNumber(word, lower)) {
                numbers.add(new Quantity(canonical(word.kind() == Words.Kind.NUMBER ? word.stem() : Lexicon.digits(lower)),
                        unitAfter(all, i)));
            } else if (word.kind() == Words.Kind.WHOLE || !first && isName(word)) {
                names.add(lower);
            }
            if (word.kind() != Words.Kind.CJK && isContent(word, lower)) {
                terms.add(new Term(word.stem(), lower, negatedLeft > 0));
                negatedLeft--;
            }
            first = false;
        }
        addCjkNumbers(text, numbers);
        return new Claim(text, List.copyOf(terms), List.copyOf(numbers), Set.copyOf(names), cjkContent(text));
    }

    boolean hasStem(String stem) {
        return terms.stream().anyMatch(t -> t.stem().equals(stem));
    }

    boolean isEmpty() {
        return terms.isEmpty() && cjk.isEmpty() && numbers.isEmpty();
    }

    private static boolean isContent(Words.Word word, String lower) {
        boolean polar = !Lexicon.oppositesOf(word.stem()).isEmpty();
        return word.kind() != Words.Kind.WHOLE && !Lexicon.isNegation(lower) && (polar || !Stopwords.isStop(word))
                && lower.length() > 1;
    }

    private static boolean isNumber(Words.Word word, String lower) {
        return word.kind() == Words.Kind.NUMBER || word.kind() == Words.Kind.WORD && Lexicon.isNumberWord(lower)
                && !lower.equals("one");
    }

    private static boolean isName(Words.Word word) {
        return word.kind() == Words.Kind.WORD && !word.isPart() && Character.isUpperCase(word.raw().charAt(0))
                && !Stopwords.isStop(word);
    }

    private static String canonical(String number) {
        String trimmed = number.replaceFirst("^0+(?=\\d)", "");
        return trimmed.contains(".") && trimmed.indexOf('.') == trimmed.lastIndexOf('.') ? trimmed.replaceFirst("\\.?0+$", "")
                : trimmed;
    }

    /** The unit among the two words that follow, as in "27 full minutes". */
    private static String unitAfter(List<Words.Word> all, int at) {
        for (int i = at + 1; i <= at + 2 && i < all.size(); i++) {
            if (Lexicon.isUnit(all.get(i).stem())) {
                return all.get(i).stem();
            }
        }
        return "";
    }

    private static void addCjkNumbers(String text, List<Quantity> numbers) {
        Matcher matcher = CJK_NUMBER.matcher(text);
        while (matcher.find()) {
            String value = matcher.group().replace('两', '二').replace('〇', '零');
            if (!value.equals("一")) {
                numbers.add(new Quantity(value, ""));
            }
        }
    }

    private static String cjkContent(String text) {
        StringBuilder content = new StringBuilder();
        text.codePoints().filter(c -> Words.isCjk(c) && CJK_FUNCTION.indexOf(c) < 0 && CJK_NUMERALS.indexOf(c) < 0)
                .forEach(content::appendCodePoint);
        return content.toString();
    }
}
