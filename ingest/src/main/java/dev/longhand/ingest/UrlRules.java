package dev.longhand.ingest;

import dev.longhand.base.Check;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Which addresses may be fetched, and what one may cost. {@link #NONE}, the default, allows none.
 *
 * @param hosts       patterns: {@code docs.example.org} is that host by https; {@code *.example.org} all hosts below it, not it;
 *                    {@code host:8443} another port than 443; {@code http://host} without encryption, port 80 or the given
 * @param isLoopback  whether a host may be this machine; for tests and servers of one's own
 * @param redirectsMax redirects that are followed; each is checked like a first address
 * @param bytesMax    bytes of a body
 * @param wallMs      time from the first look-up to the last byte, redirects included
 */
public record UrlRules(List<String> hosts, boolean isLoopback, int redirectsMax, int bytesMax, long wallMs) {
    public static final UrlRules NONE = of(List.of());

    private static final Pattern FORM = Pattern.compile("(http://)?(\\*\\.)?[a-z0-9_.-]{1,253}(:[0-9]{1,5})?|"
            + "(http://)?\\[[0-9a-f:]{2,45}](:[0-9]{1,5})?");

    public UrlRules {
        hosts = hosts.stream().map(h -> h.strip().toLowerCase(Locale.ROOT)).toList();
        for (String host : hosts) {
            Check.argument(FORM.matcher(host).matches(), "the host pattern \"%s\" is none: host, *.host, host:port, http://host",
                    host);
        }
        Check.argument(redirectsMax >= 0 && redirectsMax <= 10, "redirectsMax is %d; it must lie in 0..10", redirectsMax);
        Check.argument(bytesMax > 0 && bytesMax <= 256 << 20, "bytesMax is %d; it must lie in 1..256 MiB", bytesMax);
        Check.argument(wallMs > 0 && wallMs <= 600_000, "wallMs is %d; it must lie in 1..600,000", wallMs);
    }

    public static UrlRules of(List<String> hosts) {
        return new UrlRules(hosts, false, 5, 64 << 20, 60_000);
    }

    /** "" or why an address may not be fetched. */
    public String refusal(URI address) {
        String scheme = String.valueOf(address.getScheme()).toLowerCase(Locale.ROOT);
        if (!scheme.equals("https") && !scheme.equals("http")) {
            return "only https, and http where a rule says so, is fetched";
        }
        if (address.getHost() == null || address.getRawUserInfo() != null) {
            return address.getRawUserInfo() != null ? "it holds a user's name" : "it names no host";
        }
        boolean isPlain = scheme.equals("http");
        String host = address.getHost().toLowerCase(Locale.ROOT);
        int port = port(address);
        for (String pattern : hosts) {
            boolean isPatternPlain = pattern.startsWith("http://");
            String rest = isPatternPlain ? pattern.substring("http://".length()) : pattern;
            int colon = rest.endsWith("]") ? -1 : rest.lastIndexOf(':');
            String name = colon < 0 ? rest : rest.substring(0, colon);
            int patternPort = colon >= 0 ? Integer.parseInt(rest.substring(colon + 1)) : isPatternPlain ? 80 : 443;
            boolean isHost = name.startsWith("*.") ? host.endsWith(name.substring(1)) && host.length() >= name.length()
                    : host.equals(name);
            if (isHost && isPlain == isPatternPlain && port == patternPort) {
                return "";
            }
        }
        return hosts.isEmpty() ? "fetching is off: no host is allowed"
                : "%s://%s:%d is not among the allowed hosts".formatted(scheme, host, port);
    }

    static int port(URI address) {
        return address.getPort() >= 0 ? address.getPort() : address.getScheme().equalsIgnoreCase("http") ? 80 : 443;
    }
}
