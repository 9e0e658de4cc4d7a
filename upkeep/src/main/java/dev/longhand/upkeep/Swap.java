package dev.longhand.upkeep;

import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.catalog.Models;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;

/**
 * Brings what is staged to its place, part by part: what was there goes aside, then the staged part takes its name. Nothing is
 * deleted. It may be stopped between any two steps and run again: a part that is still staged has not been placed, so what has its
 * name is old.
 */
final class Swap {
    private final Site site;
    private final Staging staging;
    private final Staging.Plan plan;
    private final Path root;
    private final Path aside;

    Swap(Site site, Staging staging, Staging.Plan plan) {
        this.site = site;
        this.staging = staging;
        this.plan = plan;
        this.root = site.home().root();
        this.aside = root.resolve(plan.aside());
    }

    /** The caller holds the locks of the home's desks and has seen that nobody uses its database. */
    void complete() throws IOException, Problem {
        site.machine().steps().before("begin plan");
        for (String part : plan.placed()) {
            replace(part);
        }
        for (String part : plan.removed()) {
            remove(part);
        }
        weights();
        list();
        staging.done();
    }

    private void replace(String part) throws IOException, Problem {
        Path staged = staging.folder().resolve(part);
        if (Files.exists(staged)) {
            for (String each : names(part)) {
                putAside(root.resolve(each), each);
            }
            site.machine().steps().before("place " + part);
            site.machine().disk().rename(staged, root.resolve(part));
        }
    }

    private void remove(String part) throws IOException, Problem {
        if (!Files.exists(aside.resolve(part))) {
            for (String each : names(part)) {
                putAside(root.resolve(each), each);
            }
        }
    }

    /** A log beside a database would be taken for the log of the next one of that name: it goes first. */
    private static List<String> names(String part) {
        return part.equals(Manifest.DATABASE) ? List.of(part + "-wal", part + "-shm", part + "-journal", part) : List.of(part);
    }

    private void putAside(Path there, String name) throws IOException, Problem {
        if (!Files.exists(there, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        site.machine().steps().before("aside " + name);
        Files.createDirectories(aside);
        Path target = aside.resolve(name);
        for (int i = 2; Files.exists(target, LinkOption.NOFOLLOW_LINKS); i++) {
            target = aside.resolve(name + "-" + i);
        }
        site.machine().disk().rename(there, target);
        Tree.forceOne(root);
    }

    /** Weights are named by their digest: one of that name and size is the same file. */
    private void weights() throws IOException, Problem {
        Home home = site.home();
        for (String each : staging.staged(Manifest.MODELS)) {
            Path staged = staging.folder().resolve(Manifest.MODELS).resolve(each);
            Path there = home.models().resolve(each);
            boolean isSame = Files.exists(there) && Files.size(there) == Files.size(staged);
            if (each.endsWith(".gguf") && !isSame) {
                Files.createDirectories(home.models());
                putAside(there, each);
                site.machine().steps().before("place " + each);
                site.machine().disk().rename(staged, there);
            }
        }
    }

    /** A home's own list stays: its files are here. It only learns of models that it did not list. */
    private void list() throws IOException, Problem {
        Path staged = staging.folder().resolve(Manifest.MODELS_LIST);
        if (!Files.exists(staged)) {
            return;
        }
        site.machine().steps().before("place " + Manifest.MODELS_LIST);
        if (Files.exists(root.resolve(Manifest.MODELS_LIST))) {
            Models.open(site.home(), site.environment()).adopt(staged.getParent());
        } else {
            Files.createDirectories(site.home().models());
            site.machine().disk().rename(staged, root.resolve(Manifest.MODELS_LIST));
        }
    }
}
