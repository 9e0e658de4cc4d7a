package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.desk.Ask;
import dev.longhand.desk.AskResult;
import dev.longhand.desk.AskSpec;
import dev.longhand.desk.Desk;
import dev.longhand.desk.DeskMemory;
import dev.longhand.desk.PartPlan;
import dev.longhand.desk.Recall;
import dev.longhand.desk.Refresh;
import dev.longhand.desk.Router;
import dev.longhand.ledger.MeteredModel;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Capability;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code longhand ask PATH QUESTION}: the main job. */
@Command(name = "ask",
        description = "Read a folder (only what changed since the last time), attach the documents that the question leads to, "
                + "answer from them, and cite them.",
        footer = {"  longhand ask ./docs \"Which kernel tier is chosen, and why?\"",
            "  longhand ask ~/papers \"What limits the method?\" -m smollm2-1.7b --budget 3000",
            "  longhand ask . \"Where is the retry budget enforced?\" --json", "  longhand ask tool@v1.2 \"What changed?\"",
            "  longhand ask ./docs \"Why?\" --explain", "  longhand ask ./docs \"Why?\" --temp 0.7 --seed 42"})
final class AskCommand extends ReportCommand {
    private static final int BUDGET_MIN = 64;
    private static final int BUDGET_MAX = 1 << 20;
    private static final int PARTS_MAX = 8;

    @Parameters(index = "0", paramLabel = "PATH",
            description = "A folder, a file, an archive, REPOSITORY@REVISION, or the name of a desk.")
    private String path;

    @Parameters(index = "1", paramLabel = "QUESTION", description = "The question, in quotes.")
    private String question;

    @Option(names = "--desk", paramLabel = "NAME", description = "Name of the desk (default: derived from PATH).")
    private String deskName;

    @Option(names = "--budget", paramLabel = "TOKENS",
            description = "Prompt tokens at most, where passages stand in the prompt.")
    private Integer budget;

    @Option(names = "--parts", paramLabel = "N",
            description = "Parts of documents that are attached at most (default: 2); 0 puts passages into the prompt instead.")
    private Integer parts;

    @Option(names = "--explain", description = "Show for each sentence of the answer the lines that carried it.")
    private boolean wantsExplanation;

    @Option(names = "--no-stream", description = "Print the answer when it is complete.")
    private boolean isWhole;

    @Mixin
    private ModelFlags modelFlags;

    @Mixin
    private ServerFlags serverFlags;

    @Mixin
    private PlacementFlags placementFlags;

    @Mixin
    private SamplingFlags samplingFlags;

    AskCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() throws Problem {
        long startNanos = world.clock().nanos();
        Config config = Config.read(world);
        AskSpec spec = spec(config);
        try (Desk desk = DeskNamed.open(DeskCommand.desks(world), path, null, deskName)) {
            boolean isServable = ServedAsk.isPossible(desk.name(), spec) && !placementFlags.isGiven(config);
            Optional<ServerFlags.Use> use = isServable ? serverFlags.find(world, modelFlags, config, true) : Optional.empty();
            boolean isAnswered = use.isPresent() && inServer(desk, config, spec, use.get(), startNanos);
            if (!isAnswered) {
                here(desk, config, spec, startNanos);
            }
            return ExitCodes.OK;
        }
    }

    private void here(Desk desk, Config config, AskSpec spec, long startNanos) throws Problem {
        try (OpenBooks books = OpenBooks.start(world, config);
                Loading loading = Loading.startForDesk(world, modelFlags, config, placementFlags.lookupOptions(config))) {
            Refresh refresh = new DeskReading(world, books).refresh(desk);
            Trace.mark("desk refreshed");
            Router router = searched(desk);
            ModelFacts model = loading.facts();
            MeteredModel metered = loading.metered(books, "answer", desk.name());
            AskPage page = page(desk, refresh, model, startNanos);
            page.head(model.headline());
            AskResult result = answer(new Ask(desk, router, metered), desk, metered, spec, page);
            end(page, spec, new ServedAsk.Outcome(result, AskPage.Booked.here(metered), loading.attachCounters()));
        }
    }

