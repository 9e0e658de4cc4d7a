package dev.longhand.catalog;

import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import java.util.Map;

/** A process of its own that pulls one model, to be killed. Notes go to standard output. */
public final class PullInChild {
    private PullInChild() {}

    /** @param args reference */
    public static void main(String[] args) {
        Map<String, String> environment = System.getenv();
        Progress progress = new Progress() {
            @Override
            public void note(String line) {
                System.out.println(line);
            }
        };
        try {
            System.out.println(Models.open(Home.from(environment), environment)
                    .pull(ModelReference.parse(args[0]), PullOptions.standard(), progress).digest());
        } catch (Problem e) {
            System.out.println(e.getMessage());
            System.exit(e.kind().exitCode());
        }
    }
}
