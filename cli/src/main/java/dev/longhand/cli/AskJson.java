package dev.longhand.cli;

import dev.longhand.desk.AskResult;
import dev.longhand.desk.AskSpec;
import dev.longhand.desk.Citation;
import dev.longhand.desk.Recalled;
import dev.longhand.desk.Refresh;
import dev.longhand.ingest.Passage;
import dev.longhand.ledger.Charges;
import dev.longhand.lm.Sampling;
import dev.longhand.lm.Usage;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The document of {@code longhand ask --json}. Field names are stable and stand in {@code docs/CLI.md}. */
final class AskJson {
    private AskJson() {}

    static Map<String, Object> of(AskPage.Setting setting, AskPage.Booked booked, String question, AskSpec spec, AskResult result,
            double seconds) {
        return Json.object(
                "question", question,
                "answer", result.text(),
                "stop", result.stop().name().toLowerCase(Locale.ROOT),
                "sentences", result.sentences().stream().map(AskJson::sentence).toList(),
                "sources", result.citations().stream().map(c -> source(setting, c)).toList(),
                "context", result.context().stream().map(AskJson::passage).toList(),
                "leftOut", result.leftOut().stream().map(AskJson::passage).toList(),
                "attached", result.recalled().documents().stream().map(AskJson::attachment).toList(),
                "routing", Json.object("candidates", result.recalled().routing().candidates(), "judged",
                        result.recalled().routing().judged(), "why", result.recalled().routing().why()),
                "attachedTokens", result.recalled().attachedTokens(),
                "lookedUpTokens", result.recalled().lookedUpTokens(),
                "notes", result.notes(),
                "usage", usage(result.usage(), result.promptTokens()),
                "cost", cost(booked.charges(), booked.warnings()),
                "sampling", sampling(spec.sampling()),
                "budget", spec.promptTokensMax(),
                "model", Json.object("name", setting.model().installed().name(),
                        "sha256", setting.model().installed().digest().hex(),
                        "architecture", setting.model().info().architecture(), "hasChatTemplate", setting.model().info().hasChat()),
                "tier", Json.object("name", setting.model().tierChoice().tier().name().toLowerCase(Locale.ROOT),
                        "instructionSet", setting.model().tierChoice().instructionSet(), "threads", setting.model().threads(),
                        "reason", setting.model().tierChoice().reason()),
                "desk", desk(setting.desk().name(), setting.desk().source().shown(), setting.refresh()),
                "seconds", seconds,
                "peakMemoryBytes", booked.peakBytes().orElse(null));
    }

    private static Map<String, Object> sentence(AskResult.Sentence sentence) {
        return Json.object("text", sentence.text(), "start", sentence.start(), "end", sentence.end(),
                "isSupported", sentence.isSupported(), "source", sentence.source(), "reason", sentence.reason(),
                "carriedBy", sentence.carriers().stream().map(c -> Json.object("path", c.path(), "lineFirst", c.lineFirst(),
                        "lineLast", c.lineLast(), "share", c.share())).toList());
    }

    private static Map<String, Object> attachment(Recalled.Attachment each) {
        return Json.object("path", each.path(), "part", each.part(), "parts", each.parts(), "title", each.title(),
                "lineFirst", each.lineFirst(), "lineLast", each.lineLast(), "tokens", each.tokens(), "isReadNow", each.isRead(),
                "score", each.score(), "rankByWords", each.place().words(), "rankByHeads",
                each.place().heads() == 0 ? null : each.place().heads(),
                "found", each.found().stream().map(AskJson::passage).toList());
    }

    private static Map<String, Object> source(AskPage.Setting setting, Citation citation) {
        return Json.object("path", citation.path(), "lineFirst", citation.lineFirst(), "lineLast", citation.lineLast(),
                "quote", citation.quote(), "quoteFirst", citation.quoteFirst(), "quoteLast", citation.quoteLast(),
                "state", citation.state().name().toLowerCase(Locale.ROOT),
                "file", setting.desk().fileOf(citation.path()).toString());
    }

    private static Map<String, Object> passage(Passage passage) {
        return Json.object("path", passage.path(), "lineFirst", passage.lineFirst(), "lineLast", passage.lineLast(),
                "title", passage.title());
    }

    private static Map<String, Object> usage(Usage usage, int promptTokens) {
        return Json.object("promptTokens", promptTokens, "readTokens", usage.readTokens(), "cachedTokens", usage.cachedTokens(),
                "answeredTokens", usage.answeredTokens(), "readSeconds", usage.readSeconds(),
                "answerSeconds", usage.answerSeconds(),
                "readTokensPerSecond", usage.readTokensPerSecond(), "answeredTokensPerSecond", usage.answeredTokensPerSecond());
    }

    /** As it was booked; amounts are millionths of the currency. */
    private static Map<String, Object> cost(Charges charges, List<String> warnings) {
        return Json.object("amountMicros", charges.amount(), "currency", charges.unit().name(),
                "cpuMicros", charges.meters().cpuMicros(), "kvByteSeconds", charges.meters().kvByteSeconds(),
                "millijoules", charges.meters().millijoules(), "isEnergyEstimated", charges.meters().isEstimated(),
                "warnings", warnings);
    }

    private static Map<String, Object> sampling(Sampling sampling) {
        return Json.object("temperature", sampling.temperature(), "topK", sampling.topK(), "topP", sampling.topP(),
                "minP", sampling.minP(), "repeatPenalty", sampling.repeatPenalty(), "seed", sampling.seed());
    }

    private static Map<String, Object> desk(String name, String root, Refresh refresh) {
        return Json.object("name", name, "root", root, "documents", refresh.documents(), "added", refresh.added(),
                "changed", refresh.changed(), "unchanged", refresh.unchanged(), "removed", refresh.removed(),
                "passages", refresh.passages(), "skips", refresh.skips().stream().map(DeskCommand::json).toList(),
                "notes", refresh.notes());
    }
}
