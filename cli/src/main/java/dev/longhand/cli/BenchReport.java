package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.base.ProcFile;
import dev.longhand.bench.BenchFile;
import dev.longhand.bench.Measure;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A command that measures: what runs, on which models, and how figures are printed and kept. */
abstract class BenchReport extends ReportCommand {
    @Mixin
    BenchTiers tiers;

    @Mixin
    BenchSources sources;

    @Option(names = "--out", paramLabel = "FILE",
            description = "Also write the figures to this JSON file, over the same rows in it.")
    private Path out;

    BenchReport(World world) {
        super(world);
    }

    /** Prints the figures and keeps them where that was asked for. */
    final Integer report(List<Measure> measures) throws Problem {
        keep(measures);
        if (isJson) {
            Map<String, Object> document = head();
            document.put("rows", rows(measures));
            Json.print(world.out(), document);
        } else {
            print(measures);
        }
        return ExitCodes.OK;
    }

    /** Keeps the figures where that was asked for, so that what comes later cannot lose them. */
    final void keep(List<Measure> measures) throws Problem {
        if (out != null) {
            BenchFile.merge(out, head(), rows(measures));
        }
    }

    private List<Map<String, Object>> rows(List<Measure> measures) {
        String now = world.clock().now().toString();
        return measures.stream().map(m -> BenchFile.json(m, now)).toList();
    }

    private Map<String, Object> head() throws Problem {
        return Json.object("machine", Machine.cpuName().orElse("unknown"), "features", Machine.cpuFeatures(),
                "processors", Runtime.getRuntime().availableProcessors(), "memoryBytes", ProcFile.machineBytes().orElse(null),
                "java", Runtime.version().toString(), "threads", tiers.threads(world));
    }

    private void print(List<Measure> measures) throws Problem {
        world.out().println(Machine.cpuName().orElse("unknown processor") + ", " + tiers.threads(world) + " threads, "
                + String.join(" ", Machine.cpuFeatures()));
        Table table = new Table("ROW", "TIER", "FIGURE", "UNIT", "TARGET", "MET", "DETAILS");
        measures.forEach(m -> table.row(m.row(), m.tier(), number(m.figure()), m.unit(),
                m.target().map(Object::toString).orElse("-"),
                m.isMet().map(met -> met ? "yes" : "NO").orElse("-"), details(m.details())));
        table.print(world);
    }

    private static String details(Map<String, Object> details) {
        return details.entrySet().stream()
                .filter(e -> !(e.getValue() instanceof Map)) // for programs
                .map(e -> e.getKey() + " " + (e.getValue() instanceof Double d ? number(d) : e.getValue()))
                .collect(Collectors.joining(", "));
    }

    private static String number(double value) {
        double size = Math.abs(value);
        return String.format(Locale.ROOT, size >= 100 ? "%.0f" : size >= 10 ? "%.1f" : "%.2f", value);
    }
}
