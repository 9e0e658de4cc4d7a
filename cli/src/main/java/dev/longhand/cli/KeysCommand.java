package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.Key;
import dev.longhand.ledger.Keys;
import dev.longhand.ledger.Times;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code longhand keys}: who may come in. */
@Command(name = "keys",
        description = "Keys of a server's clients: make one, list them, revoke one. A running server knows at once.",
        footer = {"  longhand keys add anna --team lab", "  longhand keys ls", "  longhand keys revoke anna"})
final class KeysCommand extends CliCommand {
    KeysCommand(World world) {
        super(world);
    }

    static CommandLine line(World world) {
        return new CommandLine(new KeysCommand(world))
                .addSubcommand("add", new Add(world))
                .addSubcommand("ls", new ListKeys(world))
                .addSubcommand("revoke", new Revoke(world));
    }

    @Override
    public Integer call() throws Problem {
        throw new Problem(Problem.Kind.USAGE, "keys needs one of add, ls, revoke; see 'longhand keys --help'");
    }

    private static Map<String, Object> json(Key key) {
        return Json.object("name", key.name(), "role", key.spec().role().word(), "team", key.spec().team(),
                "account", key.spec().account(), "requestsPerMinute", key.spec().requestsPerMinute(),
                "tokensPerMinute", key.spec().tokensPerMinute(), "created", key.created().toString(),
                "lastUsed", key.used().map(Instant::toString).orElse(null),
                "revoked", key.revoked().map(Instant::toString).orElse(null));
    }

    @Command(name = "add", description = "Make a key and print its secret, which is shown this one time.",
            footer = {"  longhand keys add anna", "  longhand keys add ops --role admin",
                "  longhand keys add guest --role read-only --team lab --account person:guest --rpm 60 --tpm 20000"})
    static final class Add extends BooksCommand {
        @Parameters(paramLabel = "NAME", description = "Names the key for ever; a revoked key's name stays taken.")
        private String name;

        @Option(names = "--role", paramLabel = "ROLE", defaultValue = "user",
                description = "admin, user or read-only (default: user).")
        private String role;

        @Option(names = "--team", paramLabel = "TEAM", defaultValue = "",
                description = "Whose desks it sees; default those of no team.")
        private String team;

        @Option(names = "--account", paramLabel = "ACCOUNT", description = "Who pays; default person:NAME.")
        private String account;

        @Option(names = "--rpm", paramLabel = "N", defaultValue = "0", description = "Requests per minute at most; 0 for no limit.")
        private long requests;

        @Option(names = "--tpm", paramLabel = "N", defaultValue = "0",
                description = "Tokens read and answered per minute at most; 0 for no limit.")
        private long tokens;

        Add(World world) {
            super(world);
        }

        @Override
        int run(Books books) throws Problem {
            Keys.Added added = books.keys().add(new Key.Spec(name, Key.Role.of(role), team,
                    account == null ? Keys.account(name) : account, requests, tokens));
            if (isJson) {
                Map<String, Object> object = json(added.key());
                object.put("secret", added.secret());
                Json.print(world.out(), object);
            } else {
                world.out().println(added.secret());
                world.note("this is the key %s, %s; it is not kept and cannot be shown again".formatted(name, role));
            }
            return ExitCodes.OK;
        }
    }

    @Command(name = "ls", description = "List the keys, revoked ones too. Secrets are not kept.",
            footer = {"  longhand keys ls", "  longhand keys ls --json"})
    static final class ListKeys extends BooksCommand {
        ListKeys(World world) {
            super(world);
        }

        @Override
        int run(Books books) throws Problem {
            List<Key> all = new ArrayList<>();
            for (List<Key> page; !(page = books.keys().after(all.isEmpty() ? "" : all.getLast().name())).isEmpty(); ) {
                all.addAll(page);
            }
            if (isJson) {
                Json.print(world.out(), Json.object("keys", all.stream().map(KeysCommand::json).toList()));
            } else if (all.isEmpty()) {
                world.out().println("There is no key; 'longhand keys add NAME' makes one.");
            } else {
                Table table = new Table("NAME", "ROLE", "TEAM", "ACCOUNT", "REQUESTS/MIN", "TOKENS/MIN", "CREATED", "LAST USED",
                        "REVOKED").right(4, 5);
                all.forEach(k -> table.row(k.name(), k.spec().role().word(), k.spec().team(), k.spec().account(),
                        limit(k.spec().requestsPerMinute()), limit(k.spec().tokensPerMinute()), time(Optional.of(k.created())),
                        time(k.used()), time(k.revoked())));
                table.print(world);
            }
            return ExitCodes.OK;
        }

        private static String limit(long perMinute) {
            return perMinute == 0 ? "" : "%,d".formatted(perMinute);
        }

        private static String time(Optional<Instant> time) {
            return time.map(t -> Times.show(Times.micros(t))).orElse("");
        }
    }

    @Command(name = "revoke", description = "Have a key open nothing from now on, for ever.",
            footer = {"  longhand keys revoke anna"})
    static final class Revoke extends BooksCommand {
        @Parameters(paramLabel = "NAME", description = "As 'longhand keys ls' shows it.")
        private String name;

        Revoke(World world) {
            super(world);
        }

        @Override
        int run(Books books) throws Problem {
            Key key = books.keys().revoke(name);
            if (isJson) {
                Json.print(world.out(), json(key));
            } else {
                world.out().println("the key " + key.name() + " opens nothing since " + key.revoked().orElseThrow());
            }
            return ExitCodes.OK;
        }
    }
}
