package dev.longhand.lm;

import dev.longhand.base.Problem;
import dev.longhand.text.ToolFormat;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * A language model, here or elsewhere: what everything above this module sees of one.
 *
 * <p>Thread-safe, unless {@link ModelInfo} says otherwise; a {@link Sequence} is not.
 */
public interface LanguageModel extends AutoCloseable {
    ModelInfo info();

    /** Token ids of plain text: no special token is recognised, none is added. */
    int[] tokenize(String text);

    /**
     * Token ids of plain text to go on from: as {@link #tokenize}, behind the token that begins every text where the model wants
     * one.
     */
    default int[] begin(String text) {
        return tokenize(text);
    }

    /**
     * Bytes of the text of a token, none for a control token; a character may be split between tokens.
     * {@link Problem.Kind#USAGE} if there is no token of that id.
     */
    default byte[] bytes(int token) throws Problem {
        throw new Problem(Problem.Kind.UNSUPPORTED, info().name() + " does not tell the texts of its tokens");
    }

    /**
     * Token ids of a conversation up to the place where the assistant speaks next. Control tokens come from the model's chat
     * template only; text of the messages that looks like one stays text.
     */
    int[] render(List<Message> conversation) throws Problem;

    /** As {@link #render}, as text for people to look at: where control tokens are cannot be told from it. */
    default String renderText(List<Message> conversation) throws Problem {
        throw new Problem(Problem.Kind.UNSUPPORTED, info().name() + " does not show how it writes a conversation");
    }

    /**
     * As {@link #render(List)}, with tools, further template variables, or an answer that is begun. Text of tools and variables
     * stays text too. A template that knows no tools is told of them in the system turn. Arguments of calls, and schemas, that are
     * no JSON objects are refused ({@link Problem.Kind#MALFORMED}).
     */
    default int[] render(List<Message> conversation, Prompting prompting) throws Problem {
        boolean hasTools = conversation.stream().anyMatch(m -> m.role() == Message.Role.TOOL || !m.calls().isEmpty());
        if (hasTools || !prompting.equals(Prompting.PLAIN)) {
            throw new Problem(Problem.Kind.UNSUPPORTED,
                    info().name() + " knows no tools, template arguments or answers that are begun");
        }
        return render(conversation);
    }

    /** How it writes that it calls a tool; {@link ToolCalls} finds the calls in its answers. */
    default ToolFormat toolFormat() {
        return ToolFormat.GENERIC;
    }

    /** What it can do beyond answering. */
    default Set<Capability> capabilities() {
        return Set.of();
    }

    /** A new, empty sequence. {@link Problem.Kind#LIMIT} if it would be longer than the model allows. */
    Sequence open(SequenceSpec spec) throws Problem;

    /**
     * What this model keeps of the documents in {@code folder}, its attention memory of them; made when there is none.
     *
     * @param bytesMax bytes of disk that it may use
     */
    default DocumentMemory memory(Path folder, long bytesMax) throws Problem {
        throw new Problem(Problem.Kind.UNSUPPORTED, info().name() + " keeps no documents");
    }

    /**
     * A new, empty sequence that attends to {@code attached} documents, best first, as if they stood before its text. Its prompts
     * are made by {@link #renderBehind}.
     */
    default Sequence open(SequenceSpec spec, List<SegmentRef> attached) throws Problem {
        throw new Problem(Problem.Kind.UNSUPPORTED, info().name() + " cannot attach documents");
    }

    /** How much each of {@code candidates} matters to {@code question}, by the heads that look things up; nothing is answered. */
    default Relevance relevance(SequenceSpec spec, int[] question, List<SegmentRef> candidates) throws Problem {
        throw new Problem(Problem.Kind.UNSUPPORTED, info().name() + " cannot tell which documents matter");
    }

    /**
     * As {@link #render}, of a conversation whose first user turn has attached documents in front of it: what stands behind them.
     */
    default int[] renderBehind(List<Message> conversation) throws Problem {
        throw new Problem(Problem.Kind.UNSUPPORTED, info().name() + " cannot attach documents");
    }

    /** One vector per text, from the model's final states. */
    default Embeddings embed(List<int[]> texts, Pooling pooling) throws Problem {
        throw new Problem(Problem.Kind.UNSUPPORTED, info().name() + " gives no embeddings");
    }

    /**
     * Checks the books of memory and requests; a broken one is an {@link IllegalStateException}. What runs is not disturbed.
     * A model without books has nothing to check.
     */
    default void checkIntegrity() {}

    @Override
    void close();
}
