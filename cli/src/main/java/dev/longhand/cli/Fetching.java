package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.desk.Desk;
import dev.longhand.desk.ReadListener;
import dev.longhand.ingest.UrlRules;
import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/** Fetches pages into a desk, where the setting {@code fetch} allows their hosts. Off by default. */
final class Fetching {
    private static final String KEY = "fetch";

    private final World world;
    private final List<String> hosts;
    private final boolean isOffline;

    private Fetching(World world, List<String> hosts, boolean isOffline) {
        this.world = world;
        this.hosts = hosts;
        this.isOffline = isOffline;
    }

    static Fetching of(World world, Config config, boolean isOffline) throws Problem {
        Optional<String> set = config.text(KEY, null);
        List<String> hosts = set.isEmpty() ? List.of()
                : Arrays.stream(set.get().split("[,\\s]+")).filter(h -> !h.isEmpty()).toList();
        try {
            UrlRules.of(hosts);
        } catch (IllegalArgumentException e) {
            throw new Problem(Problem.Kind.USAGE,
                    "the setting " + KEY + " is \"" + Style.safe(set.orElse("")) + "\": " + e.getMessage(), e);
        }
        return new Fetching(world, hosts, isOffline);
    }

    /** A host that is this machine may be so only where it is called so: no other name may lead here. */
    private UrlRules rules(URI address) {
        UrlRules plain = UrlRules.of(hosts);
        String host = String.valueOf(address.getHost());
        boolean isLoopback = host.equalsIgnoreCase("localhost") || host.matches("127(\\.[0-9]{1,3}){3}|\\[::1]");
        return new UrlRules(hosts, isLoopback, plain.redirectsMax(), plain.bytesMax(), plain.wallMs());
    }

    /** Refuses what is not allowed, and says how it would be. */
    void check(List<URI> addresses) throws Problem {
        for (URI each : addresses) {
            if (isOffline) {
                throw new Problem(Problem.Kind.USAGE, each + " cannot be fetched with --offline");
            }
            String refusal = rules(each).refusal(each);
            if (!refusal.isEmpty()) {
                throw new Problem(Problem.Kind.USAGE, Style.safe("%s is not fetched: %s. To allow it, write %s = \"%s\" into %s; "
                        .formatted(each, refusal, KEY, pattern(each), world.home().root().resolve("config.toml"))
                        + "more hosts behind commas, *.example.org for all hosts below it"));
            }
        }
    }

    private String pattern(URI address) {
        boolean isPlain = "http".equalsIgnoreCase(address.getScheme());
        List<String> all = new ArrayList<>(hosts);
        all.add((isPlain ? "http://" : "") + address.getHost() + (address.getPort() < 0 ? "" : ":" + address.getPort()));
        return String.join(", ", all);
    }

    /** Fetches, with a line for each address that did not answer; a problem if none did and the desk keeps none of them. */
    Desk.FetchReport run(Desk desk, List<URI> addresses) throws Problem {
        StatusLine status = new StatusLine(world);
        Desk.FetchReport report;
        try {
            report = desk.fetch(addresses, this::rules, new ReadListener() {
                @Override
                public void document(String path, int count) {
                    status.show("fetching " + path);
                }

                @Override
                public boolean isCancelled() {
                    return world.interrupts().isCancelled();
                }
            });
        } finally {
            status.clear();
        }
        boolean isNothing = report.failures().size() == addresses.size();
        if (isNothing && addresses.stream().noneMatch(new HashSet<>(desk.addresses())::contains)) {
            throw new Problem(Problem.Kind.UNAVAILABLE, report.failures().getFirst());
        }
        report.failures().forEach(line -> world.note(Style.safe(line)));
        return report;
    }

    /** Fetches again what a desk keeps, as far as it is allowed; what does not answer stays as it is. */
    Desk.FetchReport again(Desk desk) throws Problem {
        List<URI> all = desk.addresses();
        List<URI> allowed = isOffline ? List.of() : all.stream().filter(each -> rules(each).refusal(each).isEmpty()).toList();
        if (allowed.size() < all.size()) {
            world.note("%d of %d pages are not fetched again, because %s; what was fetched before stays".formatted(
                    all.size() - allowed.size(), all.size(),
                    isOffline ? "of --offline" : "the setting " + KEY + " does not allow their hosts"));
        }
        return allowed.isEmpty() ? new Desk.FetchReport(0, 0, 0, List.of()) : run(desk, allowed);
    }
}
