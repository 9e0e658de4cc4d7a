package dev.longhand.desk;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a checker of claims must know of language without a model: opposites, near synonyms, negations, number words and units,
 * for English and Chinese. Small and general; nothing here comes from the evaluation data. Immutable; keys are stems.
 */
final class Lexicon {
    private static final String OPPOSITES = """
            before/after above/below always/never include/exclude include/omit allow/forbid allow/refuse allow/deny permit/forbid
            accept/refuse accept/reject open/close open/shut enable/disable start/stop begin/end first/last more/less more/fewer
            newer/older new/old larger/smaller large/small big/small bigger/smaller faster/slower fast/slow higher/lower high/low
            longer/shorter long/short increase/decrease rise/fall grow/shrink add/remove add/delete create/delete keep/delete
            keep/remove maximum/minimum max/min most/least upper/lower up/down in/out inside/outside during/outside with/without
            true/false on/off early/late earlier/later public/private success/failure succeed/fail pass/fail required/optional
            mandatory/optional valid/invalid safe/unsafe mutable/immutable known/unknown lock/unlock encrypt/decrypt
            compress/decompress import/export read/write input/output client/server left/right top/bottom north/south east/west
            day/night morning/evening summer/winter buy/sell win/lose love/hate strong/weak hard/easy full/empty hot/cold
            local/remote online/offline synchronous/asynchronous automatic/manual all/none every/none both/neither same/different
            positive/negative even/odd single/multiple""";

    private static final String OPPOSITES_CJK = """
            允许/禁止 之前/之后 以前/以后 增加/减少 提高/降低 打开/关闭 开启/关闭 启用/禁用 包含/排除 最大/最小 最多/最少 上传/下载 加密/解密
            成功/失败 开始/结束 支持/拒绝 同步/异步 必须/可选 新增/删除 保留/删除 自动/手动 总是/从不 高于/低于 大于/小于 超过/低于 以上/以下 公开/私有""";

    private static final String SYNONYMS = """
            start begin launch kick initiate trigger|stop end halt finish cease terminate|fail break down outage|
            automatic automatically own itself|long longer more exceed over greater|less fewer below under|
            big large huge|small little tiny|quick fast rapid|make create build produce generate|delete remove erase drop|
            refuse reject deny decline|allow permit let may can|need require must necessary|show display print present report|
            old older previous earlier former|new newer recent later|most maximum max limit up|least minimum min|
            size length|name call|use employ utilize apply|keep retain hold store save preserve|get obtain receive fetch retrieve|
            put place set|change alter modify edit adjust|contain include hold comprise|each every all per both either|
            cause cau account responsible due|death die kill mortality|people public visitor person everyone anyone|
            attend open visit|
            wait delay pause|repeat retry again|double twice|per each every|answer reply respond response|send submit transmit|
            find locate discover|check verify validate inspect|write store save|read load|choose select pick|
            default standard usual normal|part piece portion|error failure fault problem|via through by|
            need takes last|sit seat|recently recent unread|leave skip omit exclude|many number count|
            connect link join|document file|directory folder|parameter argument option|function method|command verb""";

    private static final Set<String> NEGATIONS = Set.of(
            "not", "no", "never", "none", "cannot", "neither", "nor", "nothing", "nobody", "nowhere", "without", "don't", "doesn't",
            "didn't", "isn't", "aren't", "wasn't", "weren't", "won't", "can't", "couldn't", "shouldn't", "wouldn't", "mustn't",
            "hasn't", "haven't", "hadn't", "unable", "lacks", "lack", "exclude", "excludes", "omit", "omits", "omitted", "excluded",
            "forbid", "forbids", "forbidden", "prohibited");

    private static final List<String> NEGATIONS_CJK = List.of("不", "没", "无", "未", "非", "禁止", "从不");

