package dev.longhand.cli;

import dev.longhand.base.Disk;
import dev.longhand.base.OwnerLock;
import dev.longhand.base.Problem;
import dev.longhand.engine.Limits;
import dev.longhand.server.DiskQuota;
import dev.longhand.server.LogFile;
import dev.longhand.server.LonghandServer;
import dev.longhand.server.ServerSetting;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code longhand serve [MODEL...]}. */
@Command(name = "serve",
        description = "Serve models to clients of OpenAI and Anthropic, to programs and to this program's own commands, until "
                + "Ctrl-C. Many requests are answered together.",
        footer = {"  longhand serve", "  longhand serve smollm2 --port 8080",
            "  longhand serve smollm2 gemma3-270m --alias gpt-4o-mini=smollm2",
            "  longhand keys add anna && longhand serve --host 0.0.0.0 --name box.example",
            "  OPENAI_BASE_URL=http://127.0.0.1:11500/v1 OPENAI_API_KEY=none python my_program.py"})
final class ServeCommand extends CliCommand {
    /** Time for requests that run when the server is told to end. */
    private static final long CLOSE_SECONDS = 10;
    private static final int MODELS_MAX = 16;
    private static final int MAX_WAIT_SECONDS_MAX = 3_600;

    @Parameters(arity = "0..*", paramLabel = "MODEL",
            description = "The models (default: as for ask); the first answers requests that name none.")
    private List<String> arguments = List.of();

    @Mixin
    private ModelFlags modelFlags;

    @Option(names = "--host", paramLabel = "ADDRESS", description = "Address to listen on (default: 127.0.0.1, this machine only).")
    private String host;

    @Option(names = "--port", paramLabel = "N", description = "Port to listen on; 0 for any that is free (default: 11500).")
    private Integer port;

    @Option(names = "--alias", paramLabel = "NAME",
            description = "What clients may call the first model too, or NAME=MODEL for another; may be given again.")
    private List<String> aliases = List.of();

    @Option(names = "--name", paramLabel = "HOST",
            description = "Host name by which clients reach this machine; may be given again.")
    private List<String> names = List.of();

    @Option(names = "--origin", paramLabel = "URL",
            description = "Origin of pages elsewhere that may call from a browser; may be given again (default: none).")
    private List<String> origins = List.of();

    @Option(names = "--keys", description = "Need a key on this machine too; elsewhere it is always needed.")
    private boolean isKeyed;

    @Option(names = "--tls-cert", paramLabel = "FILE", description = "Certificate in PEM form, then those that signed it.")
    private Path certificate;

    @Option(names = "--tls-key", paramLabel = "FILE", description = "Its private key in PEM form (PKCS#8), without a password.")
    private Path key;

    @Option(names = "--root", paramLabel = "FOLDER",
            description = "Folder whose files clients may put into desks by their path; may be given again (default: none).")
    private List<Path> roots = List.of();

    @Option(names = "--desk-quota", paramLabel = "SIZE",
            description = "Disk that a desk may take with all that models remember of it (default: 64G).")
    private String deskQuota;

    @Option(names = "--team-quota", paramLabel = "SIZE",
            description = "Disk that all desks of a team may take together (default: 256G).")
    private String teamQuota;

    @Option(names = "--max-wait", paramLabel = "SECONDS",
            description = "Refuse a request that would wait longer than this until the prompts before it are read (default: 60).")
    private Integer maxWait;

    @Option(names = "--log", description = "Print a line of JSON for each request; it stands in logs/server.log anyway.")
    private boolean wantsLog;

    ServeCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() throws Problem {
        CountDownLatch ended = new CountDownLatch(1);
        CountDownLatch stop = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> { // SIGTERM too leaves things whole
            stop.countDown();
            await(ended);
        }));
        try {
            return serve(stop);
        } finally {
            ended.countDown();
        }
    }

    private int serve(CountDownLatch stop) throws Problem {
        Config config = Config.read(world);
        List<ModelFlags> wanted = wanted();
        ServerSetting setting = setting(config);
        Limits limits = limits(config);
        Disk.REAL.createFolders(world.home().root());
        try (OwnerLock lock = OwnerLock.take(world.home().serverLock(), this::busy);
                LogFile log = LogFile.open(world.home().logs().resolve("server.log"));
                OpenBooks books = OpenBooks.start(world, config);
                LoadedModels loaded = LoadedModels.of(Loading.startAll(world, wanted, config, limits))) {
            List<LonghandServer.Model> models = loaded.models(world, wanted, new ServedNames(aliases));
            LonghandServer.Parts parts = new LonghandServer.Parts(models, books.books(), world.clock(),
                    books.payer("answer", "").account(), line -> log(log, line)).withHome(world.home());
            try (LonghandServer server = LonghandServer.start(setting, parts)) {
                lock.tell(server.address());
                server.warnings().forEach(world::note);
                untilStopped(server, models.stream().map(m -> m.names().getFirst()).toList(), setting.needsKeys(), stop);
            }
        }
        return ExitCodes.OK;
    }

    /** The flags of each model; one where none is named. */
    private List<ModelFlags> wanted() throws Problem {
        if (!arguments.isEmpty() && modelFlags.model != null) {
            throw new Problem(Problem.Kind.USAGE, "the model is named twice: %s and --model %s".formatted(arguments.getFirst(),
                    modelFlags.model));
        }
        if (arguments.size() > MODELS_MAX || Set.copyOf(arguments).size() < arguments.size()) {
            throw new Problem(Problem.Kind.USAGE, arguments.size() > MODELS_MAX
                    ? "%d models are named; at most %d are served together".formatted(arguments.size(), MODELS_MAX)
                    : "a model is named twice; each is served once, and --alias gives it more names");
        }
        return arguments.isEmpty() ? List.of(modelFlags) : arguments.stream().map(modelFlags::naming).toList();
    }

    private Problem busy(String owner) {
        return new Problem(Problem.Kind.BUSY, ("process %s serves %s already; stop it first, or set LONGHAND_HOME to "
                + "another folder for a second server").formatted(owner, world.home().root()));
    }

    private ServerSetting setting(Config config) throws Problem {
        String address = config.text("host", host).orElse("127.0.0.1");
        int number = config.number("port", port, 0, 65_535).orElse(ServerSetting.PORT);
        if ((certificate == null) != (key == null)) {
            throw new Problem(Problem.Kind.USAGE, "--tls-cert and --tls-key come together; one of them is missing");
        }
        return new ServerSetting(address, number, Set.copyOf(names), Set.copyOf(origins), dev.longhand.server.Limits.DEFAULT,
                List.copyOf(roots), Optional.ofNullable(certificate).map(c -> new ServerSetting.Tls(c, key)), isKeyed, quota());
    }

    private Limits limits(Config config) throws Problem {
        Optional<Integer> seconds = config.number("max-wait", maxWait, 1, MAX_WAIT_SECONDS_MAX);
        return seconds.isEmpty() ? Limits.DEFAULT : Limits.DEFAULT.withInteractiveWait(Duration.ofSeconds(seconds.get()));
    }

    private DiskQuota quota() throws Problem {
        return new DiskQuota(deskQuota == null ? DiskQuota.DEFAULT.deskBytesMax() : ModelFlags.bytes("--desk-quota", deskQuota),
                teamQuota == null ? DiskQuota.DEFAULT.teamBytesMax() : ModelFlags.bytes("--team-quota", teamQuota));
    }

    private void log(LogFile file, String line) {
        file.line(line);
        if (wantsLog) {
            world.note(line);
        }
    }

    private void untilStopped(LonghandServer server, List<String> models, boolean needsKey, CountDownLatch stop) throws Problem {
        world.out().println("Longhand serves %s at %s".formatted(String.join(", ", models), server.address()));
        world.out().flush();
        world.note("for people: open %s/ in a browser".formatted(server.address()));
        world.note("clients of OpenAI: OPENAI_BASE_URL=%s/v1 OPENAI_API_KEY=%s".formatted(server.address(), needsKey
                ? "lh_... ('longhand keys add NAME' makes one)" : "none"));
        world.note(world.noteStyle().dim(
                "'longhand ask' and 'longhand run' use it, 'longhand top' shows what it does; Ctrl-C ends it."));
        world.interrupts().onInterrupt(() -> {
            if (stop.getCount() == 0) {
                Runtime.getRuntime().halt(Problem.Kind.CANCELLED.exitCode()); // a second Ctrl-C
            }
            stop.countDown();
        });
        try {
            stop.await();
            world.note("ending; what runs is cut off");
            server.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem(Problem.Kind.CANCELLED, "stopped", e);
        } finally {
            world.interrupts().onInterrupt(null);
        }
    }

    private static void await(CountDownLatch ended) {
        try {
            ended.await(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
