package dev.longhand.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.desk.Ask;
import dev.longhand.desk.AskResult;
import dev.longhand.desk.AskSpec;
import dev.longhand.desk.Citation;
import dev.longhand.desk.Desk;
import dev.longhand.desk.Desks;
import dev.longhand.desk.ReadListener;
import dev.longhand.engine.EngineOptions;
import dev.longhand.engine.LocalModel;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Sampling;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.testkit.RealModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The answer really comes from the model. Two real models; a folder of two small documents. */
class AskRealModelTest {
    private static final String QUESTION = "In which year was the older pump installed?";
    private static LocalModel model;

    @TempDir
    private Path temp;

    private Path documents;

    @BeforeAll
    static void openModel() throws Problem {
        model = open(RealModels.smolLm2());
    }

    private static LocalModel open(Path file) throws Problem {
        return LocalModel.open(file, "test", "0".repeat(64), EngineOptions.DEFAULT.withKvBytesMax(1L << 30), Clock.SYSTEM);
    }

    @AfterAll
    static void closeModel() {
        model.close();
    }

    @BeforeEach
    void writeDocuments() throws IOException {
        documents = Files.createDirectories(temp.resolve("docs"));
        writePump("1987");
        Files.writeString(documents.resolve("moth.md"), "# Moths\n\nThe silver moth lays its eggs on birch bark in late August.\n");
    }

    private void writePump(String year) throws IOException {
        Files.writeString(documents.resolve("pump.md"), """
                # Pumps

                The pump house at Varen runs two electric pumps.
                The older pump was installed in %s and is serviced every spring.
                """.formatted(year));
    }

    private AskResult ask(LocalModel with, Sampling sampling) throws Problem {
        Desks desks = new Desks(new Home(temp.resolve("home").toAbsolutePath()), Disk.REAL, Clock.SYSTEM);
        try (Desk desk = desks.forFolder(documents, "d")) {
            desk.refresh(ReadListener.SILENT);
            return new Ask(desk, with).ask(QUESTION, AskSpec.DEFAULT.withSampling(sampling).withAnswerTokensMax(48), Sink.SILENT);
        }
    }

    /** Goal: the answer follows the document. Method: three years in the same sentence; the words of the answer, mark and quote. */
    @Test
    void answersWithWhatTheDocumentSaysNow() throws Exception {
        for (String year : List.of("1987", "1964", "2011")) {
            writePump(year);
            AskResult result = ask(model, Sampling.GREEDY);
            assertThat(result.text()).as("answer from the document of " + year).contains(year);
            assertThat(result.sentences().getFirst().isSupported()).as(result.text()).isTrue();
            Citation first = result.citations().getFirst();
            assertThat(first.place()).startsWith("pump.md:");
            assertThat(first.quote()).contains("installed in " + year);
        }
    }

    /** Goal: the seed decides where it should, and only there. Method: six seeds, each twice; greedy twice. */
    @Test
    void answersDifferentlyWithAnotherSeedAndTheSameWithTheSame() throws Exception {
        Set<String> answers = new HashSet<>();
        for (long seed = 1; seed <= 6; seed++) {
            String answer = ask(model, AskSpec.seeded(seed)).text();
            assertThat(ask(model, AskSpec.seeded(seed)).text()).as("seed " + seed).isEqualTo(answer);
            answers.add(answer);
        }
        assertThat(answers).hasSizeGreaterThan(1);
        assertThat(ask(model, Sampling.GREEDY).text()).isEqualTo(ask(model, Sampling.GREEDY).text());
    }

    /** Goal: the counts that are printed are the engine's. Method: generate the same prompt on the engine and count there. */
    @Test
    void countsTheTokensThatTheEngineCounted() throws Exception {
        Desks desks = new Desks(new Home(temp.resolve("home").toAbsolutePath()), Disk.REAL, Clock.SYSTEM);
        try (Desk desk = desks.forFolder(documents, "d")) {
            desk.refresh(ReadListener.SILENT);
            Ask ask = new Ask(desk, model);
            AskSpec spec = AskSpec.DEFAULT.withAnswerTokensMax(24);
            Ask.Prepared prepared = ask.prepare(QUESTION, spec);
            AskResult result = ask.answer(QUESTION, prepared, spec, Sink.SILENT);
            try (Sequence sequence = model.open(new SequenceSpec(prepared.prompt().length + 24))) {
                Answer answer = sequence.generate(prepared.prompt(),
                        new dev.longhand.lm.GenerationSpec(24, spec.sampling(), List.of()), Sink.SILENT);
                assertThat(result.text()).isEqualTo(answer.text());
                assertThat(result.usage().answeredTokens()).isEqualTo(answer.tokens().length);
                assertThat(result.usage().readTokens() + result.usage().cachedTokens()).isEqualTo(prepared.prompt().length);
                assertThat(result.promptTokens()).isEqualTo(prepared.prompt().length).isLessThanOrEqualTo(spec.promptTokensMax());
            }
        }
    }

    /** Goal: a base model answers too. Method: Gemma 3 270M, which has no chat template. */
    @Test
    void answersWithABaseModel() throws Exception {
        try (LocalModel base = open(RealModels.gemma3())) {
            assertThat(base.info().hasChat()).isFalse();
            AskResult result = ask(base, Sampling.GREEDY);
            assertThat(result.text()).contains("1987").doesNotContain("Question:");
        }
    }
}