    private static final Map<String, String> NUMBER_WORDS = numbers("""
            zero 0 one 1 two 2 three 3 four 4 five 5 six 6 seven 7 eight 8 nine 9 ten 10 eleven 11 twelve 12 thirteen 13
            fourteen 14 fifteen 15 sixteen 16 seventeen 17 eighteen 18 nineteen 19 twenty 20 thirty 30 forty 40 fifty 50
            sixty 60 seventy 70 eighty 80 ninety 90 hundred 100 thousand 1000 million 1000000 billion 1000000000 half 0.5
            once 1 twice 2 dozen 12 first 1 second 2nd third 3rd""");

    private static final Set<String> UNITS = Set.of(
            "millisecond", "ms", "second", "sec", "s", "minut", "min", "hour", "h", "day", "week", "month", "year", "quarter",
            "byte", "bit", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "tib", "kilobyt", "megabyt", "gigabyt", "metr", "meter",
            "kilometr", "kilomet", "km", "cm", "mm", "mile", "foot", "feet", "inch", "litr", "liter", "gram", "kilogram", "kg",
            "ton",
            "percent", "degre", "euro", "dollar", "token", "character", "line", "watt", "joul", "volt", "hz", "mhz", "ghz");

    private static final Map<String, Set<String>> OPPOSITE_OF = new HashMap<>();
    private static final Map<String, Set<String>> NEAR = new HashMap<>();

    static {
        Words words = new Words();
        for (String pair : OPPOSITES.strip().split("\\s+")) {
            oppose(words.stem(pair.substring(0, pair.indexOf('/'))), words.stem(pair.substring(pair.indexOf('/') + 1)));
        }
        for (String pair : OPPOSITES_CJK.strip().split("\\s+")) {
            oppose(pair.substring(0, pair.indexOf('/')), pair.substring(pair.indexOf('/') + 1));
        }
        for (String group : SYNONYMS.split("\\|")) {
            Set<String> stems = new HashSet<>();
            for (String word : group.strip().split("\\s+")) {
                stems.add(words.stem(word));
            }
            stems.forEach(s -> NEAR.computeIfAbsent(s, k -> new HashSet<>()).addAll(stems));
        }
    }

    private Lexicon() {}

    static Set<String> oppositesOf(String stem) {
        return OPPOSITE_OF.getOrDefault(stem, Set.of());
    }

    static Set<String> near(String stem) {
        return NEAR.getOrDefault(stem, Set.of());
    }

    static boolean isNegation(String lower) {
        return NEGATIONS.contains(lower);
    }

    static boolean negatesCjk(String text) {
        return NEGATIONS_CJK.stream().anyMatch(text::contains);
    }

    /** Pairs of CJK opposites: the first stands in one text where the second stands in the other. */
    static boolean opposeCjk(String a, String b) {
        return OPPOSITE_OF.entrySet().stream().filter(e -> Words.isCjk(e.getKey().codePointAt(0)))
                .anyMatch(e -> a.contains(e.getKey()) && !b.contains(e.getKey())
                        && e.getValue().stream().anyMatch(o -> b.contains(o) && !a.contains(o)));
    }

    /** The digits of a number word, or the argument. */
    static String digits(String lower) {
        return NUMBER_WORDS.getOrDefault(lower, lower);
    }

    static boolean isNumberWord(String lower) {
        return NUMBER_WORDS.containsKey(lower);
    }

    static boolean isUnit(String stem) {
        return UNITS.contains(stem);
    }

    private static void oppose(String a, String b) {
        OPPOSITE_OF.computeIfAbsent(a, k -> new HashSet<>()).add(b);
        OPPOSITE_OF.computeIfAbsent(b, k -> new HashSet<>()).add(a);
    }

    private static Map<String, String> numbers(String list) {
        String[] words = list.strip().split("\\s+");
        Map<String, String> numbers = new HashMap<>();
        for (int i = 0; i < words.length; i += 2) {
            numbers.put(words[i], words[i + 1]);
        }
        return Map.copyOf(numbers);
    }
}
