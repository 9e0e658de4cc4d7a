package dev.longhand.server;

import dev.longhand.lm.ToolCall;
import java.io.IOException;
import java.util.Optional;
import tools.jackson.databind.node.NullNode;
import tools.jackson.databind.node.ObjectNode;

/** One of the chat answers of a stream. Of one thread; several share a stream. */
final class OpenAiStream implements ChatPieces.Receiver {
    private final EventStream out;
    private final OpenAiHead head;
    private final int index;
    private boolean hasBegun;
    private int calls;

    OpenAiStream(EventStream out, OpenAiHead head, int index) {
        this.out = out;
        this.head = head;
        this.index = index;
    }

    /** Whether {@code stream_options} ask for usage at the end. */
    static boolean wantsUsage(Fields fields) throws Refusal {
        Optional<Fields> options = fields.object("stream_options");
        boolean wantsUsage = options.isPresent() && options.get().flag("include_usage", false);
        if (options.isPresent()) {
            options.get().ignore("include_obfuscation", "streams are not padded");
            options.get().done();
        }
        return wantsUsage;
    }

    private void begin() throws IOException {
        if (!hasBegun) {
            hasBegun = true;
            ObjectNode role = Json.object();
            role.put("role", "assistant");
            role.put("content", "");
            out.data(head.chunk(index, role, null, NullNode.instance));
        }
    }

    private void delta(ObjectNode delta) throws IOException {
        begin();
        out.data(head.chunk(index, delta, null, NullNode.instance));
    }

    @Override
    public void text(String piece) throws IOException {
        delta(Json.object().put("content", piece));
    }

    @Override
    public void reasoning(String piece) throws IOException {
        delta(Json.object().put("reasoning_content", piece));
    }

    @Override
    public void call(ToolCall toolCall) throws IOException {
        ObjectNode delta = Json.object();
        ObjectNode node = OpenAiHead.call(toolCall);
        node.put("index", calls++);
        delta.putArray("tool_calls").add(node);
        delta(delta);
    }

    @Override
    public void idle() throws IOException {
        out.ping();
    }

    /** The answer's last event. */
    void end(ObjectNode last) throws IOException {
        begin();
        out.data(last);
    }
}
