package dev.longhand.cli;

import dev.longhand.catalog.InstalledModel;
import dev.longhand.kernels.Tier;
import dev.longhand.kernels.TierChoice;
import dev.longhand.lm.ModelInfo;
import java.util.Locale;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * A model that a server has.
 *
 * @param id        what requests call it
 * @param canAttach whether it can attach documents
 * @param kvType    how it keeps keys and values
 */
record ServedFacts(String id, ModelInfo info, TierChoice tierChoice, int threads, boolean canAttach, String kvType) {
    /** The one of those that a server tells of that is that file; empty where it has none. */
    static Optional<ServedFacts> of(JsonNode about, InstalledModel installed) {
        return about.path("models").valueStream()
                .filter(m -> m.has("tier") && m.path("fingerprint").asString("").equals(installed.digest().hex()))
                .map(m -> of(m, installed.name())).findFirst();
    }

    /** @param name that it has here */
    private static ServedFacts of(JsonNode model, String name) {
        JsonNode tier = model.path("tier");
        return new ServedFacts(model.path("id").asString(),
                new ModelInfo(name, model.path("architecture").asString(),
                        model.path("contextTokens").asInt(), model.path("fingerprint").asString(),
                        model.path("hasChatTemplate").asBoolean()),
                new TierChoice(Tier.valueOf(tier.path("name").asString().toUpperCase(Locale.ROOT)),
                        tier.path("instructionSet").asString(), tier.path("reason").asString(),
                        tier.path("isDegraded").asBoolean()),
                model.path("threads").asInt(), model.path("canAttach").asBoolean(), model.path("kvType").asString());
    }

    /** What is said of it here, where that file is installed too. */
    ModelFacts facts(InstalledModel installed) {
        return new ModelFacts(installed, info, tierChoice, threads);
    }
}
