package dev.longhand.desk;

import dev.longhand.base.Problem;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Finds passages by the words they share with the question, rare words first (BM25). Used by one thread at a time. */
final class Bm25 implements Router {
    private final Desk desk;
    private final PassageIndex.Weights weights;

    Bm25(Desk desk, PassageIndex.Weights weights) {
        this.desk = desk;
        this.weights = weights;
    }

    @Override
    public List<Ranked> route(String question, int passagesMax) throws Problem {
        Set<String> terms = terms(question, desk.limits().questionTermsMax());
        if (terms.isEmpty() || desk.passages() == 0) {
            return List.of();
        }
        return desk.search(reader -> reader.search(terms, weights, passagesMax));
    }

    /** Content words of the question; all its words if it has no other. */
    static Set<String> terms(String question, int termsMax) {
        Words words = new Words();
        Set<String> content = new LinkedHashSet<>();
        Set<String> all = new LinkedHashSet<>();
        for (Words.Word word : words.of(question)) {
            if (all.size() < termsMax) {
                all.add(word.stem());
            }
            if (content.size() < termsMax && !Stopwords.isStop(word)) {
                content.add(word.stem());
            }
        }
        return content.isEmpty() ? all : content;
    }

    /** A search that may find the index broken. */
    @FunctionalInterface
    interface Search<T> {
        T in(PassageIndex.Reader reader) throws PassageIndex.Damaged, IOException;
    }
}
