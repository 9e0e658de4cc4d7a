package dev.longhand.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Problem;
import dev.longhand.desk.Desk;
import dev.longhand.desk.ReadListener;
import dev.longhand.ledger.Books;
import dev.longhand.lm.Sampling;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: a chat keeps what was said, obeys its commands and survives its mistakes. Method: a model that echoes,
 * lines from a pipe.
 */
class ChatTest {
    @TempDir
    private Path home;
    private TestWorld world;
    private EchoModel model;

    @BeforeEach
    void freshWorld() {
        world = new TestWorld(home);
        model = new EchoModel(true, 500);
    }

    private int chat(String input) throws Problem {
        World plain = world.withInput(input).world();
        Config config = Config.read(plain);
        try (Books books = OpenBooks.open(plain, config);
                Talk talk = new LocalTalk(books.meter(model, OpenBooks.payer(config, "answer", "")),
                        model.info().contextTokens())) {
            Chat chat = new Chat(plain, talk, model.info().contextTokens());
            chat.choose(Sampling.GREEDY, 100);
            int code = new ChatLoop(plain, chat, model.info(), LineSource.piped(plain.in())).run();
            plain.out().flush();
            plain.err().flush();
            return code;
        }
    }

    @Test
    void keepsHistoryAndReadsOnlyWhatIsNew() throws Problem {
        assertThat(chat("one\ntwo\n")).isZero();
        assertThat(model.prompts).containsExactly("<user>one", "<user>one<assistant>You said: one<user>two");
        assertThat(world.out()).isEqualTo("You said: one\nYou said: two\n");
        assertThat(world.err()).contains("9 tokens read, 0 cached").contains("9 cached");
    }

    @Test
    void endsAtByeAndReadsNoFurther() throws Problem {
        assertThat(chat("one\n/bye\ntwo\n")).isZero();
        assertThat(model.prompts).hasSize(1);
        assertThat(chat("/exit\ntwo\n")).isZero();
        assertThat(model.prompts).hasSize(1);
    }

    @Test
    void clearForgets() throws Problem {
        chat("one\n/clear\ntwo\n");
        assertThat(model.prompts.getLast()).isEqualTo("<user>two");
    }

    @Test
    void joinsSeveralLines() throws Problem {
        chat("first \\\nsecond\n\"\"\"\nthird\n  fourth\n\"\"\"\n\"\"\"one line\"\"\"\n");
        assertThat(model.prompts.get(0)).isEqualTo("<user>first \nsecond");
        assertThat(model.prompts.get(1)).endsWith("<user>third\n  fourth");
        assertThat(model.prompts.get(2)).endsWith("<user>one line");
    }

    @Test
    void endOfInputEndsWhatIsOpen() throws Problem {
        chat("\"\"\"open\nstill");
        assertThat(model.prompts).containsExactly("<user>open\nstill");
        chat("last without end of line");
        assertThat(model.prompts.getLast()).isEqualTo("<user>last without end of line");
    }

    @Test
    void setsWhatDecidesTheNextAnswer() throws Problem {
        chat("/set temp 0.5\n/set top-k 7\n/set seed 42\n/set n 2\n/set system Be brief.\none two three\n");
        assertThat(model.specs.getFirst().sampling()).isEqualTo(new Sampling(0.5f, 7, 1, 0, 1, 64, 42));
        assertThat(model.specs.getFirst().tokensMax()).isEqualTo(2);
        assertThat(model.prompts.getFirst()).startsWith("<system>Be brief.");
        assertThat(world.err()).contains("cut at the token limit");
    }

    @Test
    void aPathIsTextAndNoCommand() throws Problem {
        chat("/etc/hosts has what?\n/nonsense\n");
        assertThat(model.prompts).containsExactly("<user>/etc/hosts has what?");
        assertThat(world.err()).contains("unknown command /nonsense; /help lists them");
    }

    @Test
    void helpAndShowSayWhatThereIs() throws Problem {
        chat("/help\n/show\n");
        assertThat(world.err()).contains("/save FILE").contains("Ctrl-C stops the answer")
                .contains("echo: none, context 500 tokens")
                .contains("temp 0.0");
        assertThat(world.out()).isEmpty();
    }

    @Test
    void savesTheConversation() throws Exception {
        Path file = home.resolve("talk.md");
        chat("one\n/save " + file + "\n");
        assertThat(Files.readString(file)).contains("# Chat with echo").contains("**user**\n\none")
                .contains("**assistant**\n\nYou said: one");
    }

