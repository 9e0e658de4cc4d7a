package dev.longhand.text;

import dev.longhand.base.Problem;
import dev.longhand.text.ChatFormat.Call;
import dev.longhand.text.ChatFormat.Prompt;
import dev.longhand.text.ChatFormat.Tool;
import dev.longhand.text.ChatFormat.Turn;
import java.util.ArrayList;
import java.util.List;

/** Tells a model whose chat template knows no tools of them in plain words, in the form {@link ToolFormat#HERMES}. */
final class ToolWords {
    private ToolWords() {}

    /** The same conversation in turns of system, user and assistant only. */
    static Prompt plain(Prompt prompt) throws Problem {
        List<Turn> turns = new ArrayList<>();
        boolean isBehindTool = false;
        for (Turn turn : prompt.turns()) {
            boolean isTool = turn.role().equals("tool");
            if (isTool) {
                String text = "<tool_response>\n" + turn.text() + "\n</tool_response>";
                if (isBehindTool) {
                    text = turns.removeLast().text() + "\n" + text;
                }
                turns.add(new Turn("user", text));
            } else {
                turns.add(new Turn(turn.role(), turn.text() + written(turn)));
            }
            isBehindTool = isTool;
        }
        if (!prompt.tools().isEmpty()) {
            boolean hasSystem = turns.getFirst().role().equals("system");
            String before = hasSystem ? turns.removeFirst().text() + "\n\n" : "";
            turns.addFirst(new Turn("system", before + told(prompt.tools())));
        }
        return new Prompt(turns, List.of(), prompt.variables(), prompt.isContinued());
    }

    private static String written(Turn turn) throws Problem {
        StringBuilder out = new StringBuilder();
        for (Call call : turn.calls()) {
            out.append(turn.text().isEmpty() && out.isEmpty() ? "" : "\n");
            out.append("<tool_call>\n").append(ChatData.call(call)).append("\n</tool_call>");
        }
        return out.toString();
    }

    private static String told(List<Tool> tools) throws Problem {
        StringBuilder out = new StringBuilder("You may call tools to help with the user's request. These are the tools, each with "
                + "its name, what it does and the JSON Schema of its arguments:\n<tools>\n");
        for (Tool tool : tools) {
            out.append(ChatData.json(tool)).append('\n');
        }
        return out.append("</tools>\nTo call a tool, answer with its name and arguments as JSON between these marks, and nothing "
                + "else:\n<tool_call>\n{\"name\": <name>, \"arguments\": <arguments>}\n</tool_call>\n"
                + "Its result comes back between <tool_response> and </tool_response>.").toString();
    }
}