    /** False if the server went away before it said anything. */
    private boolean inServer(Desk desk, Config config, AskSpec spec, ServerFlags.Use use, long startNanos) throws Problem {
        ServedAsk ask = new ServedAsk(world, use);
        try (use) {
            Optional<Refresh> unchanged = DeskReading.unchanged(world, desk);
            Refresh refresh = unchanged.isPresent() ? unchanged.get() : read(desk, config);
            AskPage page = page(desk, refresh, use.facts(), startNanos);
            page.head(use.headline());
            end(page, spec, ask.ask(desk.name(), question, spec, page, !isWhole));
            return true;
        } catch (LiveServer.Gone e) {
            if (ask.hasSpoken()) {
                throw e;
            }
            world.note(world.noteStyle().dim("the server went away; the model is loaded here"));
            return false;
        }
    }

    private Refresh read(Desk desk, Config config) throws Problem {
        try (OpenBooks books = OpenBooks.start(world, config)) {
            return new DeskReading(world, books).refresh(desk);
        }
    }

    private AskPage page(Desk desk, Refresh refresh, ModelFacts model, long startNanos) {
        return new AskPage(world, shownPath(desk), new AskPage.Setting(desk, refresh, model),
                new AskPage.Form(isJson, wantsExplanation), startNanos);
    }

    private void end(AskPage page, AskSpec spec, ServedAsk.Outcome outcome) throws Problem {
        AskResult result = outcome.result();
        if (result.stop() == Answer.Stop.CANCELLED) {
            throw new Problem(Problem.Kind.CANCELLED, "stopped");
        }
        page.end(question, spec, result, outcome.booked());
        if (wantsExplanation && !isJson && result.recalled().documents().size() > 1) {
            outcome.placed().ifPresent(counters -> world.out().println(PlacementFlags.placed(counters)));
        }
    }

    /** What stands before the paths of documents: what was typed, and for a desk or one of its pages what the desk reads. */
    private String shownPath(Desk desk) {
        boolean isNamed = DeskNamed.isAddress(path) || path.equals(desk.name()) && !Files.exists(Path.of(path));
        return isNamed ? desk.source().shown() : path;
    }

    /** The desk's router with this question already searched for: the search runs while the model still loads. */
    private Router searched(Desk desk) throws Problem {
        if (desk.documents() == 0 || question.isBlank() || question.length() > desk.limits().questionCharsMax()) {
            return desk.router();
        }
        List<Router.Ranked> found = desk.router().route(question, desk.limits().candidatesMax());
        Trace.mark("passages found");
        return (asked, passagesMax) -> found.subList(0, Math.min(passagesMax, found.size()));
    }

    private AskResult answer(Ask ask, Desk desk, MeteredModel model, AskSpec spec, AskPage page) throws Problem {
        if (spec.recall().partsMax() == 0 || !model.capabilities().contains(Capability.ATTACH)) {
            return answer(ask, spec, page);
        }
        try (DeskMemory memory = DeskMemory.open(desk, model, PartPlan.DEFAULT, DeskMemory.BYTES_MAX)) {
            return answer(ask.withMemory(memory, page::told), spec, page);
        } catch (Problem e) {
            world.interrupts().check(); // whatever was cut short by a Ctrl-C is said in one way
            throw e;
        }
    }

    private AskResult answer(Ask ask, AskSpec spec, AskPage page) throws Problem {
        Ask.Prepared prepared = ask.prepare(question, spec);
        Trace.mark("prompt of " + prepared.prompt().length + " tokens");
        page.found(ask.lead(question, prepared, spec), ask.marker(prepared));
        AskResult result = ask.answer(question, prepared, spec, page.sink(!isWhole));
        page.answered(result.text());
        return result;
    }

    private AskSpec spec(Config config) throws Problem {
        AskSpec spec = AskSpec.DEFAULT;
        if (parts != null) {
            if (parts < 0 || parts > PARTS_MAX) {
                throw new Problem(Problem.Kind.USAGE, "--parts is %d; it must lie in [0, %d]".formatted(parts, PARTS_MAX));
            }
            Recall recall = spec.recall();
            spec = spec.withRecall(parts == 0 ? Recall.NONE : new Recall(parts, recall.scoreShareMin(), recall.passagesAgain()));
        }
        int promptTokens = config.number("budget", budget, BUDGET_MIN, BUDGET_MAX).orElse(spec.promptTokensMax());
        return spec.withPromptTokensMax(promptTokens)
                .withAnswerTokensMax(samplingFlags.tokensOr(spec.answerTokensMax()))
                .withSampling(samplingFlags.sampling(spec.sampling()));
    }
}
