package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.desk.Desk;
import dev.longhand.lm.Answer;
import dev.longhand.lm.ModelInfo;
import dev.longhand.lm.Sampling;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;

/** Reads lines, joins those that belong together, obeys those that begin with a slash and gives the rest to the chat. */
final class ChatLoop {
    private static final String HELP = """
            /help               this text
            /bye, /exit         end (Ctrl-D too)
            /clear              forget what was said
            /set KEY VALUE      temp, top-k, top-p, min-p, repeat-penalty, seed, n (tokens per answer), system (a text)
            /show               the model and the settings
            /save FILE          write the conversation as Markdown
            /keep DESK [NAME]   keep the conversation in a desk, as a document that its questions find
            Several lines: put them between lines of \"""; or end a line with a backslash. Ctrl-C stops the answer.
            """;
    private static final DateTimeFormatter NAME_TIME = DateTimeFormatter.ofPattern("yyyyMMdd-HHmmss", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final String QUOTE = "\"\"\"";

    private final World world;
    private final Chat chat;
    private final ModelInfo info;
    private final LineSource lines;

    ChatLoop(World world, Chat chat, ModelInfo info, LineSource lines) {
        this.world = world;
        this.chat = chat;
        this.info = info;
        this.lines = lines;
    }

    /** Until the end of input or {@code /bye}. A turn that fails is told and the chat goes on; from a pipe it ends the chat. */
    int run() throws Problem {
        while (!world.interrupts().isCancelled()) {
            Optional<String> input = input();
            if (input.isEmpty()) {
                return ExitCodes.OK;
            }
            String text = input.get();
            try {
                if (isCommand(text)) {
                    if (!obey(text.strip())) {
                        return ExitCodes.OK;
                    }
                } else if (!text.isBlank()) {
                    answer(text);
                }
            } catch (Problem e) {
                if (!world.terminals().in()) {
                    throw e;
                }
                world.note("longhand: " + e.getMessage());
            }
        }
        world.interrupts().check();
        return ExitCodes.OK;
    }

    private void answer(String text) throws Problem {
        Answer answer = chat.turn(text);
        world.out().println();
        world.out().flush();
        String how = switch (answer.stop()) {
            case END -> "";
            case LENGTH -> "; cut at the token limit, /set n raises it";
            case CANCELLED -> chat.isCounted(answer) ? "; stopped" : "";
            case DEADLINE -> "; out of time";
        };
        world.note(world.noteStyle().dim(chat.cost(answer) + how));
        chat.warn();
    }

    /** One message: a line, lines joined by backslashes, or all between triple quotes. */
    private Optional<String> input() throws Problem {
        Optional<String> first = lines.next(">>> ");
        if (first.isEmpty()) {
            return first;
        }
        String line = first.get();
        if (line.stripLeading().startsWith(QUOTE)) {
            return Optional.of(quoted(line.stripLeading().substring(QUOTE.length())));
        }
        StringBuilder joined = new StringBuilder();
        while (line.endsWith("\\")) {
            joined.append(line, 0, line.length() - 1).append('\n');
            Optional<String> next = lines.next("... ");
            if (next.isEmpty()) {
                return Optional.of(joined.toString());
            }
            line = next.get();
        }
        return Optional.of(joined + line);
    }

    private String quoted(String first) throws Problem {
        StringBuilder text = new StringBuilder();
        String line = first;
        while (true) {
            if (line.stripTrailing().endsWith(QUOTE)) {
                String end = line.stripTrailing();
                return text.append(end, 0, end.length() - QUOTE.length()).toString().strip();
            }
            text.append(line).append('\n');
            Optional<String> next = lines.next("... ");
            if (next.isEmpty()) {
                return text.toString().strip();
            }
            line = next.get();
        }
    }

    private static boolean isCommand(String text) {
        return text.strip().matches("/[a-z?]+(\\s.*)?");
    }

    /** False ends the chat. */
    private boolean obey(String line) throws Problem {
        String[] words = line.split("\\s+", 2);
        String rest = words.length > 1 ? words[1].strip() : "";
        switch (words[0]) {
            case "/bye", "/exit", "/quit" -> {
                return false;
            }
            case "/help", "/?" -> world.note(HELP.stripTrailing());
            case "/clear" -> {
                chat.clear();
                world.note("The conversation is forgotten.");
            }
            case "/set" -> set(rest);
            case "/show" -> show();
            case "/save" -> save(rest);
            case "/keep" -> keep(rest);
            default -> world.note("unknown command " + words[0] + "; /help lists them");
        }
        return true;
    }

    private void set(String rest) throws Problem {
        String[] words = rest.split("\\s+", 2);
        String value = words.length > 1 ? words[1].strip() : "";
        if (words[0].equals("system")) {
            chat.system(value);
            world.note(value.isEmpty() ? "No system text." : "The system text is set; /clear applies it to a fresh conversation.");
            return;
        }
        try {
            Sampling s = chat.sampling();
            switch (words[0]) {
                case "temp" -> s = with(s, Float.parseFloat(value), s.topK(), s.topP(), s.minP(), s.repeatPenalty());
                case "top-k" -> s = with(s, s.temperature(), Integer.parseInt(value), s.topP(), s.minP(), s.repeatPenalty());
                case "top-p" -> s = with(s, s.temperature(), s.topK(), Float.parseFloat(value), s.minP(), s.repeatPenalty());
                case "min-p" -> s = with(s, s.temperature(), s.topK(), s.topP(), Float.parseFloat(value), s.repeatPenalty());
                case "repeat-penalty" -> s = with(s, s.temperature(), s.topK(), s.topP(), s.minP(), Float.parseFloat(value));
                case "seed" -> s = s.withSeed(Long.parseLong(value));
                case "n" -> {
                    int n = Integer.parseInt(value);
                    if (n < 1) {
                        throw new IllegalArgumentException("n is " + n + "; it must be at least 1");
                    }
                    chat.choose(s, n);
                }
                default -> throw new IllegalArgumentException("cannot set \"" + words[0] + "\"");
            }
            chat.choose(s, chat.tokensMax());
        } catch (IllegalArgumentException e) {
            throw new Problem(Problem.Kind.USAGE, "/set " + Style.safe(rest) + ": " + e.getMessage() + "; /help lists the keys", e);
        }
    }

    private static Sampling with(Sampling s, float temperature, int topK, float topP, float minP, float repeatPenalty) {
        return new Sampling(temperature, topK, topP, minP, repeatPenalty, s.repeatWindow(), s.seed());
    }

    private void show() {
        Sampling s = chat.sampling();
        world.note(String.format(Locale.ROOT, "%s: %s, context %,d tokens, %s", info.name(), info.architecture(),
                info.contextTokens(),
                info.hasChat() ? "chat" : "base model, continues text"));
        world.note(String.format(Locale.ROOT, "temp %s, top-k %d, top-p %s, min-p %s, repeat-penalty %s, seed %d, n %d%s",
                s.temperature(), s.topK(), s.topP(), s.minP(), s.repeatPenalty(), s.seed(), chat.tokensMax(),
                chat.system().isEmpty() ? "" : ", system \"" + Style.safe(chat.system()) + "\""));
    }

    private void keep(String rest) throws Problem {
        String[] words = rest.split("\\s+");
        if (rest.isEmpty() || words.length > 2) {
            throw new Problem(Problem.Kind.USAGE, "/keep needs a desk and may have a name, as in /keep papers talk");
        }
        String name = words.length > 1 ? words[1] : "chat-" + NAME_TIME.format(world.clock().now());
        try (Desk desk = DeskCommand.desks(world).open(words[0])) {
            String path = chat.keep(desk, name);
            world.note("kept in desk %s as %s; its next question finds it, and 'longhand desk add %s' has the model read it"
                    .formatted(desk.name(), path, desk.name()));
        }
    }

    private void save(String file) throws Problem {
        if (file.isEmpty()) {
            throw new Problem(Problem.Kind.USAGE, "/save needs a file, as in /save talk.md");
        }
        try {
            Path path = Path.of(file).toAbsolutePath();
            chat.save(path);
            world.note("saved to " + path);
        } catch (InvalidPathException e) {
            throw new Problem(Problem.Kind.USAGE, "\"" + Style.safe(file) + "\" is no path", e);
        }
    }
}
