package dev.longhand.catalog;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The proxies that the environment names, as pip and curl read them: {@code HTTPS_PROXY}, {@code HTTP_PROXY}, {@code NO_PROXY}. */
final class Proxies extends ProxySelector {
    static final List<String> VARIABLES = List.of("https_proxy", "http_proxy", "no_proxy");

    private final Map<String, String> variables;

    private Proxies(Map<String, String> variables) {
        this.variables = variables;
    }

    /** @param variables the three variables, in lower case, where set */
    static ProxySelector from(Map<String, String> variables) {
        return new Proxies(variables);
    }

    @Override
    public List<Proxy> select(URI uri) {
        String proxy = variables.get(uri.getScheme().toLowerCase(Locale.ROOT) + "_proxy");
        if (proxy == null || proxy.isBlank() || isExempt(uri.getHost())) {
            return List.of(Proxy.NO_PROXY);
        }
        try {
            URI at = URI.create(proxy.contains("://") ? proxy : "http://" + proxy);
            int port = at.getPort() >= 0 ? at.getPort() : 80;
            return at.getHost() == null
                    ? List.of(Proxy.NO_PROXY)
                    : List.of(new Proxy(Proxy.Type.HTTP, new InetSocketAddress(at.getHost(), port)));
        } catch (IllegalArgumentException e) {
            return List.of(Proxy.NO_PROXY);
        }
    }

    private boolean isExempt(String host) {
        String name = host.toLowerCase(Locale.ROOT);
        for (String each : variables.getOrDefault("no_proxy", "").toLowerCase(Locale.ROOT).split(",")) {
            String suffix = each.strip().replaceFirst("^\\.", "");
            if (suffix.equals("*") || !suffix.isEmpty() && (name.equals(suffix) || name.endsWith("." + suffix))) {
                return true;
            }
        }
        return name.equals("localhost") || name.startsWith("127.");
    }

    @Override
    public void connectFailed(URI uri, SocketAddress address, IOException failure) {
        // The request fails with the same exception; nothing to remember.
    }
}
