package dev.longhand.upkeep;

import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a restore puts everything before anything changes: {@code .restoring} in the data directory, so that each part reaches its
 * place by a rename.
 *
 * <p>Without a plan in it nothing was changed yet, and what is in it is thrown away. The plan is written when all is there and
 * forced; from then on the restore is only completed, by this process or the next.
 */
final class Staging implements AutoCloseable {
    private static final String FOLDER = ".restoring";
    private static final String PLAN = "plan";
    private static final String ASIDE = "before-";
    private static final Set<String> PARTS = Set.of(Manifest.DATABASE, Manifest.DESKS, Manifest.CONFIG);
    private static final Pattern TEXT = Pattern.compile(
            "longhand restore 1\nbackup ([0-9a-f]{64})\naside (before-[0-9-]{1,40})\nplaced ([a-z. ]*)\nremoved ([a-z. ]*)\n");

    private final Site.Machine machine;
    private final OwnerFolder owned;

    private Staging(Site.Machine machine, OwnerFolder owned) {
        this.machine = machine;
        this.owned = owned;
    }

    /**
     * What is to be done with what is staged.
     *
     * @param backup digest of the manifest of the backup that is restored
     * @param aside  name of the folder that takes what was there before
     * @param placed what is staged and takes the place of what was there
     * @param removed what the backup has not, so that what was there only goes aside
     */
    record Plan(Sha256 backup, String aside, List<String> placed, List<String> removed) {
        Plan {
            placed = List.copyOf(placed);
            removed = List.copyOf(removed);
        }
    }

    static Path folder(Home home) {
        return home.root().resolve(FOLDER);
    }

    /** Whether a restore has begun to change things and has not ended. */
    static boolean isBegun(Home home) {
        return Files.exists(folder(home).resolve(PLAN));
    }

    static Staging enter(Home home, Site.Machine machine) throws Problem {
        try {
            Files.createDirectories(home.root());
            OwnerFolder owned = OwnerFolder.take(folder(home));
            if (owned == null) {
                throw new Problem(Problem.Kind.BUSY, "another process is restoring into " + home.root() + "; wait for it");
            }
            return new Staging(machine, owned);
        } catch (IOException e) {
            throw Disk.problem("making", folder(home), e);
        }
    }

    Path folder() {
        return owned.folder();
    }

    /** The plan of a restore that was interrupted. */
    Optional<Plan> plan() throws Problem {
        Path file = folder().resolve(PLAN);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            Matcher text = TEXT.matcher(Files.readString(file, StandardCharsets.US_ASCII));
            if (text.matches()) {
                List<String> placed = words(text.group(3));
                List<String> removed = words(text.group(4));
                if (PARTS.containsAll(placed) && PARTS.containsAll(removed)) {
                    return Optional.of(new Plan(new Sha256(text.group(1)), text.group(2), placed, removed));
                }
            }
        } catch (IOException e) {
            throw Disk.problem("reading", file, e);
        }
        throw new Problem(Problem.Kind.MALFORMED, file
                + " is not as a restore wrote it; nothing was changed; what was there before lies in the folders " + ASIDE
                + "... of the data directory, what was to be restored in " + folder());
    }

    private static List<String> words(String text) {
        return text.isEmpty() ? List.of() : List.of(text.split(" "));
    }

    /** A name for the folder of what was there before that no folder has. */
    static String asideName(Home home, String stamp) {
        String name = ASIDE + stamp;
        for (int i = 2; Files.exists(home.root().resolve(name)); i++) {
            name = ASIDE + stamp + "-" + i;
        }
        return name;
    }

    /** Throws away what a restore that was interrupted before its plan has left. */
    void clear() throws Problem {
        try (DirectoryStream<Path> all = Files.newDirectoryStream(folder())) {
            for (Path each : all) {
                if (!each.equals(OwnerFolder.lockFile(folder()))) {
                    Tree.delete(each);
                }
            }
        } catch (IOException e) {
            throw Disk.problem("removing", folder(), e);
        }
    }

    /** From here on the restore is completed. */
    void ready(Plan plan) throws IOException, Problem {
        machine.steps().before("force staged");
        Tree.force(folder());
        String text = "longhand restore 1\nbackup %s\naside %s\nplaced %s\nremoved %s\n".formatted(plan.backup(),
                plan.aside(), String.join(" ", plan.placed()), String.join(" ", plan.removed()));
        machine.steps().before("write plan");
        machine.disk().publish(folder().resolve(PLAN), out -> out.write(text.getBytes(StandardCharsets.US_ASCII)));
    }

    /** All is in its place. */
    void done() throws IOException {
        machine.steps().before("end plan");
        Files.deleteIfExists(folder().resolve(PLAN));
        Tree.forceOne(folder());
    }

    /** Removes the folder, unless it holds what a next restore completes. */
    @Override
    public void close() {
        if (!Files.exists(folder().resolve(PLAN))) {
            Tree.deleteQuietly(folder());
        }
        owned.close();
    }

    /** Names of what is staged in a folder of the staging; none where it is not there. */
    List<String> staged(String folderName) throws IOException {
        List<String> names = new ArrayList<>();
        Path folder = folder().resolve(folderName);
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> all = Files.newDirectoryStream(folder)) {
                all.forEach(f -> names.add(f.getFileName().toString()));
            }
        }
        names.sort(null);
        return names;
    }
}
