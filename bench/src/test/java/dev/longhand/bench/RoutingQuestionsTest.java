package dev.longhand.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Problem;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Goal: each question wants one document, by the means its kind says. Method: four small committed sources cut into 24 pieces. */
class RoutingQuestionsTest {
    private static RoutingSet set;

    @BeforeAll
    static void make() throws Problem {
        set = maker().sets(24, 30, 1, 200).getFirst();
    }

    private static RoutingQuestions maker() {
        return new RoutingQuestions(CorpusFixture.corpus(), CorpusFixture.TOKENS, LookupTasks.SEED);
    }

    private static List<RoutingSet.Question> of(RoutingSet.Kind kind) {
        return set.questions().stream().filter(q -> q.kind() == kind).toList();
    }

    private static long documentsWith(String text) {
        return set.documents().stream().filter(d -> d.text().replaceAll("\\s+", " ").contains(text)).count();
    }

    /** A change of this digest changes every reported figure: then all of them are measured again. */
    @Test
    void makesTheSameSetForEver() throws Problem {
        assertThat(set.digest().hex()).isEqualTo("ee8861386dae2940dbdc5aed2d7e741a74c0fce8b3a1728b9089afa0f1c6a373");
        assertThat(maker().sets(24, 30, 1, 200).getFirst().digest()).isEqualTo(set.digest());
    }

    @Test
    void asksAThirdOfEachKindAboutDifferentDocuments() throws Problem {
        assertThat(set.documents()).hasSize(24).extracting(RoutingSet.Document::text).doesNotHaveDuplicates();
        assertThat(set.documents()).allSatisfy(d -> assertThat(d.tokens()).isBetween(100, 200));
        for (RoutingSet.Kind kind : RoutingSet.Kind.values()) {
            assertThat(of(kind)).hasSize(10);
            assertThat(of(kind).stream().map(RoutingSet.Question::document).distinct().count()).isGreaterThan(4);
        }
        assertThat(set.questions()).extracting(RoutingSet.Question::text).doesNotHaveDuplicates();
        assertThat(maker().sets(8, 18, 3, 200)).hasSize(3).allSatisfy(s -> assertThat(s.questions()).hasSize(6));
        RoutingSet whole = maker().whole(12);
        assertThat(whole.documents()).hasSize(8);
        assertThat(whole.questions()).hasSize(12);
    }

    @Test
    void quotesAndFactsStandInOneDocument() {
        assertThat(of(RoutingSet.Kind.QUOTE)).allSatisfy(q -> {
            String quote = q.text().substring(q.text().indexOf('"') + 1, q.text().lastIndexOf('"'));
            assertThat(documentsWith(quote)).isEqualTo(1);
            assertThat(set.documents().get(q.document()).text().replaceAll("\\s+", " ")).contains(quote);
        });
        assertThat(of(RoutingSet.Kind.FACT)).allSatisfy(q -> {
            String named = q.text().replaceAll("What is said about |What has the number |What is | for\\?$|\\?$", "");
            assertThat(set.documents().get(q.document()).text()).contains(named);
        });
    }

    @Test
    void paraphrasesShareFewWords() {
        assertThat(of(RoutingSet.Kind.PARAPHRASE)).allSatisfy(q -> {
            List<String> document = Rewording.content(set.documents().get(q.document()).text());
            List<String> said = Rewording.content(q.text().substring(q.text().indexOf(':') + 1));
            assertThat(said.size()).isGreaterThanOrEqualTo(3);
            assertThat(said.stream().filter(document::contains).count()).as(q.text()).isLessThan(said.size());
        });
    }

    @Test
    void rewordsByRules() {
        String sentence = "The loader deletes every temporary directory before it returns the maxRetryCount of the parsed file.";
        assertThat(Rewording.content(sentence)).containsExactly("loader", "deletes", "temporary", "directory", "returns", "max",
                "retry", "count", "parsed", "file");
        String reworded = Rewording.of(sentence, new Chance(7)).orElseThrow();
        assertThat(reworded).contains("remove", "transient", "folder", "give back", "analyse")
                .doesNotContain("delete", "directory");
        assertThat(reworded.indexOf("analyse")).as("the second half comes first").isLessThan(reworded.indexOf("folder"));
        assertThat(List.of("loader", "max", "retry").stream().filter(reworded::contains).count()).isLessThanOrEqualTo(3);
        assertThat(Rewording.of("The zebra gallops quietly.", new Chance(7))).isEmpty();
        assertThat(Rewording.synonym("copies")).contains("duplicate");
        assertThat(Rewording.synonym("stopped")).contains("halt");
    }

    @Test
    void findsSentencesInProseAndComments() {
        assertThat(RoutingQuestions.sentences("""
                /**
                 * Reads the whole file into one long list of words. It
                 * never fails when the file is empty or was cut.
                 */
                int x = 3;
                """)).containsExactly("Reads the whole file into one long list of words.",
                "It never fails when the file is empty or was cut.");
    }

    @Test
    void countsHitsOfEachWay() throws Problem {
        RoutingBench.Way right = s -> (question, max) -> List.of(5, s.questions().stream().filter(q -> q.text().equals(question))
                .findFirst().orElseThrow().document());
        List<Measure> measures = new RoutingBench(Map.of("second", right)).run(24, List.of(set));
        assertThat(measures).hasSize(12).allSatisfy(m -> {
            boolean isFirst = m.row().endsWith("top-1");
            assertThat(m.figure()).isBetween(isFirst ? 0.0 : 100, isFirst ? 40.0 : 100);
        });
        List<Measure> words = new RoutingBench(RoutingBench.words()).run(24, List.of(set));
        assertThat(words).hasSize(24);
        assertThat(words.stream().filter(m -> m.row().equals("routing/24/fact/BM25/top-4")).findFirst().orElseThrow().figure())
                .isGreaterThanOrEqualTo(90);
        assertThat(RoutingBench.table(words)).hasSize(7).last().asString().startsWith("routing/24/paraphrase/words ");
    }

    /** Goal: each needle stands once, in a document of its own, and the same seed hides the same ones. */
    @Test
    void hidesEachNeedleInOneDocument() {
        NeedleRouting.Hidden hidden = NeedleRouting.Hidden.of(set, 10, 7);
        assertThat(hidden).isEqualTo(NeedleRouting.Hidden.of(set, 10, 7)).isNotEqualTo(NeedleRouting.Hidden.of(set, 10, 8));
        assertThat(hidden.needles()).extracting(NeedleRouting.Needle::document).doesNotHaveDuplicates().hasSize(10);
        assertThat(hidden.needles()).extracting(NeedleRouting.Needle::key).doesNotHaveDuplicates();
        for (NeedleRouting.Needle needle : hidden.needles()) {
            String text = hidden.documents().get(needle.document()).text();
            assertThat(text.replace(needle.sentence(), "")).isEqualTo(set.documents().get(needle.document()).text());
            assertThat(hidden.documents().stream().filter(d -> d.text().contains(needle.sentence()))).hasSize(1);
        }
    }

    @Test
    void refusesMoreThanTheTextGives() {
        assertThatThrownBy(() -> maker().sets(4096)).isInstanceOf(Problem.class).hasMessageContaining("4096 are needed");
    }
}
