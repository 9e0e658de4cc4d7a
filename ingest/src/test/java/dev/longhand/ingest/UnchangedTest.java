package dev.longhand.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnchangedTest {
    @TempDir
    private Path temp;

    /**
     * Goal: a file whose stat the listener knows is not opened. Method: make it unreadable garbage; nothing but its stat is told.
     */
    @Test
    void doesNotOpenAFileThatTheListenerCallsUnchanged() throws Exception {
        Files.write(temp.resolve("a.txt"), new byte[] {0, 1, 2, 0});
        Files.writeString(temp.resolve("b.txt"), "text\n");
        List<String> calls = new ArrayList<>();
        Summary summary = Ingest.standard().walk(temp, new Listener() {
            @Override
            public boolean isUnchanged(FileStat stat) {
                calls.add("stat " + stat.path() + " " + stat.bytes());
                assertThat(stat.modifiedNanos()).isPositive();
                return stat.path().equals("a.txt");
            }

            @Override
            public void document(Document document) {
                calls.add("document " + document.path());
            }

            @Override
            public void skip(Skip skip) {
                calls.add("skip " + skip.path());
            }
        });
        assertThat(calls).containsExactly("stat a.txt 4", "stat b.txt 5", "document b.txt");
        assertThat(summary.known()).isEqualTo(1);
    }
}
