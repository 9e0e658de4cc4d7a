package dev.longhand.server;

import dev.longhand.lm.ToolCall;
import java.io.IOException;
import tools.jackson.databind.node.ObjectNode;

/** A streamed message: https://docs.anthropic.com/en/docs/build-with-claude/streaming. Of one thread. */
final class AnthropicStream implements ChatPieces.Receiver {
    private final EventStream out;
    private final AnthropicReply reply;
    private int blocks; // begun
    private String open = ""; // type of the block that is open

    AnthropicStream(EventStream out, AnthropicReply reply) {
        this.out = out;
        this.reply = reply;
    }

    static ObjectNode event(String type) {
        return Json.object().put("type", type);
    }

    void send(ObjectNode event) throws IOException {
        if (!out.hasBegun()) {
            ObjectNode start = event("message_start");
            start.set("message", reply.message());
            write(start);
            write(event("ping"));
        }
        write(event);
    }

    private void write(ObjectNode event) throws IOException {
        out.event(event.get("type").stringValue(), event);
    }

    private ObjectNode ofBlock(String type) {
        return event(type).put("index", blocks - 1);
    }

    private void begin(ObjectNode block) throws IOException {
        end();
        blocks++;
        open = block.get("type").stringValue();
        ObjectNode start = ofBlock("content_block_start");
        start.set("content_block", block);
        send(start);
    }

    /** Ends the block that is open. */
    void end() throws IOException {
        if (!open.isEmpty()) {
            open = "";
            send(ofBlock("content_block_stop"));
        }
    }

    private void delta(String type, String field, String piece) throws IOException {
        ObjectNode event = ofBlock("content_block_delta");
        event.putObject("delta").put("type", type).put(field, piece);
        send(event);
    }

    @Override
    public void text(String piece) throws IOException {
        if (!open.equals("text")) {
            begin(AnthropicReply.text(""));
        }
        delta("text_delta", "text", piece);
    }

    @Override
    public void reasoning(String piece) throws IOException {
        if (!open.equals("thinking")) {
            begin(AnthropicReply.thinking(""));
        }
        delta("thinking_delta", "thinking", piece);
    }

    @Override
    public void call(ToolCall toolCall) throws IOException {
        begin(AnthropicReply.toolUse(toolCall));
        delta("input_json_delta", "partial_json", toolCall.argumentsJson());
        end();
    }

    @Override
    public void idle() throws IOException {
        send(event("ping"));
    }
}
