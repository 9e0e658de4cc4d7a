package dev.longhand.server;

import dev.longhand.lm.ToolCall;
import java.io.IOException;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A streamed response: https://platform.openai.com/docs/api-reference/responses-streaming. Of one thread.
 */
final class ResponseStream implements ChatPieces.Receiver {
    private final EventStream out;
    private final ResponseReply reply;
    private final StringBuilder text = new StringBuilder(); // of the item that is open
    private final ArrayNode output = Json.array(); // items that have ended
    private String open = ""; // type of the item that is open
    private int sequence;

    ResponseStream(EventStream out, ResponseReply reply) {
        this.out = out;
        this.reply = reply;
    }

    /** An event about the whole response. */
    void response(String type, ObjectNode response) throws IOException {
        ObjectNode event = Json.object();
        event.set("response", response);
        send(type, event);
    }

    void send(String type, ObjectNode event) throws IOException {
        if (sequence == 0) {
            write("response.created", Json.object().set("response", reply.begun()));
            write("response.in_progress", Json.object().set("response", reply.begun()));
        }
        write(type, event);
    }

    private void write(String type, ObjectNode event) throws IOException {
        ObjectNode whole = Json.object().put("type", type).put("sequence_number", sequence++);
        event.propertyStream().forEach(p -> whole.set(p.getKey(), p.getValue()));
        out.event(type, whole);
    }

    private void item(String type, ObjectNode item) throws IOException {
        ObjectNode event = Json.object().put("output_index", output.size());
        event.set("item", item);
        send(type, event);
    }

    private ObjectNode ofItem(String id) {
        return Json.object().put("item_id", id).put("output_index", output.size());
    }

    private ObjectNode ofPart() {
        return ofItem((open.equals("message") ? reply.messageItem(output.size(), "in_progress") : reply.reasoningItem(""))
                .get("id").stringValue()).put("content_index", 0);
    }

    private void part(String type, String textOfPart) throws IOException {
        ObjectNode event = ofPart();
        event.set("part", ResponseReply.textPart(textOfPart));
        send(type, event);
    }

    @Override
    public void text(String piece) throws IOException {
        if (!open.equals("message")) {
            end(false);
            open = "message";
            item("response.output_item.added", reply.messageItem(output.size(), "in_progress"));
            part("response.content_part.added", "");
        }
        text.append(piece);
        ObjectNode delta = ofPart().put("delta", piece);
        delta.putArray("logprobs");
        send("response.output_text.delta", delta);
    }

    @Override
    public void reasoning(String piece) throws IOException {
        if (!open.equals("reasoning")) {
            end(false);
            open = "reasoning";
            ObjectNode item = reply.reasoningItem("");
            item.putArray("content");
            item("response.output_item.added", item);
        }
        text.append(piece);
        send("response.reasoning_text.delta", ofPart().put("delta", piece));
    }

    @Override
    public void call(ToolCall toolCall) throws IOException {
        end(false);
        ObjectNode begun = reply.callItem(output.size(), toolCall, "", "in_progress");
        item("response.output_item.added", begun);
        String id = begun.get("id").stringValue();
        String arguments = toolCall.argumentsJson();
        send("response.function_call_arguments.delta", ofItem(id).put("delta", arguments));
        send("response.function_call_arguments.done", ofItem(id).put("arguments", arguments).put("name", toolCall.name()));
        done(reply.callItem(output.size(), toolCall, arguments, "completed"));
    }

    /** The answer has ended; the response's output. */
    ArrayNode finish(boolean isCut) throws IOException {
        if (output.isEmpty() && open.isEmpty()) {
            text(""); // an answer of nothing is a message too
        }
        end(isCut);
        return output;
    }

    /** Ends the item that is open. */
    private void end(boolean isCut) throws IOException {
        if (open.equals("message")) {
            ObjectNode whole = ofPart().put("text", text.toString());
            whole.putArray("logprobs");
            send("response.output_text.done", whole);
            part("response.content_part.done", text.toString());
            ObjectNode item = reply.messageItem(output.size(), isCut ? "incomplete" : "completed");
            ((ArrayNode) item.get("content")).add(ResponseReply.textPart(text.toString()));
            done(item);
        } else if (open.equals("reasoning")) {
            send("response.reasoning_text.done", ofPart().put("text", text.toString()));
            done(reply.reasoningItem(text.toString()));
        }
    }

    private void done(ObjectNode item) throws IOException {
        item("response.output_item.done", item);
        output.add(item);
        open = "";
        text.setLength(0);
    }

    @Override
    public void idle() throws IOException {
        out.ping();
    }
}
