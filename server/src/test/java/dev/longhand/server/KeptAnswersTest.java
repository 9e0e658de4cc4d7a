package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.jobs.Jobs;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.Key;
import dev.longhand.lm.SequenceSpec;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is kept of answers at most. Goal: nothing grows without bound. Method: answers that nobody makes, ended by hand. */
class KeptAnswersTest {
    private static final Caller RED = new Caller("red", Key.Role.USER, "red", "person:red");
    private static final Caller BLUE = new Caller("blue", Key.Role.USER, "blue", "person:blue");
    private static final AnswerLimits LIMITS = new AnswerLimits(3, 4, 20_000, 20_000, 2, 3, Duration.ofDays(1), 2);

    @TempDir
    private Path folder;
    private Books books;
    private Jobs jobs;
    private KeptAnswers answers;

    @BeforeEach
    void open() throws Problem {
        books = Served.books(folder);
        jobs = new Jobs(books.store(), books.ledger(), Clock.SYSTEM, dev.longhand.jobs.Limits.DEFAULT);
        answers = answers();
    }

    private KeptAnswers answers() {
        return new KeptAnswers(jobs, new KeptAnswers.Parts(null, null, null, books), Guard.open(RED), Clock.SYSTEM, LIMITS);
    }

    @AfterEach
    void close() {
        answers.close();
        books.close();
    }

    private KeptAnswer ask(Caller caller, String question) throws Exception {
        return answers.ask(caller, Optional.empty(), question, () -> new AnswerOrder(caller, question, "m", "f", Optional.empty(),
                question, SequenceSpec.Priority.INTERACTIVE, List.of(), Optional.empty(), Optional.empty()));
    }

    private KeptAnswer ended(Caller caller, String question) throws Exception {
        KeptAnswer answer = ask(caller, question);
        jobs.cancel(answer.id());
        return answer;
    }

    @Test
    void aTeamHasOnlySoManyThatRunAndLeavesRoomForOthers() throws Exception {
        KeptAnswer first = ask(RED, "1");
        ask(RED, "2");
        assertThatThrownBy(() -> ask(RED, "3")).isInstanceOf(Refusal.class).hasMessageContaining("2 of them for this team");
        ask(BLUE, "4");
        assertThatThrownBy(() -> ask(BLUE, "5")).isInstanceOf(Refusal.class).hasMessageContaining("at most 3");
        answers.forget(first);
        ask(RED, "6");
    }

    @Test
    void theOldestThatEndedIsForgotten() throws Exception {
        List<KeptAnswer> all = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            all.add(ended(RED, "q" + i));
        }
        assertThat(answers.newest(RED, 10)).extracting(KeptAnswer::id).containsExactly(all.get(4).id(), all.get(3).id(),
                all.get(2).id());
        assertThatThrownBy(() -> answers.find(RED, all.get(0).id())).isInstanceOf(Refusal.class);
        assertThatThrownBy(() -> jobs.job(all.get(0).id())).isInstanceOf(Problem.class);
        KeptAnswers next = answers();
        try {
            next.start();
            assertThat(next.newest(RED, 10)).hasSize(3);
            assertThat(next.newest(BLUE, 10)).isEmpty();
        } finally {
            next.close();
        }
    }

    @Test
    void manyBytesForgetOldOnesToo() throws Exception {
        KeptAnswer old = ended(RED, "q".repeat(12_000));
        KeptAnswer running = ask(RED, "short");
        ended(RED, "p".repeat(12_000));
        assertThat(answers.newest(RED, 10)).extracting(KeptAnswer::id).doesNotContain(old.id()).contains(running.id());
    }

    /** Goal: without idempotency by accident: two teams with one key have two answers; asked at once it is one. */
    @Test
    void aKeyIsOfItsTeam() throws Exception {
        KeptAnswers.Ordering order = () -> new AnswerOrder(RED, "d", "m", "f", Optional.empty(), "q",
                SequenceSpec.Priority.INTERACTIVE, List.of(), Optional.empty(), Optional.empty());
        KeptAnswer red = answers.ask(RED, Optional.of("k"), "d", order);
        assertThat(answers.ask(RED, Optional.of("k"), "d", order).id()).isEqualTo(red.id());
        assertThat(answers.ask(BLUE, Optional.of("k"), "d", () -> new AnswerOrder(BLUE, "d", "m", "f", Optional.empty(), "q",
                SequenceSpec.Priority.INTERACTIVE, List.of(), Optional.empty(), Optional.empty())).id()).isNotEqualTo(red.id());
        assertThatThrownBy(() -> answers.find(BLUE, red.id())).hasMessage("there is no answer " + red.id());
        assertThatThrownBy(() -> answers.find(BLUE, "none")).hasMessage("there is no answer none");
    }
}
