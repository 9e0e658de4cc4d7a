package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.catalog.InstalledModel;
import dev.longhand.catalog.Models;
import dev.longhand.kernels.KvType;
import dev.longhand.kernels.Tier;
import dev.longhand.ledger.Key;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Whether a command works with the server of its data directory, where one runs: flags, and the choice. */
final class ServerFlags {
    @Option(names = "--no-server", description = "Load the model here, even if a server of this data directory has it already.")
    private boolean isAlone;

    /** A server's model that is used instead of loading it here. */
    record Use(LiveServer.Found found, ServedFacts served, InstalledModel installed) implements AutoCloseable {
        LiveServer server() {
            return found.server().orElseThrow();
        }

        ModelFacts facts() {
            return served.facts(installed);
        }

        /** Most memory that the server's process had when it was found. */
        Optional<Long> peakBytes() {
            return found.about().path("process").path("peakBytes").asLongOpt().stream().boxed().findFirst();
        }

        /** As without a server, and where it is. */
        String headline() {
            return facts().headline() + ", in the server at " + server().address();
        }

        @Override
        public void close() {
            found.close();
        }
    }

    /**
     * The server's model, if it is the one that would be loaded here, kept as asked for. Where a server is there and is not used, a
     * note says why.
     *
     * @param isForDesk whether the desks of the data directory are asked
     */
    Optional<Use> find(World world, ModelFlags flags, Config config, boolean isForDesk) throws Problem {
        if (isAlone) {
            return Optional.empty();
        }
        LiveServer.Found found = LiveServer.find(world);
        Optional<Use> use = Optional.empty();
        try {
            String why = found.why();
            if (found.state() == LiveServer.State.LIVE) {
                Optional<InstalledModel> installed = installed(world, flags, config);
                Optional<ServedFacts> served = installed.flatMap(i -> ServedFacts.of(found.about(), i));
                why = served.isEmpty() ? "the server at %s has other models".formatted(found.server().orElseThrow().address())
                        : differs(flags, config, served.get(), found, isForDesk);
                use = why.isEmpty() ? Optional.of(new Use(found, served.orElseThrow(), installed.orElseThrow())) : use;
            }
            if (!why.isEmpty()) {
                world.note(world.noteStyle().dim(Style.safe(why + "; the model is loaded here")));
            }
            return use;
        } finally {
            if (use.isEmpty()) {
                found.close();
            }
        }
    }

    private static Optional<InstalledModel> installed(World world, ModelFlags flags, Config config) throws Problem {
        Models models = Models.open(world.home(), world.environment());
        return models.find(flags.reference(config, models));
    }

    /** What was asked for and is not so in the server; empty if nothing. */
    private static String differs(ModelFlags flags, Config config, ServedFacts served, LiveServer.Found found, boolean isForDesk)
            throws Problem {
        Optional<Tier> tier = config.choice("tier", flags.tier, Tier.class);
        Optional<Integer> threads = config.number("threads", flags.threads, 1, 256);
        Optional<KvType> kv = config.choice("kv", flags.kv, KvType.class);
        String team = found.about().path("caller").path("team").asString("");
        String account = found.about().path("caller").path("account").asString("");
        Optional<String> payer = config.text("account", null);
        boolean mayAsk = !found.about().path("caller").path("role").asString("").equals(Key.Role.READ_ONLY.word());
        String what = !mayAsk ? "for the key in %s, which may only look".formatted(LiveServer.KEY)
                : flags.memory != null ? "with --memory"
                : tier.isPresent() && tier.get() != served.tierChoice().tier() ? "on another kernel tier"
                : threads.isPresent() && threads.get() != served.threads() ? "with another number of threads"
                : kv.isPresent() && !kv.get().name().toLowerCase(Locale.ROOT).equals(served.kvType()) ? "with other keys and values"
                : payer.isPresent() && !payer.get().equals(account) ? "for another account"
                : isForDesk && !team.isEmpty() ? "for the desks of no team"
                : isForDesk && !served.canAttach() ? "with documents that can be attached" : "";
        return what.isEmpty() ? "" : "the server does not work " + what;
    }
}
