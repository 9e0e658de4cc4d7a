package dev.longhand.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Problem;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Goal: a desk of some documents of all sources, and questions that each want one. Method: four small committed sources. */
class DeskCorpusTest {
    private static DeskCorpus desk(long tokens) {
        return DeskCorpus.of(CorpusFixture.corpus(), CorpusFixture.TOKENS, tokens);
    }

    @Test
    void takesTheSourcesInTurns() {
        DeskCorpus all = desk(Long.MAX_VALUE);
        assertThat(all.corpus().documents()).hasSameElementsAs(CorpusFixture.corpus().documents());
        assertThat(all.tokens()).isEqualTo(
                all.corpus().documents().stream().mapToLong(d -> CorpusFixture.TOKENS.of(d.text())).sum());
        DeskCorpus some = desk(all.tokens() / 3);
        assertThat(some.corpus().documents()).hasSizeBetween(2, 7);
        assertThat(some.tokens()).isBetween(all.tokens() / 3, all.tokens());
        assertThat(some.corpus().documents().stream().limit(4).map(CorpusDocument::source)).doesNotHaveDuplicates();
    }

    @Test
    void asksForQuotesAndFactsInTurnsAndKnowsTheirWords() throws Problem {
        DeskCorpus desk = desk(Long.MAX_VALUE);
        List<DeskCorpus.Wanted> questions = desk.questions(7, CorpusFixture.TOKENS);
        assertThat(questions).hasSize(7).allSatisfy(q -> {
            assertThat(q.question()).contains(q.words()).endsWith("is used there.");
            assertThat(q.words()).doesNotContain("?").isNotBlank();
            assertThat(desk.holds(q.document(), 1, Integer.MAX_VALUE, q.words())).as(q.words()).isTrue();
            assertThat(q.tokens()).isBetween(20, 80);
            assertThat(desk.corpus().documents().stream()
                    .filter(d -> desk.holds(d.name(), 1, Integer.MAX_VALUE, q.words())).count()).as(q.words()).isEqualTo(1);
        });
        assertThat(desk.questions(7, CorpusFixture.TOKENS)).isEqualTo(questions);
        assertThat(desk.holds(questions.getFirst().document(), 1, 1, questions.getFirst().words())
                && desk.holds(questions.getFirst().document(), 2, Integer.MAX_VALUE, questions.getFirst().words())).isFalse();
    }
}
