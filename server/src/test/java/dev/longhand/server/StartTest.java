package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.longhand.base.Clock;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.ledger.Books;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A server that does not start leaves nothing that goes on. */
class StartTest {
    @TempDir
    private Path folder;

    private static Set<Thread> workers() {
        return Thread.getAllStackTraces().keySet().stream().filter(t -> t.getName().startsWith("longhand-job"))
                .collect(Collectors.toSet());
    }

    @Test
    void nothingWorksOnDesksWhereTheServerDoesNotStart() throws Exception {
        Set<Thread> before = workers();
        try (Books books = Served.books(folder);
                ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            LonghandServer.Parts parts = new LonghandServer.Parts(
                    List.of(new LonghandServer.Model(List.of("m"), Served.uncached())), books, Clock.SYSTEM, "person:x", line -> {})
                    .withHome(new Home(folder.toAbsolutePath()));

            assertThatThrownBy(() -> LonghandServer.start(
                    new ServerSetting("0.0.0.0", 0, Set.of(), Set.of(), Limits.DEFAULT), parts))
                    .isInstanceOf(Problem.class).hasMessageContaining("longhand keys add");
            assertThat(workers()).isSubsetOf(before);

            assertThatThrownBy(() -> LonghandServer.start(ServerSetting.loopback(taken.getLocalPort()), parts))
                    .isInstanceOf(Problem.class).hasMessageContaining("cannot listen");
            assertThat(workers()).isSubsetOf(before);

            LonghandServer server = LonghandServer.start(ServerSetting.loopback(0), parts);
            assertThat(workers()).hasSizeGreaterThan(before.size());
            server.close();
            assertThat(workers()).isSubsetOf(before);
        }
    }
}
