package dev.longhand.desk;

import dev.longhand.base.Problem;
import dev.longhand.ingest.Passage;
import dev.longhand.lm.LanguageModel;
import dev.longhand.lm.Message;
import java.util.ArrayList;
import java.util.List;

/**
 * The words a model is asked with. Knows how a prompt is put together, not which passages deserve a place.
 *
 * <p>Text of a document stands between marks that it cannot write itself, and its invisible and control characters are dropped.
 * The best passage stands last, next to the question: small models forget what is far. The task is said before and after the text;
 * this form held the fact more often than five others on the dev half of the evaluation (docs/LOG.md). Stateless.
 */
final class Prompt {
    private static final String BEFORE = "Read the text and answer the question in one sentence.\n\n";
    private static final String AFTER = "\nAnswer in one sentence, with words from the text.";
    private static final String OPEN = "<source>";
    /** What stands behind the text of a source, on a line of its own. */
    static final String CLOSING = "</source>\n\n";

    private Prompt() {}

    /** Token ids of the whole prompt; {@code passages} are best first. */
    static int[] tokens(LanguageModel model, String question, List<Passage> passages) throws Problem {
        return model.info().hasChat() ? model.render(conversation(question, passages)) : model.begin(plain(question, passages));
    }

    static List<Message> conversation(String question, List<Passage> passages) {
        return List.of(Message.user(BEFORE + sources(passages) + "Question: " + question.strip() + AFTER));
    }

    /** For a base model, which continues text and follows no instruction. */
    static String plain(String question, List<Passage> passages) {
        return sources(passages) + "Question: " + question.strip() + "\nAnswer:";
    }

    /** What ends the answer of a base model, which would go on with a question of its own. */
    static List<String> stops(boolean hasChat) {
        return hasChat ? List.of() : List.of("\nQuestion:", "\n\n", OPEN);
    }

    /** What is asked where the sources are attached: behind them, with {@code passages} again, best first. */
    static List<Message> behind(String question, List<Passage> passages, boolean hasChat) {
        String text = hasChat ? sources(passages) + "Question: " + question.strip() + AFTER : plain(question, passages);
        return List.of(Message.user(text));
    }

    private static String sources(List<Passage> passages) {
        StringBuilder sources = new StringBuilder();
        for (Passage passage : passages.reversed()) {
            sources.append(block(passage));
        }
        return sources.toString();
    }

    static String block(Passage passage) {
        return opening(passage.title()) + clean(passage.text()).strip() + "\n" + CLOSING;
    }

    /** What stands before the text of a source; an empty title has no line. */
    static String opening(String title) {
        return OPEN + "\n" + (title.isEmpty() ? "" : clean(title).replace('\n', ' ') + "\n");
    }

    /** Text that cannot end its block and holds no character that a person would not see. */
    static String clean(String text) {
        StringBuilder clean = new StringBuilder(text.length());
        text.codePoints().filter(c -> !isHidden(c)).forEach(clean::appendCodePoint);
        return clean.toString().replaceAll("(?i)<(\\s*/?\\s*source\\b)", "< $1");
    }

    /** How many characters {@link #clean} drops. */
    static long hiddenIn(String text) {
        return text.codePoints().filter(Prompt::isHidden).filter(c -> c != '\r').count();
    }

    private static boolean isHidden(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL -> c != '\n' && c != '\t';
            case Character.FORMAT, Character.PRIVATE_USE, Character.SURROGATE, Character.UNASSIGNED -> true;
            default -> false;
        };
    }

    /** One message per passage whose text was cleaned. */
    static List<String> notes(List<Passage> passages) {
        List<String> notes = new ArrayList<>();
        for (Passage passage : passages) {
            long hidden = hiddenIn(passage.text());
            if (hidden > 0) {
                notes.add("%s:%d-%d holds %,d invisible or control characters; the model did not see them".formatted(
                        passage.path(), passage.lineFirst(), passage.lineLast(), hidden));
            }
        }
        return notes;
    }
}
