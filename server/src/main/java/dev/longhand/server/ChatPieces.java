package dev.longhand.server;

import dev.longhand.lm.Answer;
import dev.longhand.lm.Tool;
import dev.longhand.lm.ToolCall;
import dev.longhand.lm.ToolCalls;
import dev.longhand.text.ToolFormat;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** Tells texts, thoughts and calls of tools apart in an answer as it grows. Of one thread. */
final class ChatPieces implements Answering.Listener {
    /** Takes them in the order of the answer. */
    interface Receiver {
        void text(String piece) throws IOException;

        void reasoning(String piece) throws IOException;

        void call(ToolCall call) throws IOException;

        default void idle() throws IOException {}
    }

    private final Receiver receiver;
    private final ToolCalls calls;
    private final Set<String> tools;
    private boolean hasCalls;

    /** @param tools names of those that the model was told of; a call of any other is text */
    ChatPieces(Receiver receiver, ToolFormat format, Set<String> tools) {
        this.receiver = receiver;
        this.tools = tools;
        this.calls = new ToolCalls(format, tools::contains, new ToolCalls.Receiver() {
            @Override
            public void text(String piece) {
                told(() -> receiver.text(piece));
            }

            @Override
            public void call(ToolCall call) {
                hasCalls = true;
                told(() -> receiver.call(call));
            }
        });
    }

    @FunctionalInterface
    private interface Told {
        void run() throws IOException;
    }

    private static void told(Told told) {
        try {
            told.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void text(String piece) throws IOException {
        if (!tools.isEmpty()) {
            calls.push(piece);
        } else {
            receiver.text(piece);
        }
    }

    @Override
    public void reasoning(String piece) throws IOException {
        receiver.reasoning(piece);
    }

    @Override
    public void idle() throws IOException {
        receiver.idle();
    }

    /** Whether a tool was called so far. */
    boolean hasCalls() {
        return hasCalls;
    }

    /** The same of an answer that is whole. */
    static ToolCalls.Split split(Answer answer, ToolFormat format, Set<String> tools) {
        return tools.isEmpty() ? new ToolCalls.Split(answer.text(), List.of())
                : ToolCalls.split(format, tools::contains, answer.text());
    }

    static Set<String> names(List<Tool> tools) {
        return tools.stream().map(Tool::name).collect(Collectors.toUnmodifiableSet());
    }

    /** The answer has ended: what was held back comes. */
    void finish() throws IOException {
        try {
            calls.finish();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
