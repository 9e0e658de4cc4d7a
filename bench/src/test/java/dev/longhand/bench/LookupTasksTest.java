package dev.longhand.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Problem;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Goal: tasks are what they claim, and stay the same for ever. Method: four small committed sources, every task looked at. */
class LookupTasksTest {
    private static final TaskShape LONG = new TaskShape(1, 900, 1_800);
    private static final TaskShape PIECES = new TaskShape(4, 300, 600);
    private static final List<TaskKind> KINDS = List.of(TaskKind.values());

    private static List<LookupTask> tasks;

    @BeforeAll
    static void make() throws Problem {
        tasks = tasks(LookupTasks.SEED);
    }

    private static List<LookupTask> tasks(long seed) throws Problem {
        LookupTasks maker = new LookupTasks(CorpusFixture.corpus(), CorpusFixture.TOKENS, seed);
        return Stream.concat(maker.cell(LONG, KINDS, 28).stream(), maker.cell(PIECES, KINDS, 28).stream()).toList();
    }

    private static List<LookupTask> of(TaskKind kind) {
        return tasks.stream().filter(t -> t.kind() == kind).toList();
    }

    private static String answer(LookupTask task) {
        return task.pieces().get(task.answerPiece()).text();
    }

    private static String context(LookupTask task) {
        return task.pieces().stream().map(LookupTask.Piece::text).collect(Collectors.joining("\n"));
    }

    /** A change of this digest changes every reported figure: then all of them are measured again. */
    @Test
    void makesTheSameTasksForEver() throws Problem {
        assertThat(LookupTasks.digest(tasks)).isEqualTo(LookupTasks.digest(tasks(LookupTasks.SEED)));
        assertThat(LookupTasks.digest(tasks).hex()).isEqualTo("7e369cc43b54430a424dfcfa3670f7d7b3d67c77c588b35f87bfd1762a6fc404");
        assertThat(LookupTasks.digest(tasks(1))).as("another seed").isNotEqualTo(LookupTasks.digest(tasks));
    }

    @Test
    void keepsLengthsSharesAndPlaces() {
        for (TaskShape shape : List.of(LONG, PIECES)) {
            Map<TaskKind, Long> byKind = tasks.stream().filter(t -> t.shape().equals(shape))
                    .collect(Collectors.groupingBy(LookupTask::kind, Collectors.counting()));
            assertThat(byKind).hasSize(KINDS.size()).allSatisfy((kind, count) -> assertThat(count).isEqualTo(4));
        }
        assertThat(tasks).extracting(LookupTask::id).doesNotHaveDuplicates();
        assertThat(tasks).extracting(LookupTask::source).containsOnly("alpha", "beta", "gamma", "delta");
        assertThat(tasks).allSatisfy(task -> {
            assertThat(task.pieces()).hasSize(task.shape().pieces());
            assertThat(task.pieces()).allSatisfy(p -> {
                assertThat(p.tokens()).isBetween(task.shape().tokensMin(), task.shape().tokensMax());
                assertThat(p.tokens()).isEqualTo(CorpusFixture.TOKENS.of(p.text()));
            });
            assertThat(task.pieces()).extracting(LookupTask.Piece::text).doesNotHaveDuplicates();
            assertThat(task.pieces().get(task.answerPiece()).sources()).contains(task.source());
            int tokens = CorpusFixture.TOKENS.of(task.expected());
            assertThat(task.scored()).isNotEmpty().allSatisfy(s -> assertThat(s.to()).isLessThanOrEqualTo(tokens));
            assertThat(task.onlyAnswer().pieces()).containsExactly(task.pieces().get(task.answerPiece()));
        });
        assertThat(tasks.stream().map(LookupTask::answerPiece).distinct()).as("places of the answer").hasSizeGreaterThan(2);
    }

    @Test
    void continuesRealDocuments() {
        assertThat(of(TaskKind.CONTINUATION)).hasSize(8).allSatisfy(task -> {
            String lines = answer(task).substring(answer(task).length() - 100) + task.prompt() + task.expected();
            assertThat(CorpusFixture.texts()).anyMatch(text -> text.contains(lines));
            assertThat(CorpusFixture.TOKENS.of(task.prompt())).isGreaterThanOrEqualTo(24);
            assertThat(CorpusFixture.TOKENS.of(task.expected())).isBetween(40, 128);
        });
    }

    @Test
    void quotesWhatStandsOnce() {
        assertThat(of(TaskKind.QUOTE)).hasSize(8).allSatisfy(task -> {
            String begun = task.prompt().substring(task.prompt().lastIndexOf('\n') + 1);
            assertThat(TaskMaker.count(context(task), begun)).isEqualTo(1);
            assertThat(answer(task)).contains(begun + task.expected());
            assertThat(task.expected()).startsWith(" ");
        });
    }

    @Test
    void hidesNeedlesWhereTheyAreAskedFor() {
        assertThat(of(TaskKind.NEEDLE)).hasSize(8).allSatisfy(task ->
                assertThat(answer(task)).containsOnlyOnce(task.prompt().strip() + task.expected() + "."));
        assertThat(of(TaskKind.MULTI_KEY)).allSatisfy(task -> {
            assertThat(answer(task)).containsOnlyOnce(task.prompt().strip() + task.expected() + ".");
            assertThat(TaskMaker.count(context(task), "The access code of the ")).isEqualTo(4);
        });
        assertThat(of(TaskKind.MULTI_QUERY)).allSatisfy(task -> {
            for (String sentence : (task.prompt().strip() + task.expected()).split("\\. ")) {
                assertThat(answer(task)).containsOnlyOnce(sentence + ".");
            }
            assertThat(task.scored()).containsExactly(new LookupTask.Span(0, 6), new LookupTask.Span(task.scored().get(1).to() - 6,
                    CorpusFixture.TOKENS.of(task.expected())));
        });
    }

    @Test
    void keepsTheOrderOfValuesAndAssignments() {
        assertThat(of(TaskKind.MULTI_VALUE)).hasSize(8).allSatisfy(task -> {
            String[] values = task.expected().strip().split(", | and ");
            assertThat(values).hasSize(3);
            assertThat(answer(task)).containsSubsequence(" is " + values[0], " is " + values[1], " is " + values[2]);
            assertThat(task.scored()).hasSize(3).allSatisfy(s -> assertThat(s.tokens()).isEqualTo(6));
        });
        assertThat(of(TaskKind.VARIABLE)).hasSize(8).allSatisfy(task -> {
            String name = task.prompt().replaceAll("(?s).*(VAR_\\w+).*", "$1");
            int steps = 0;
            while (name.startsWith("VAR_")) {
                assertThat(answer(task)).containsOnlyOnce("Let " + name + " = ");
                name = answer(task).replaceAll("(?s).*Let " + name + " = (\\w+)\\..*", "$1");
                steps++;
            }
            assertThat(steps).isEqualTo(4);
            assertThat(" " + name).isEqualTo(task.expected());
        });
    }

    @Test
    void refusesACorpusThatIsTooSmall() {
        LookupTasks maker = new LookupTasks(CorpusFixture.corpus(), CorpusFixture.TOKENS, 1);
        assertThatThrownBy(() -> maker.cell(PIECES)).isInstanceOf(Problem.class)
                .hasMessageContaining("from 4 sources only, 20 are");
        assertThatThrownBy(() -> maker.cell(TaskShape.documents(64))).isInstanceOf(Problem.class)
                .hasMessageContaining("no source has text");
    }
}
