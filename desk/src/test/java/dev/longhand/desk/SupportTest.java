package dev.longhand.desk;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SupportTest {
    private record Score(int marked, int rightlyMarked, int unsupported) {
        double precision() {
            return marked == 0 ? 0 : (double) rightlyMarked / marked;
        }

        double recall() {
            return (double) rightlyMarked / unsupported;
        }
    }

    /** Goal: marks can be trusted. Method: 60 labelled sentences, written before the scorer; the halves are reported apart. */
    @Test
    void marksUnsupportedSentencesWithPrecisionAndRecallOfEightyPercent() {
        Score dev = score(false);
        Score test = score(true);
        System.out.printf("support: dev precision %.2f recall %.2f, test precision %.2f recall %.2f%n",
                dev.precision(), dev.recall(), test.precision(), test.recall());
        Score all = new Score(dev.marked + test.marked, dev.rightlyMarked + test.rightlyMarked, dev.unsupported + test.unsupported);
        assertThat(all.precision()).as("precision over all 60").isGreaterThanOrEqualTo(0.8);
        assertThat(all.recall()).as("recall over all 60").isGreaterThanOrEqualTo(0.8);
    }

    /** Goal: the labels are what the claim says. Method: count. */
    @Test
    void hasSixtySentencesHalfOfThemSupportedInEachHalf() {
        List<EvalData.Labelled> all = EvalData.labelled();
        assertThat(all).hasSize(60);
        assertThat(all.stream().filter(EvalData.Labelled::isSupported)).hasSize(30);
        assertThat(all.stream().filter(EvalData.Labelled::isTest)).hasSize(30);
        assertThat(all.stream().filter(l -> l.isTest() && l.isSupported())).hasSize(15);
    }

    private static Score score(boolean test) {
        int marked = 0;
        int right = 0;
        int unsupported = 0;
        for (EvalData.Labelled each : EvalData.labelled()) {
            if (each.isTest() == test) {
                Support.Verdict verdict = new Support(sourcesOf(each.source())).judge(each.sentence());
                marked += verdict.isSupported() ? 0 : 1;
                unsupported += each.isSupported() ? 0 : 1;
                right += verdict.isSupported() || each.isSupported() ? 0 : 1;
                if (!test && verdict.isSupported() != each.isSupported()) {
                    System.out.println("dev miss " + each + " -> " + verdict);
                }
            }
        }
        return new Score(marked, right, unsupported);
    }

    /** The source and the next one, which is a distractor. */
    private static List<String> sourcesOf(String name) {
        Map<String, String> sources = EvalData.sources();
        List<String> names = new ArrayList<>(sources.keySet());
        return List.of(sources.get(name), sources.get(names.get((names.indexOf(name) + 1) % names.size())));
    }
}
