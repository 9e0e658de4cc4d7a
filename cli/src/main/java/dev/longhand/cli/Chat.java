package dev.longhand.cli;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.desk.Desk;
import dev.longhand.ledger.Charges;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Constraint;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Message;
import dev.longhand.lm.Sampling;
import dev.longhand.lm.Sink;
import dev.longhand.lm.Usage;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A conversation with one model: turns, what was said, and how tokens are chosen.
 *
 * <p>Does not know lines or terminals. Nothing is cut: a conversation that no longer fits is refused with the figures. A base model
 * has no turns; it continues the text so far. Used by one thread; {@link Interrupts} may stop an answer.
 */
final class Chat {
    /** Below this an answer would be cut off at once. */
    private static final int ANSWER_TOKENS_MIN = 16;

    private final World world;
    private final Talk model;
    private final int contextTokens;
    private final List<Message> said = new ArrayList<>();
    private final StringBuilder text = new StringBuilder();
    private String system = "";
    private long chargedBefore;
    private int warned;
    private Sampling sampling;
    private int tokensMax;
    private Optional<Constraint> constraint = Optional.empty();
    private int reasoningTokensMax = Integer.MAX_VALUE;

    /** @param model stays the caller's */
    Chat(World world, Talk model, int contextTokens) {
        this.world = world;
        this.model = model;
        this.contextTokens = contextTokens;
    }

    void choose(Sampling sampling, int tokensMax) {
        this.sampling = sampling;
        this.tokensMax = tokensMax;
    }

    /** Which form answers must have, and how many tokens of reasoning may come before them. */
    void form(Optional<Constraint> constraint, int reasoningTokensMax) {
        this.constraint = constraint;
        this.reasoningTokensMax = reasoningTokensMax;
    }

    Sampling sampling() {
        return sampling;
    }

    int tokensMax() {
        return tokensMax;
    }

    String system() {
        return system;
    }

    void system(String text) {
        this.system = text;
    }

    /** Forgets what was said. */
    void clear() {
        said.clear();
        text.setLength(0);
    }

    /** Answers {@code line} on standard output; a Ctrl-C ends the answer only. */
    Answer turn(String line) throws Problem {
        chargedBefore = model.charges().amount();
        boolean isChat = model.info().hasChat();
        int textBefore = text.length();
        int saidBefore = said.size();
        if (isChat) {
            said.add(Message.user(line));
        } else {
            text.append(line);
        }
        try {
            Answer answer = answer(isChat ? model.prompt(conversation()) : model.prompt(text.toString()));
            if (isChat) {
                said.add(Message.assistant(answer.text()));
            } else {
                text.append(answer.text());
            }
            return answer;
        } catch (Problem e) {
            text.setLength(textBefore);
            said.subList(saidBefore, said.size()).clear();
            throw e;
        }
    }

    private List<Message> conversation() {
        List<Message> all = new ArrayList<>();
        if (!system.isEmpty()) {
            all.add(Message.system(system));
        }
        all.addAll(said);
        return all;
    }

    private Answer answer(Talk.Prompt prompt) throws Problem {
        int room = contextTokens - prompt.tokens();
        if (room < ANSWER_TOKENS_MIN) {
            throw new Problem(Problem.Kind.LIMIT, ("the conversation has %s tokens and the context holds %s: nothing is dropped "
                    + "silently, so begin anew with /clear").formatted(Units.count(prompt.tokens()), Units.count(contextTokens)));
        }
        boolean[] stopped = new boolean[1];
        Thread own = Thread.currentThread();
        world.interrupts().onInterrupt(() -> {
            stopped[0] = true;
            model.wake(own);
        });
        try {
            GenerationSpec spec = new GenerationSpec(Math.min(tokensMax, room), sampling, List.of(), Optional.empty(),
                    OptionalInt.empty(), constraint, reasoningTokensMax, List.of());
            return prompt.answer(spec, new Sink() {
                @Override
                public void reasoning(String piece) {
                    world.err().print(world.noteStyle().dim(Style.safe(piece)));
                    world.err().flush();
                }

                @Override
                public void text(String piece) {
                    world.out().print(Style.safe(piece));
                    world.out().flush();
                }

                @Override
                public boolean isCancelled() {
                    return stopped[0] || world.interrupts().isCancelled();
                }
            });
        } finally {
            world.interrupts().onInterrupt(null);
            Thread.interrupted(); // by a Ctrl-C that came when all was answered
        }
    }

    /** {@code "31 tokens read, 208 cached, 96 answered in 1.2 s (80.0 tokens/s); 0.000021 EUR, 0.000108 EUR in all"}. */
    String cost(Answer answer) {
        if (!model.isCounted(answer)) {
            return "stopped; 'longhand ledger report' has what it cost";
        }
        Usage usage = answer.usage();
        Charges all = model.charges();
        String line = String.format(Locale.ROOT, "%s tokens read, %s cached, %s answered in %s (%.1f tokens/s); %s",
                Units.count(usage.readTokens()), Units.count(usage.cachedTokens()), Units.count(usage.answeredTokens()),
                Units.seconds(usage.readSeconds() + usage.answerSeconds()), usage.answeredTokensPerSecond(),
                all.unit().show(all.amount() - chargedBefore));
        return all.calls() > 1 ? line + ", " + all.unit().show(all.amount()) + " in all" : line;
    }

    /** Whether {@link #cost} knows what it took. */
    boolean isCounted(Answer answer) {
        return model.isCounted(answer);
    }

    /** Notes soft limits that were passed since the last call. */
    void warn() {
        warned = OpenBooks.warn(world, model.warnings(), warned);
    }

    /** Writes what was said as Markdown. */
    void save(Path file) throws Problem {
        StringBuilder page = new StringBuilder("# Chat with " + model.info().name() + "\n\n");
        for (Message each : conversation()) {
            page.append("**").append(each.role().templateName()).append("**\n\n").append(each.text()).append("\n\n");
        }
        page.append(text);
        Disk.REAL.publish(file, out -> out.write(page.toString().getBytes(StandardCharsets.UTF_8)));
    }

    /** Keeps what was said as a document of a desk; its path there. */
    String keep(Desk desk, String name) throws Problem {
        if (said.isEmpty() && text.isEmpty()) {
            throw new Problem(Problem.Kind.USAGE, "nothing was said yet, so there is nothing to keep");
        }
        return model.info().hasChat() ? desk.keep(name, conversation()) : desk.write(name, text.toString());
    }
}
