package dev.longhand.cli;

import dev.longhand.base.ElementType;
import dev.longhand.base.Problem;
import dev.longhand.base.ProcFile;
import dev.longhand.base.Units;
import dev.longhand.base.Version;
import dev.longhand.catalog.InstalledModel;
import dev.longhand.catalog.ModelReference;
import dev.longhand.catalog.Models;
import dev.longhand.catalog.ProgressPrinter;
import dev.longhand.engine.EngineOptions;
import dev.longhand.engine.LocalModel;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.KernelsFactory;
import dev.longhand.kernels.KvShape;
import dev.longhand.kernels.PanelType;
import dev.longhand.kernels.TierChoice;
import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.Sequence;
import dev.longhand.lm.SequenceSpec;
import dev.longhand.lm.Sink;
import dev.longhand.lm.Usage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Looks at everything an answer depends on and says what is wrong with it, one finding each. Used once, by one thread.
 *
 * <p>Findings come with a line for people and fields for programs; the JSON report has one object per finding, by its key.
 */
final class Doctor {
    private static final long DISK_FREE_MIN = 1L << 30;
    private static final int CONTEXT_SHOWN_TOKENS = 8_192;
    private static final int SPEED_PROMPT_TOKENS = 256;
    private static final int SPEED_ANSWER_TOKENS = 24;
    private static final String PROBE = "The quick brown fox jumps over the lazy dog.";

    /** How bad a finding is. */
    enum State { OK, NOTE, BAD }

    private record Finding(String key, State state, String line, Map<String, Object> fields) {}

    private final World world;
    private final Config config;
    private final ModelFlags flags;
    private final List<Finding> findings = new ArrayList<>();
    private Forecast forecast;

    Doctor(World world, Config config, ModelFlags flags) {
        this.world = world;
        this.config = config;
        this.flags = flags;
    }

    boolean isHealthy() {
        return findings.stream().noneMatch(f -> f.state == State.BAD);
    }

    void examineMachine() throws Problem {
        jdk();
        processor();
        tier();
        compiler();
        memory();
        hugePages();
        disk();
    }

    private void jdk() {
        String version = System.getProperty("java.runtime.version");
        boolean hasVector = ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
        add("jdk", hasVector ? State.OK : State.BAD, "Java " + version + ", " + System.getProperty("java.vendor") + ", "
                + System.getProperty("java.home") + ", heap at most " + Units.bytes(Runtime.getRuntime().maxMemory())
                + (hasVector ? "" : "; the module jdk.incubator.vector is missing: start Longhand by its launcher"),
                "version", version, "vendor", System.getProperty("java.vendor"), "home", System.getProperty("java.home"),
                "heapMaxBytes", Runtime.getRuntime().maxMemory(), "hasVectorModule", hasVector, "longhand", Version.number());
    }

    private void processor() {
        String name = Machine.cpuName().orElse(System.getProperty("os.arch"));
        List<String> features = Machine.cpuFeatures();
        int count = Runtime.getRuntime().availableProcessors();
        add("processor", State.OK, name + ", " + count + (count == 1 ? " processor" : " processors")
                + (features.isEmpty() ? "" : ": " + String.join(" ", features)),
                "name", name, "processors", count, "features", features);
    }

    private void tier() throws Problem {
        EngineOptions options = flags.engineOptions(config);
        int threads = options.threads() > 0 ? options.threads() : Math.min(16, Runtime.getRuntime().availableProcessors());
        KernelsFactory.Opened opened = KernelsFactory.open(options.tier().orElse(null), threads);
        try (Kernels kernels = opened.kernels()) {
            TierChoice choice = opened.choice();
            add("tier", choice.isDegraded() ? State.NOTE : State.OK, RunCommand.tier(choice) + ", " + kernels.threads()
                    + " threads: " + choice.reason(),
                    "name", choice.tier().name().toLowerCase(Locale.ROOT), "instructionSet", choice.instructionSet(),
                    "threads", kernels.threads(), "reason", choice.reason(), "isDegraded", choice.isDegraded());
        }
    }

    private void compiler() {
        Optional<Path> compiler = Machine.compiler(world.environment());
        add("compiler", compiler.isPresent() ? State.OK : State.NOTE, compiler.map(c -> "C compiler " + c)
                .orElse("no C compiler: a build from source makes no native tier; install one (on Debian: apt install gcc) and "
                + "build again"),
                "path", compiler.map(Path::toString).orElse(null));
    }

    private void memory() {
        Optional<Long> total = ProcFile.machineBytes();
        Optional<Long> available = ProcFile.availableBytes();
        add("memory", State.OK, total.isEmpty() ? "not known on this system"
                : Units.bytes(total.get()) + ", " + Units.bytes(available.orElse(0L)) + " available",
                "totalBytes", total.orElse(null), "availableBytes", available.orElse(null));
    }

