package dev.longhand.cli;

import dev.longhand.base.OwnerLock;
import dev.longhand.base.Problem;
import dev.longhand.catalog.Models;
import dev.longhand.kernels.KernelsFactory;
import java.net.http.HttpClient;
import java.util.Set;

/**
 * Lets the JVM meet the classes of a model and of a search on a second processor, while the first one still reads the command line.
 *
 * <p>A hint and nothing else: it keeps no result and reports no failure, because the command that follows meets the same one. Its
 * thread is a daemon.
 */
final class Preload {
    private static final Set<String> VERBS = Set.of("ask", "run");
    private static final String[] CLASSES = {
        "dev.longhand.engine.LocalModel", "dev.longhand.model.Models", "dev.longhand.text.Tokenizer", "dev.longhand.text.ChatFormat",
        "dev.longhand.desk.Desks", "dev.longhand.desk.Ask", "org.apache.lucene.index.DirectoryReader",
        "org.apache.lucene.search.IndexSearcher"};

    private Preload() {}

    static void start(String[] arguments, World world) {
        if (arguments.length > 0 && VERBS.contains(arguments[0])) {
            Thread.ofPlatform().daemon().name("longhand-preload").start(() -> load(world));
        }
    }

    private static void load(World world) {
        try {
            if (OwnerLock.owner(world.home().serverLock()).filter(OwnerLock.Owner::mayRun).isPresent()) {
                HttpClient.newHttpClient().close(); // the model is most likely used there
                return;
            }
            Models models = Models.open(world.home(), world.environment());
            models.find(ModelFlags.reference(Config.read(world), null, models.catalogue()));
            KernelsFactory.open(null, 1).kernels().close();
            for (String each : CLASSES) {
                Class.forName(each);
            }
            Trace.mark("classes met");
        } catch (Problem | ClassNotFoundException | RuntimeException | LinkageError e) {
            Trace.mark("classes not met: " + e);
        }
    }
}