    /** Goal: what was said becomes a document of a desk. Method: keep it under a name and without one; look into the desk. */
    @Test
    void keepsTheConversationInADesk() throws Exception {
        Path docs = Files.createDirectory(home.resolve("docs"));
        Files.writeString(docs.resolve("lamp.md"), "# The lamp\n\nIt turns.\n");
        try (Desk desk = DeskCommand.desks(world.world()).forFolder(docs, "light")) {
            desk.refresh(ReadListener.SILENT);
        }
        chat("the gull is called Ruben\n/keep light talk\nand then\n/keep light\n");
        assertThat(world.err()).contains("kept in desk light as scratch://talk.md; its next question finds it")
                .containsPattern("as scratch://chat-\\d{8}-\\d{6}\\.md");
        try (Desk desk = DeskCommand.desks(world.world()).open("light")) {
            assertThat(desk.refresh(ReadListener.SILENT).added()).isEqualTo(2);
            assertThat(desk.router().route("Ruben", 5)).hasSizeGreaterThan(1)
                    .anySatisfy(r -> assertThat(r.passage().path()).isEqualTo("scratch://talk.md"));
            assertThat(desk.fileOf("scratch://talk.md")).content().contains("# user\n\nthe gull is called Ruben")
                    .contains("# assistant").doesNotContain("and then");
        }
    }

    @Test
    void saysWhyAConversationIsNotKept() {
        for (String each : List.of("/keep light", "one\n/keep nowhere", "one\n/keep", "one\n/keep a b c")) {
            assertThatThrownBy(() -> chat(each + "\n")).as(each).isInstanceOf(Problem.class)
                    .hasMessageMatching("(there is no desk|/keep needs a desk).*");
        }
    }

    /** Goal: Ctrl-C stops the answer, not the chat. Method: the interrupt arrives after the first piece of the first answer. */
    @Test
    void interruptStopsTheAnswerOnly() throws Problem {
        model.afterFirstPiece = () -> {
            world.interrupts.interrupt();
            model.afterFirstPiece = () -> {};
        };
        assertThat(chat("one\ntwo\n")).isZero();
        assertThat(world.out()).isEqualTo("You \nYou said: two\n");
        assertThat(world.err()).contains("; stopped");
        assertThat(model.prompts.getLast()).contains("<assistant>You <user>two");
    }

    @Test
    void baseModelContinuesText() throws Problem {
        model = new EchoModel(false, 500);
        chat("Once\n upon\n");
        assertThat(model.prompts).containsExactly("Once", "OnceYou said: Once upon");
    }

    @Test
    void refusesWhatNoLongerFitsAndSaysSo() {
        String longLine = "x".repeat(490);
        assertThatThrownBy(() -> chat(longLine + "\n")).isInstanceOf(Problem.class).hasMessageContaining("496 tokens")
                .hasMessageContaining("/clear");
        assertThat(model.prompts).isEmpty();
    }

    /**
     * Goal: at a terminal a mistake is told and the chat goes on. Method: the terminal flag is set, lines still
     * come from a pipe.
     */
    @Test
    void aMistakeAtATerminalIsToldAndTheChatGoesOn() throws Problem, IOException {
        world.withTerminals(new World.Terminals(true, false, false));
        assertThat(chat("/set temp hot\n" + "x".repeat(490) + "\n/save\nfine\n")).isZero();
        assertThat(world.err()).contains("/set temp hot").contains("/clear").contains("/save needs a file");
        assertThat(model.prompts).containsExactly("<user>fine");
    }

    @Test
    void modelTextCannotSteerTheTerminal() throws Problem {
        chat("a\033[2Jb\n");
        assertThat(world.out()).isEqualTo("You said: a\u241b[2Jb\n");
    }

    /** Goal: a soft limit is passed with a note, said once. Method: a soft limit of nothing, three turns. */
    @Test
    void notesASoftLimitOnce() throws Problem {
        world.with("LONGHAND_ACCOUNT", "person:anna");
        assertThat(world.run("ledger", "budget", "person:anna", "--soft", "0")).isZero();
        chat("one\ntwo\nthree\n");
        assertThat(world.err().lines().filter(l -> l.contains("soft limit")))
                .containsExactly("person:anna is over the soft limit of its "
                + "budget per month, 0.00 EUR, with what was set aside for this; 'longhand ledger accounts' shows what is left");
    }
}
