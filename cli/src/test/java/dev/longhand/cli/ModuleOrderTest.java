package dev.longhand.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Holds docs/ARCHITECTURE.md: one flat package per module, and each module uses only those that the table allows. */
class ModuleOrderTest {
    /** module -> modules it may use; the transitive closure is not implied. */
    private static final Map<String, Set<String>> MAY_USE = Map.ofEntries(
            Map.entry("base", Set.of()),
            Map.entry("testkit", Set.of("base")),
            Map.entry("kernels", Set.of("base")),
            Map.entry("formats", Set.of("base")),
            Map.entry("text", Set.of("base", "formats")),
            Map.entry("catalog", Set.of("base")),
            Map.entry("memory", Set.of("base", "kernels")),
            Map.entry("model", Set.of("base", "kernels", "formats", "memory")),
            Map.entry("lm", Set.of("base", "text")),
            Map.entry("store", Set.of("base")),
            Map.entry("ledger", Set.of("base", "text", "store", "lm")),
            Map.entry("jobs", Set.of("base", "store", "ledger", "lm")),
            Map.entry("engine", Set.of("base", "kernels", "formats", "text", "memory", "model", "lm")),
            Map.entry("ingest", Set.of("base")),
            Map.entry("desk", Set.of("base", "lm", "ingest", "jobs", "ledger", "store")),
            Map.entry("upkeep", Set.of("base", "catalog", "memory", "store", "ledger", "jobs", "desk")),
            Map.entry("server", Set.of("base", "text", "catalog", "memory", "lm", "engine", "ingest", "desk", "upkeep", "store",
                    "ledger", "jobs")),
            Map.entry("bench", Set.of("base", "kernels", "formats", "text", "catalog", "memory", "model", "lm", "engine", "ingest",
                    "desk", "store", "ledger")),
            Map.entry("cli", Set.of("base", "kernels", "formats", "text", "catalog", "memory", "model", "lm", "engine", "ingest",
                    "desk", "upkeep", "server", "bench", "store", "ledger", "jobs")));

    private static final JavaClasses CLASSES =
            new ClassFileImporter().withImportOption(new ImportOption.DoNotIncludeTests()).importPackages("dev.longhand");

    /** Goal: no module uses one below it. Method: every dependency of every production class against the table. */
    @Test
    void usesOnlyModulesThatTheTableAllows() {
        Set<String> broken = new TreeSet<>();
        for (JavaClass each : CLASSES) {
            for (Dependency dependency : each.getDirectDependenciesFromSelf()) {
                String from = module(each.getPackageName());
                String to = module(dependency.getTargetClass().getPackageName());
                if (to != null && !from.equals(to) && !MAY_USE.get(from).contains(to)) {
                    broken.add(from + " uses " + to + ": " + dependency.getDescription());
                }
            }
        }
        assertEquals(Set.of(), broken);
    }

    /** Goal: one module, one flat package. Method: every package name has exactly one part after dev.longhand. */
    @Test
    void keepsOneFlatPackagePerModule() {
        List<String> deep = new ArrayList<>();
        for (JavaClass each : CLASSES) {
            String module = module(each.getPackageName());
            if (!each.getPackageName().equals("dev.longhand." + module) || !MAY_USE.containsKey(module)) {
                deep.add(each.getName());
            }
        }
        assertEquals(List.of(), deep);
    }

    /**
     * Goal: nothing runs unbooked. Method: of the commands' classes only those that load, measure or calibrate (and book that) see
     * the engine's. A server meters what it is given.
     */
    @Test
    void handsOutModelsMeteredOnly() {
        Set<String> seeing = new TreeSet<>();
        for (JavaClass each : CLASSES) {
            boolean sees = each.getDirectDependenciesFromSelf().stream()
                    .anyMatch(d -> d.getTargetClass().getName().equals("dev.longhand.engine.LocalModel"));
            if (sees && module(each.getPackageName()).equals("cli")) {
                seeing.add(each.getSimpleName());
            }
        }
        assertEquals(Set.of("BenchServeCommand", "Calibrating", "Doctor", "Loading", "ModelFacts"), seeing);
    }

    /** Goal: only who draws loads what draws. Method: who uses the library of charts or the system's own drawing. */
    @Test
    void drawsInOneClassOnly() {
        Set<String> drawing = new TreeSet<>();
        for (JavaClass each : CLASSES) {
            for (Dependency dependency : each.getDirectDependenciesFromSelf()) {
                String to = dependency.getTargetClass().getPackageName();
                if (to.startsWith("org.knowm") || to.startsWith("java.awt")) {
                    drawing.add(each.getName().replaceFirst("\\$.*", ""));
                }
            }
        }
        assertEquals(Set.of("dev.longhand.cli.SpendPicture"), drawing);
    }

    /** Goal: the test really sees the program. Method: the class path holds the modules that cli needs. */
    @Test
    void seesTheModules() {
        Set<String> seen = new TreeSet<>();
        CLASSES.forEach(c -> seen.add(module(c.getPackageName())));
        assertTrue(seen.containsAll(Set.of("base", "kernels", "catalog", "lm")), "only " + seen);
    }

    private static String module(String packageName) {
        String prefix = "dev.longhand.";
        if (!packageName.startsWith(prefix)) {
            return null;
        }
        String rest = packageName.substring(prefix.length());
        return rest.indexOf('.') < 0 ? rest : rest.substring(0, rest.indexOf('.'));
    }
}
