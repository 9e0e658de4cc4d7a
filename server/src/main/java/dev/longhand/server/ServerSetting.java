package dev.longhand.server;

import dev.longhand.base.Check;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Where and how a server listens.
 *
 * @param host    address to listen on
 * @param port    0 for any that is free
 * @param names   host names beside the address that requests may be for; others are refused, as a page of a
 *                foreign name that resolves to this machine would use them
 * @param origins of pages elsewhere that may call; none by default
 * @param roots   folders of this machine whose files clients may name as documents; none by default
 * @param tls     for connections that nobody can read; none by default
 * @param isKeyed whether keys are needed on this machine too; elsewhere they always are
 * @param quota   what desks may take of the disk
 */
public record ServerSetting(String host, int port, Set<String> names, Set<String> origins, Limits limits, List<Path> roots,
        Optional<Tls> tls, boolean isKeyed, DiskQuota quota) {
    public static final int PORT = 11_500;

    /** Files in PEM form: the certificate with those that lead to its root, and its private key. */
    public record Tls(Path certificate, Path key) {}

    public ServerSetting {
        Check.argument(port >= 0 && port <= 65_535, "port %d; from 0 to 65535", port);
        names = Set.copyOf(names);
        origins = Set.copyOf(origins);
        roots = List.copyOf(roots);
    }

    /** No file of this machine may be named; without TLS, and with keys only where they must be. */
    public ServerSetting(String host, int port, Set<String> names, Set<String> origins, Limits limits) {
        this(host, port, names, origins, limits, List.of(), Optional.empty(), false, DiskQuota.DEFAULT);
    }

    /** This machine only. */
    public static ServerSetting loopback(int port) {
        return new ServerSetting("127.0.0.1", port, Set.of(), Set.of(), Limits.DEFAULT);
    }

    public ServerSetting withLimits(Limits limits) {
        return new ServerSetting(host, port, names, origins, limits, roots, tls, isKeyed, quota);
    }

    public ServerSetting withRoots(List<Path> roots) {
        return new ServerSetting(host, port, names, origins, limits, roots, tls, isKeyed, quota);
    }

    public ServerSetting withTls(Tls tls) {
        return new ServerSetting(host, port, names, origins, limits, roots, Optional.of(tls), isKeyed, quota);
    }

    public ServerSetting withKeys() {
        return new ServerSetting(host, port, names, origins, limits, roots, tls, true, quota);
    }

    public ServerSetting withQuota(DiskQuota quota) {
        return new ServerSetting(host, port, names, origins, limits, roots, tls, isKeyed, quota);
    }

    /** Whether only this machine can reach it. */
    boolean isLoopback() {
        return host.equals("localhost") || host.equals("::1") || host.equals("[::1]") || host.matches("127(\\.\\d{1,3}){3}");
    }

    /** Whether clients must show a key. */
    public boolean needsKeys() {
        return isKeyed || !isLoopback();
    }
}
