package dev.longhand.server;

import dev.longhand.desk.Ask;
import dev.longhand.desk.AskResult;
import dev.longhand.desk.Citation;
import dev.longhand.desk.Recalled;
import dev.longhand.ingest.Passage;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What a desk's answer brings beside its text, as JSON. Stateless. */
final class DeskReply {
    private DeskReply() {}

    /** {@code longhand} of an answer: the desk's own parts, cost and warnings. */
    static ObjectNode longhand(String desk, DeskAsks.Outcome outcome, List<String> warnings) {
        AskResult result = outcome.result();
        ObjectNode longhand = ApiReply.longhand(outcome.charges(), outcome.overBudget(), warnings);
        longhand.put("desk", desk);
        longhand.put("attachedTokens", result.recalled().attachedTokens());
        longhand.put("lookedUpTokens", result.recalled().lookedUpTokens());
        ArrayNode attached = longhand.putArray("attached");
        result.recalled().documents().forEach(d -> attached.add(attachment(d)));
        ArrayNode citations = longhand.putArray("citations");
        result.citations().forEach(c -> citations.add(citation(c)));
        ArrayNode sentences = longhand.putArray("sentences");
        result.sentences().forEach(s -> sentences.add(sentence(s)));
        ArrayNode context = longhand.putArray("context");
        result.context().forEach(p -> context.add(passage(p)));
        ArrayNode leftOut = longhand.putArray("leftOut");
        result.leftOut().forEach(p -> leftOut.add(passage(p)));
        Recalled.Routing routing = result.recalled().routing();
        longhand.putObject("routing").put("candidates", routing.candidates()).put("judged", routing.judged())
                .put("why", routing.why());
        ArrayNode notes = longhand.putArray("notes");
        result.notes().forEach(notes::add);
        return longhand;
    }

    /** What was found before the model speaks. */
    /** @param hasTexts whether passages come with their words */
    static ObjectNode found(Citation lead, Ask.Prepared prepared, boolean hasTexts) {
        ObjectNode data = Json.object();
        data.set("lead", citation(lead));
        ArrayNode attached = data.putArray("attached");
        prepared.attached().forEach(a -> attached.add(attachment(a)));
        ArrayNode passages = data.putArray("passages");
        for (Passage each : prepared.context()) {
            ObjectNode passage = passage(each);
            passages.add(hasTexts ? passage.put("text", each.text()) : passage);
        }
        return data;
    }

    /** The whole reply to a question. */
    static ObjectNode whole(String desk, ServedModels.Target target, String question, DeskAsks.Outcome outcome,
            List<String> warnings) {
        AskResult result = outcome.result();
        ObjectNode whole = Json.object();
        whole.put("desk", desk);
        whole.put("model", target.served().name());
        whole.put("question", question);
        whole.put("answer", result.text());
        whole.put("stop", result.stop().name().toLowerCase(Locale.ROOT));
        OpenAiUsage.put(whole, result.promptTokens(), result.usage(), longhand(desk, outcome, warnings));
        return whole;
    }

    static ObjectNode citation(Citation citation) {
        ObjectNode node = place(citation.path(), citation.lineFirst(), citation.lineLast());
        node.put("quote", citation.quote());
        node.put("quoteFirst", citation.quoteFirst());
        node.put("quoteLast", citation.quoteLast());
        node.put("state", citation.state().name().toLowerCase(Locale.ROOT));
        return node;
    }

    static ObjectNode sentence(AskResult.Sentence sentence) {
        ObjectNode node = Json.object();
        node.put("text", sentence.text());
        node.put("start", sentence.start());
        node.put("end", sentence.end());
        node.put("isSupported", sentence.isSupported());
        node.put("source", sentence.source());
        node.put("reason", sentence.reason());
        ArrayNode carriers = node.putArray("carriedBy");
        for (AskResult.Carrier each : sentence.carriers()) {
            carriers.add(place(each.path(), each.lineFirst(), each.lineLast()).put("share", each.share()));
        }
        return node;
    }

    static ObjectNode passage(Passage passage) {
        return place(passage.path(), passage.lineFirst(), passage.lineLast()).put("title", passage.title());
    }

    static ObjectNode attachment(Recalled.Attachment each) {
        ObjectNode node = place(each.path(), each.lineFirst(), each.lineLast());
        node.put("title", each.title());
        node.put("part", each.part());
        node.put("parts", each.parts());
        node.put("tokens", each.tokens());
        node.put("isReadNow", each.isRead());
        node.put("score", each.score());
        node.put("rankByWords", each.place().words());
        node.put("rankByHeads", each.place().heads());
        ArrayNode found = node.putArray("found");
        each.found().forEach(p -> found.add(passage(p)));
        return node;
    }

    private static ObjectNode place(String path, int lineFirst, int lineLast) {
        ObjectNode node = Json.object();
        node.put("path", path);
        node.put("lineFirst", lineFirst);
        node.put("lineLast", lineLast);
        return node;
    }
}