    private void hugePages() {
        Optional<String> setting = Machine.transparentHugePages();
        boolean isOff = setting.filter("never"::equals).isPresent();
        add("hugePages", isOff ? State.NOTE : State.OK, "transparent huge pages: " + setting.orElse("not known")
                + (isOff ? "; madvise or always makes reading weights a little faster" : ""),
                "transparent", setting.orElse(null));
    }

    private void disk() {
        Path root = world.home().root();
        try {
            Path existing = root;
            while (!Files.exists(existing)) {
                existing = existing.getParent();
            }
            long free = Files.getFileStore(existing).getUsableSpace();
            boolean isWritable = Files.isWritable(existing);
            add("disk", !isWritable ? State.BAD : free < DISK_FREE_MIN ? State.NOTE : State.OK, root + ", " + Units.bytes(free)
                    + " free"
                    + (isWritable ? "" : "; it cannot be written: set LONGHAND_HOME to a folder of yours")
                    + (free < DISK_FREE_MIN ? "; little for models" : ""),
                    "home", root.toString(), "freeBytes", free, "isWritable", isWritable);
        } catch (IOException e) {
            add("disk", State.BAD, root + " cannot be examined: " + e.getMessage(), "home", root.toString());
        }
    }

    void examineModel() throws Problem {
        Models models = Models.open(world.home(), world.environment());
        ModelReference reference = flags.reference(config, models);
        Optional<InstalledModel> found = reference instanceof ModelReference.LocalFile
                ? Optional.of(ShowCommand.installed(models, reference)) : models.find(reference);
        if (found.isEmpty()) {
            add("model", State.NOTE, reference.text() + " is not installed yet; 'longhand pull " + reference.text()
                    + "' fetches it",
                    "name", reference.text(), "isInstalled", false);
            return;
        }
        InstalledModel model = found.get();
        try {
            models.verify(model, new ProgressPrinter(world.err(), world.terminals().err(), world.clock()));
            add("model", State.OK, model.name() + ": " + Units.bytes(model.sizeBytes()) + ", SHA-256 as it should be",
                    "name", model.name(), "isInstalled", true, "file", model.file().toString(), "bytes", model.sizeBytes(),
                    "sha256", model.digest().hex(), "isDigestRight", true);
            FileSummary file = FileSummary.read(model.file());
            predict(model);
            weights(model, file);
        } catch (Problem e) {
            add("model", State.BAD, e.getMessage(), "name", model.name(), "isInstalled", true, "file", model.file().toString(),
                    "problem", e.kind().name().toLowerCase(Locale.ROOT));
        }
    }

    /** Before the model is loaded: whether it fits, and how fast it will be. */
    private void predict(InstalledModel installed) throws Problem {
        EngineOptions options = flags.engineOptions(config);
        int threads = options.threads() > 0 ? options.threads() : Math.min(16, Runtime.getRuntime().availableProcessors());
        try (Kernels kernels = KernelsFactory.open(options.tier().orElse(null), threads).kernels()) {
            forecast = Forecast.of(installed.file(), kernels, options, CONTEXT_SHOWN_TOKENS, world.clock());
            long bytes = forecast.bytes(options) + Runtime.getRuntime().totalMemory();
            boolean fits = ProcFile.availableBytes().map(available -> bytes < available).orElse(true);
            Map<String, Object> fields = forecast.json();
            fields.put("predictedBytes", bytes);
            fields.put("fits", fits);
            add("prediction", fits ? State.OK : State.BAD, (fits ? "fits; " : "needs " + Units.bytes(bytes)
                    + ", more than is free; ")
                    + forecast.line(), fields);
        }
    }

    /** The same speeds with the model loaded, to tell how good the prediction was. */
    private void measure(LocalModel model) throws Problem {
        int[] prompt = new int[Math.min(SPEED_PROMPT_TOKENS, model.info().contextTokens() / 2)];
        for (int i = 0; i < prompt.length; i++) {
            prompt[i] = (int) (1 + i * 7919L % (model.tokenizer().size() - 1));
        }
        try (Sequence sequence = model.open(new SequenceSpec(prompt.length + SPEED_ANSWER_TOKENS + 1))) {
            Usage usage = sequence.generate(prompt, GenerationSpec.greedy(SPEED_ANSWER_TOKENS), Sink.SILENT).usage();
            double read = usage.readTokens() / usage.readSeconds();
            double answer = usage.answeredTokens() / usage.answerSeconds();
            add("speed", State.OK, String.format(Locale.ROOT,
                    "%.0f tokens/s reading %d (predicted %.0f), %.1f tokens/s answering %d (predicted %.1f)",
                    read, usage.readTokens(), forecast.prediction().prefillTokensPerSecond(), answer, usage.answeredTokens(),
                    forecast.prediction().decodeTokensPerSecond()),
                    "readTokensPerSecond", read, "answerTokensPerSecond", answer, "readTokens", usage.readTokens(),
                            "answeredTokens",
                    usage.answeredTokens());
        }
    }

