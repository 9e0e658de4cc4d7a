package dev.longhand.desk;

import java.util.Set;

/** Words that carry no content: of English grammar, of questions, and their CJK counterparts. Immutable. */
final class Stopwords {
    private static final Set<String> ENGLISH = words("""
            a about after again all also although am an and any are as at be because been before being between both but by can
            could did do does doing done down during each either else etc even ever every few for from further get gets got had
            has have having he her here hers him his how however i if in into is it its itself just may me might mine more most
            much must my myself no nor not now of off on once one only or other our ours out over own per please same shall she
            should since so some such than that the their theirs them then there these they this those though through thus to
            too under until up upon us very via was way we were what whatever when where whether which while who whom whose why
            will with within without would yes yet you your yours
            don didn doesn isn aren wasn weren won can't cannot don't doesn't didn't isn't aren't it's that's there's you're
            tell explain describe mean means happen happens use used using uses""");

    private static final Set<String> CJK = words("""
            什么 怎么 么样 如何 为什 哪个 哪些 哪里 是什 是否 多少 吗 呢 有没 没有 我们 你们 可以 这个 那个 这些 那些 一个 的是
            怎样 请问 哪一 以及 或者 并且 个参 么意 意思 何 谁 了 的 是 在""");

    private Stopwords() {}

    static boolean isStop(Words.Word word) {
        return word.kind() == Words.Kind.CJK
                ? CJK.contains(word.stem())
                : word.kind() == Words.Kind.WORD && isStop(word.raw());
    }

    static boolean isStop(String raw) {
        return ENGLISH.contains(raw.toLowerCase(java.util.Locale.ROOT));
    }

    private static Set<String> words(String list) {
        return Set.of(list.strip().split("\\s+"));
    }
}
