package dev.longhand.desk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Problem;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DocumentRouterTest {
    private static final List<DocumentRouter.Document> DOCUMENTS = List.of(
            new DocumentRouter.Document("pumps.md", "The pump house runs two electric pumps.\nThe older one dates from 1987."),
            new DocumentRouter.Document("", "The silver moth lays its eggs on birch bark."),
            new DocumentRouter.Document("", "readFileHeader returns the header of a file."),
            new DocumentRouter.Document("", "electric\n\n\n\n\n\n\n\n\nhouse of the miller, where pumps are sold"));

    /** Goal: the document with the question's words comes first. Method: questions with known answers, both ways of ranking. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void ranksDocumentsByTheWordsTheyShare(boolean prefersClose) throws Problem {
        try (DocumentRouter router = DocumentRouter.of(DOCUMENTS, prefersClose)) {
            assertThat(router.rank("Where does the moth lay its eggs?", 4)).extracting(DocumentRouter.Found::document)
                    .containsExactly(1);
            assertThat(router.rank("What does readFileHeader return?", 4).getFirst().document()).isEqualTo(2);
            assertThat(router.rank("electric pump house", 4)).extracting(DocumentRouter.Found::document).containsExactly(0, 3);
            assertThat(router.rank("electric pump house", 1)).hasSize(1);
            assertThat(router.rank("zebra", 4)).isEmpty();
            assertThat(router.rank("?!", 4)).isEmpty();
        }
    }

    @Test
    void liftsDocumentsWhereTheWordsStandTogether() throws Problem {
        String question = "house electric pumps";
        try (DocumentRouter close = DocumentRouter.of(DOCUMENTS, true);
                DocumentRouter plain = DocumentRouter.of(DOCUMENTS, false)) {
            double lead = ratio(close.rank(question, 4));
            assertThat(lead).isGreaterThan(ratio(plain.rank(question, 4)));
        }
    }

    private static double ratio(List<DocumentRouter.Found> found) {
        assertThat(found.getFirst().document()).isZero();
        return found.get(0).score() / found.get(1).score();
    }
}