    /** Loads the model and lets it read a sentence: what the weights became, what they take, and whether they give numbers. */
    private void weights(InstalledModel installed, FileSummary file) throws Problem {
        EngineOptions options = flags.engineOptions(config);
        long start = world.clock().nanos();
        try (LocalModel model = LocalModel.open(installed.file(), installed.name(), installed.digest().hex(), options,
                world.clock())) {
            double seconds = world.clock().secondsSince(start);
            panels(file, model.kernels());
            KvShape shape = model.model().kvShape(options.kvType());
            long kvPerToken = shape.storedBlockBytes() / KvShape.BLOCK_TOKENS;
            int context = Math.min(CONTEXT_SHOWN_TOKENS, model.info().contextTokens());
            long predicted = model.weightBytes() + kvPerToken * context + Runtime.getRuntime().totalMemory();
            boolean isTight = ProcFile.availableBytes().map(a -> a + model.weightBytes() < predicted).orElse(false);
            add("modelMemory", isTight ? State.BAD : State.OK, "about " + Units.bytes(predicted) + " with " + Units.count(context)
                    + " tokens of context: weights " + Units.bytes(model.weightBytes()) + ", " + Units.bytes(kvPerToken)
                    + " per token"
                    + (isTight ? "; that is more than this machine has free" : ""),
                    "weightBytes", model.weightBytes(), "kvBytesPerToken", kvPerToken, "contextTokens", context,
                    "predictedBytes", predicted, "loadSeconds", seconds);
            if (probe(model)) {
                measure(model);
            }
        }
    }

    private void panels(FileSummary file, Kernels kernels) {
        List<String> words = new ArrayList<>();
        List<Object> rows = new ArrayList<>();
        file.types().forEach((type, share) -> {
            PanelType panel = kernels.panelType(type);
            boolean isSame = panel.name().equals(type.name());
            words.add(type + (isSame ? "" : " (repacked to " + panel + ")") + " " + Units.bytes(share.bytes()));
            rows.add(Json.object("type", type.name(), "panel", panel.name(), "isRepacked", !isSame, "tensors", share.tensors(),
                    "bytes", share.bytes(), "panelBytesAbout", panelBytes(type, panel, share)));
        });
        add("elementTypes", State.OK, String.join(", ", words), "types", rows);
    }

    private static long panelBytes(ElementType type, PanelType panel, FileSummary.Share share) {
        ElementType as = ElementType.valueOf(panel.name());
        return as == type ? share.bytes() : share.elements() / as.blockElements() * as.blockBytes();
    }

    /** Lets the model read a sentence; false if it is no better than guessing, or gives no numbers. */
    private boolean probe(LocalModel model) throws Problem {
        String advice = ": the file is probably damaged; remove it and pull it again";
        int[] tokens = model.begin(PROBE);
        double sum = 0;
        try (Sequence sequence = model.open(new SequenceSpec(Math.min(tokens.length, model.info().contextTokens())))) {
            for (float each : sequence.score(tokens)) {
                sum += each;
            }
        } catch (Problem problem) {
            if (problem.kind() != Problem.Kind.MALFORMED) {
                throw problem;
            }
            add("modelProbe", State.BAD, "gives no numbers" + advice, "tokens", tokens.length - 1);
            return false;
        }
        double mean = sum / (tokens.length - 1);
        boolean isBetter = mean > -Math.log(model.tokenizer().size());
        String found = String.format(Locale.ROOT, "reads a sentence: mean log-probability %.2f nats over %d tokens", mean,
                tokens.length - 1);
        add("modelProbe", isBetter ? State.OK : State.BAD, isBetter ? found : found + ", no better than guessing" + advice,
                "meanLogProbability", mean, "tokens", tokens.length - 1);
        return isBetter;
    }

    private void add(String key, State state, String line, Object... fields) {
        add(key, state, line, Json.object(fields));
    }

    private void add(String key, State state, String line, Map<String, Object> fields) {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("state", state.name().toLowerCase(Locale.ROOT));
        all.putAll(fields);
        findings.add(new Finding(key, state, line, all));
    }

    Map<String, Object> json() {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("isHealthy", isHealthy());
        findings.forEach(f -> report.put(f.key, f.fields));
        return report;
    }

    void print() {
        Style style = world.style();
        for (Finding each : findings) {
            String mark = switch (each.state) {
                case OK -> "ok  ";
                case NOTE -> "note";
                case BAD -> style.bold("BAD ");
            };
            world.out().println(mark + "  " + String.format("%-13s", each.key) + " " + Style.safe(each.line));
        }
        world.out().println(isHealthy() ? "Everything an answer needs is there."
                : style.bold("Something is wrong; see the lines marked BAD."));
    }
}
