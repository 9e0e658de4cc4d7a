package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.kernels.Tier;
import dev.longhand.kernels.TierChoice;
import dev.longhand.ledger.Unit;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Constraint;
import dev.longhand.lm.ModelInfo;
import dev.longhand.lm.Sampling;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code longhand run [MODEL] [PROMPT...]}. */
@Command(name = "run",
        description = "Chat with a model, or answer one prompt. Lines may come from a pipe; /help in the chat lists its commands.",
        footer = {"  longhand run", "  longhand run smollm2", "  longhand run smollm2 \"Say hello in Latin.\"",
            "  longhand run gemma3-270m \"The lighthouse keeper\" -n 40",
            "  printf 'Hello!\\nAnd in French?\\n/bye\\n' | longhand run"})
final class RunCommand extends CliCommand {
    private static final int ANSWER_TOKENS = 512;
    private static final int CONTEXT_TOKENS = 8_192;

    @Parameters(index = "0", arity = "0..1", paramLabel = "MODEL",
            description = "The model (default: as for ask); with --model this is the prompt's first word.")
    private String argument;

    @Parameters(index = "1..*", paramLabel = "PROMPT", description = "Answer this and end.")
    private List<String> prompt = List.of();

    @Mixin
    private ModelFlags modelFlags;

    @Mixin
    private ServerFlags serverFlags;

    @Mixin
    private SamplingFlags samplingFlags;

    @Mixin
    private FormFlags formFlags;

    @Option(names = "--reasoning-budget", paramLabel = "N", description = "Tokens a model may think aloud before it must answer.")
    private Integer reasoningTokens;

    @Option(names = "--system", paramLabel = "TEXT", description = "System text of the conversation.")
    private String system;

    @Option(names = {"-c", "--ctx-size"}, paramLabel = "N",
            description = "Tokens of context; 0 takes the model's (default: at most 8192).")
    private Integer contextTokens;

    @Option(names = "--job", description = "Answer as a job: an answer that is cut off, even by a power cut, goes on where it was.")
    private boolean isJob;

    @Option(names = "--job-budget", paramLabel = "EUR",
            description = "With --job: what the answer may cost at most, set aside from the account that pays.")
    private String jobBudget;

    RunCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() throws Problem {
        Config config = Config.read(world);
        List<String> words = new ArrayList<>(prompt);
        if (argument != null && modelFlags.model == null) {
            modelFlags.model = argument;
        } else if (argument != null) {
            words.addFirst(argument);
        }
        if (jobBudget != null && !isJob) {
            throw new Problem(Problem.Kind.USAGE, "--job-budget is the budget of a job; add --job");
        }
        int tokens = samplingFlags.tokensOr(ANSWER_TOKENS);
        Sampling sampling = samplingFlags.sampling(new Sampling(0.7f, 40, 0.95f, 0.05f, 1.1f, 64, world.clock().nanos()));
        Optional<Constraint> form = formFlags.constraint();
        boolean isServable = !isJob && ServedTalk.isPossible(sampling, form);
        Optional<ServerFlags.Use> use = isServable ? serverFlags.find(world, modelFlags, config, false) : Optional.empty();
        if (use.isPresent()) {
            world.note(world.noteStyle().dim(Style.safe(use.get().headline())));
            return talk(new ServedTalk(use.get()), sampling, tokens, form, words);
        }
        try (OpenBooks books = OpenBooks.start(world, config); Loading loading = Loading.start(world, modelFlags, config)) {
            ModelFacts model = loading.facts();
            world.note(world.noteStyle().dim(model.headline()));
            if (isJob) {
                AnswerJob.Asked asked = asked(words, model.info());
                return new AnswerJob(world, config, books, loading, funds()).run(asked, sampling, tokens, form);
            }
            return talk(new LocalTalk(loading.metered(books, "answer", ""), contextTokens(model.info())), sampling, tokens, form,
                    words);
        }
    }

    private int talk(Talk talk, Sampling sampling, int tokens, Optional<Constraint> form, List<String> words) throws Problem {
        ModelInfo info = talk.info();
        try (talk) {
            Chat chat = new Chat(world, talk, contextTokens(info));
            chat.choose(sampling, tokens);
            chat.form(form, reasoningTokens());
            chat.system(system == null ? "" : system);
            return words.isEmpty() ? converse(chat, info) : once(chat, String.join(" ", words));
        }
    }

    private OptionalLong funds() throws Problem {
        return jobBudget == null ? OptionalLong.empty() : OptionalLong.of(Unit.EUR.amount("--job-budget", jobBudget));
    }

    /** The one question of a job. */
    private AnswerJob.Asked asked(List<String> words, ModelInfo info) throws Problem {
        if (words.isEmpty()) {
            throw new Problem(Problem.Kind.USAGE, "--job answers one prompt; write it behind the model's name");
        }
        return new AnswerJob.Asked(system == null ? "" : system, String.join(" ", words), contextTokens(info), reasoningTokens());
    }

    private int reasoningTokens() throws Problem {
        if (reasoningTokens != null && reasoningTokens < 0) {
            throw new Problem(Problem.Kind.USAGE, "--reasoning-budget is " + reasoningTokens + "; it must not be negative");
        }
        return reasoningTokens == null ? Integer.MAX_VALUE : reasoningTokens;
    }

    private int once(Chat chat, String text) throws Problem {
        Answer answer = chat.turn(text);
        world.out().println();
        world.out().flush();
        world.note(world.noteStyle().dim(chat.cost(answer)));
        chat.warn();
        if (answer.stop() == Answer.Stop.CANCELLED) {
            throw new Problem(Problem.Kind.CANCELLED, "stopped");
        }
        return ExitCodes.OK;
    }

    private int converse(Chat chat, ModelInfo info) throws Problem {
        boolean isTerminal = world.terminals().in() && world.terminals().out();
        if (!info.hasChat()) {
            world.note(info.name()
                    + " is a base model without a chat template: it continues the text you give it and does not answer questions.");
        }
        if (isTerminal) {
            world.note(world.noteStyle().dim("/help lists the commands, Ctrl-C stops an answer, Ctrl-D ends."));
        }
        try (LineSource lines = isTerminal ? new TerminalLines(world) : LineSource.piped(world.in())) {
            return new ChatLoop(world, chat, info, lines).run();
        }
    }

    private int contextTokens(ModelInfo info) throws Problem {
        int most = info.contextTokens();
        if (contextTokens == null) {
            return Math.min(most, CONTEXT_TOKENS);
        }
        if (contextTokens < 0 || contextTokens > most) {
            throw new Problem(Problem.Kind.USAGE,
                    "--ctx-size is %s; %s was trained for %s tokens and takes 1 to that many, or 0 for all"
                    .formatted(contextTokens, info.name(), Units.count(most)));
        }
        return contextTokens == 0 ? most : contextTokens;
    }

    static String headline(TierChoice choice, int threads, String model) {
        return tier(choice) + ", " + threads + (threads == 1 ? " thread; " : " threads; ") + model
                + (choice.isDegraded() ? " (slower than it could be: " + choice.reason() + ")" : "");
    }

    /** {@code "native avx512-vnni"}, {@code "vector 512 bit"}, {@code "scalar"}. */
    static String tier(TierChoice choice) {
        return tier(choice.tier(), choice.instructionSet());
    }

    static String tier(Tier tier, String instructionSet) {
        String name = tier.name().toLowerCase(Locale.ROOT);
        return instructionSet.startsWith(name) ? instructionSet : name + " " + instructionSet;
    }
}
