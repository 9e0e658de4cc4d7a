package dev.longhand.lm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.testkit.Gen;
import dev.longhand.text.ToolFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Goal: calls are found in every form that models write, nothing else is taken for one, and it does not matter how the answer is
 * cut into pieces. Method: answers by hand; random answers of parts of them, cut at random places, against the answer whole.
 */
class ToolCallsTest {
    private static final Set<String> OFFERED = Set.of("sum", "now", "f");
    private static final String BODY = "{\"name\": \"sum\", \"arguments\": {\"a\": 1, \"b\": [2, \"}</tool_call>\\\"{\"]}}";
    private static final String ARGUMENTS = "{\"a\":1,\"b\":[2,\"}</tool_call>\\\"{\"]}";
    private static final String LLAMA = "{\"name\": \"sum\", \"parameters\": {\"a\": 1}}";

    /** The answer's parts in order: a text as it is, a call as "name(id) arguments". */
    private static List<String> parts(ToolFormat format, List<String> pieces) {
        return parts(format, OFFERED, pieces);
    }

    private static List<String> parts(ToolFormat format, Set<String> offered, List<String> pieces) {
        List<String> parts = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        int[] made = {0};
        ToolCalls calls = new ToolCalls(format, offered::contains, new ToolCalls.Receiver() {
            @Override
            public void text(String piece) {
                assertThat(piece).isNotEmpty();
                text.append(piece);
            }

            @Override
            public void call(ToolCall call) {
                flush();
                parts.add(call.name() + "(" + call.id() + ") " + call.argumentsJson());
            }

            private void flush() {
                if (!text.isEmpty()) {
                    parts.add(text.toString());
                    text.setLength(0);
                }
            }
        }, () -> "id" + made[0]++);
        pieces.forEach(calls::push);
        calls.finish();
        if (!text.isEmpty()) {
            parts.add(text.toString());
        }
        return parts;
    }

    private static List<String> parts(ToolFormat format, String answer) {
        List<String> characters = answer.codePoints().mapToObj(Character::toString).toList();
        List<String> whole = parts(format, List.of(answer));
        assertThat(parts(format, characters)).isEqualTo(whole);
        return whole;
    }

    @Test
    void findsCallsBetweenMarks() {
        String call = "<tool_call>\n" + BODY + "\n</tool_call>";
        for (ToolFormat format : List.of(ToolFormat.HERMES, ToolFormat.GENERIC)) {
            assertThat(parts(format, call)).containsExactly("sum(id0) " + ARGUMENTS);
            assertThat(parts(format, "I add.\n\n" + call + "\n" + call + "\n\nDone. ")).containsExactly(
                    "I add.", "sum(id0) " + ARGUMENTS, "sum(id1) " + ARGUMENTS, "\n\n\n\nDone. ");
            assertThat(parts(format, "<tool_call>{\"name\": \"now\"}")).containsExactly("now(id0) {}");
            assertThat(parts(format, "<tool_call>{\"name\": \"f\", \"arguments\": \"{\\\"x\\\": 1}\"}</tool_call>"))
                    .containsExactly("f(id0) {\"x\":1}");
        }
    }

    @Test
    void findsLlamasBareCallsAtTheStartOnly() {
        assertThat(parts(ToolFormat.LLAMA, LLAMA)).containsExactly("sum(id0) {\"a\":1}");
        assertThat(parts(ToolFormat.LLAMA, "\n " + LLAMA + "; " + LLAMA + "\n")).containsExactly("sum(id0) {\"a\":1}",
                "sum(id1) {\"a\":1}");
        assertThat(parts(ToolFormat.LLAMA, "<|python_tag|>" + LLAMA)).containsExactly("sum(id0) {\"a\":1}");
        assertThat(parts(ToolFormat.LLAMA, "{\"type\": \"function\", \"function\": {\"name\": \"f\", \"parameters\": {}}}"))
                .containsExactly("f(id0) {}");
        for (String text : List.of("Write " + LLAMA, "{\"answer\": 5}", "{\"name\": \"Ann\", \"age\": 3}", "<|python_tag|>print(1)",
                "{\"name\": \"f\", \"parameters\": 5}", "{ }", "[1, 2]")) {
            assertThat(parts(ToolFormat.LLAMA, text)).containsExactly(text);
        }
    }

    @Test
    void findsMistralsListsWithAndWithoutTheirMark() {
        String list = "[{\"name\": \"sum\", \"arguments\": {\"a\": 1}, \"id\": \"abcdefghi\"}, "
                + "{\"name\": \"now\", \"arguments\": {}}]";
        for (String mark : List.of("[TOOL_CALLS]", "[TOOL_CALLS] ", "")) {
            assertThat(parts(ToolFormat.MISTRAL, mark + list)).containsExactly("sum(abcdefghi) {\"a\":1}", "now(id0) {}");
        }
        for (String mark : List.of("[TOOL_CALLS]", "[TOOL_CALLS] ")) {
            assertThat(parts(ToolFormat.MISTRAL, "Yes. " + mark + list)).startsWith("Yes.").hasSize(3);
        }
        assertThat(parts(ToolFormat.MISTRAL, "[TOOL_CALLS]sum[CALL_ID]123456789[ARGS]{\"a\": 1}")).containsExactly(
                "sum(123456789) {\"a\":1}");
        assertThat(parts(ToolFormat.MISTRAL, "[TOOL_CALLS]sum{\"a\": 1}[TOOL_CALLS]now{}")).containsExactly("sum(id0) {\"a\":1}",
                "now(id1) {}");
        for (String text : List.of("[TOOL_CALLS]no call at all", "[TOOL_CALLS]a b{}", "[{\"x\": 1}]", "[1] and [{",
                "[TOOL_CALLS][]")) {
            assertThat(parts(ToolFormat.MISTRAL, text)).containsExactly(text);
        }
    }

    @Test
    void textAroundCallsKeepsItsBlanksAndSeparators() {
        for (ToolFormat format : List.of(ToolFormat.HERMES, ToolFormat.GENERIC)) {
            String call = "<tool_call>" + BODY + "</tool_call>";
            assertThat(parts(format, "Use " + call + " as it is")).containsExactly("Use", "sum(id0) " + ARGUMENTS, "  as it is");
            assertThat(parts(format, "Use " + call + "as it is")).containsExactly("Use", "sum(id0) " + ARGUMENTS, " as it is");
            assertThat(parts(format, " " + call + "\n" + call + ", and ")).containsExactly("sum(id0) " + ARGUMENTS,
                    "sum(id1) " + ARGUMENTS, ", and ");
        }
        for (ToolFormat format : List.of(ToolFormat.LLAMA, ToolFormat.GENERIC)) {
            assertThat(parts(format, LLAMA + ", and then")).containsExactly("sum(id0) {\"a\":1}", ", and then");
            assertThat(parts(format, LLAMA + ", " + LLAMA + " ; ")).containsExactly("sum(id0) {\"a\":1}", "sum(id1) {\"a\":1}");
            assertThat(parts(format, "Now <|python_tag|>" + LLAMA + "; ")).containsExactly("Now", "sum(id0) {\"a\":1}");
        }
        String blanks = "\n".repeat(300);
        assertThat(parts(ToolFormat.LLAMA, blanks + LLAMA + blanks + LLAMA + blanks)).hasSize(2);
        assertThat(parts(ToolFormat.LLAMA, LLAMA + blanks + "x")).containsExactly("sum(id0) {\"a\":1}", blanks + "x");
        assertThat(parts(ToolFormat.LLAMA, "{" + blanks + LLAMA.substring(1))).containsExactly("{" + blanks + LLAMA.substring(1));
    }

    @Test
    void examplesInProseAndCallsOfToolsThatNobodyOfferedStayText() {
        String list = "[{\"name\": \"now\", \"parameters\": {}}]";
        for (ToolFormat format : List.of(ToolFormat.MISTRAL, ToolFormat.GENERIC)) {
            for (String text : List.of("Use " + list + " as the body", "[1] " + list, "\"" + list,
                    "[{\"name\": \"Bob\", \"parameters\": {}}]",
                    "[{\"name\": \"now\", \"parameters\": {}}, {\"name\": \"Bob\", \"parameters\": {}}]",
                    "[TOOL_CALLS][{\"name\": \"Bob\", \"arguments\": {}}]", "[TOOL_CALLS]Bob{}")) {
                assertThat(String.join("", parts(format, text))).isEqualTo(text);
            }
            assertThat(parts(format, " " + list)).containsExactly("now(id0) {}");
        }
        String unknown = "Well. <tool_call>" + BODY.replace("sum", "Bob") + "</tool_call> ";
        assertThat(String.join("", parts(ToolFormat.HERMES, unknown))).isEqualTo(unknown);
        assertThat(parts(ToolFormat.HERMES, Set.of("Bob"), List.of(unknown))).containsExactly("Well.", "Bob(id0) " + ARGUMENTS);
    }

    /** Goal: the work grows with the length of the answer. Method: answers that take minutes where it grows with its square. */
    @Test
    @Timeout(60)
    void longAnswersOfOneThingTakeNoLongerThanOthers() {
        long[] seen = new long[2];
        ToolCalls calls = new ToolCalls(ToolFormat.GENERIC, OFFERED::contains, new ToolCalls.Receiver() {
            @Override
            public void text(String piece) {
                seen[0] += piece.length();
            }

            @Override
            public void call(ToolCall call) {
                seen[1]++;
            }
        }, () -> "id");
        int many = 2_000_000;
        calls.push("<tool_call>x".repeat(many));
        calls.push("[TOOL_CALLS]a".repeat(many));
        long told = (12L + 13L) * many - 13 * 20;
        assertThat(seen[0]).isBetween(told, told + 13 * 20);
        calls.push("{}<tool_call>");
        for (int i = 0; i < many; i++) {
            calls.push("\n");
        }
        calls.push("x<tool_call>{\"name\":\"f\"}");
        assertThat(seen).containsExactly((12L + 13L) * many + 2 + 11 + many + 1, 1);
        for (int i = 0; i < many; i++) {
            calls.push("\n");
        }
        calls.push("</tool_call>" + "<tool_call>{\"name\":\"f\"}\n</tool_call>\n".repeat(many / 4));
        calls.finish();
        assertThat(seen).containsExactly((12L + 13L) * many + 2 + 11 + many + 1, 1 + many / 4);
    }

    @Test
    void whatIsDamagedStaysText() {
        for (String text : List.of("<tool_call>{\"name\": \"sum\", \"arguments\": {\"a\": }}</tool_call>",
                "<tool_call>{\"name\": \"sum\", \"arguments\": {\"a\": 1}</tool_call> and more", "<tool_call>sum(1)</tool_call>",
                "<tool_call>{\"name\": \"sum", "<tool_call>", "<tool", "a < b", "<tool_call>{\"name\": 5}</tool_call>",
                "<tool_call>{\"name\": \"a\", \"name\": \"b\"}</tool_call>", "<tool_call>[5]</tool_call>",
                "<tool_call>{\"arguments\": {}}</tool_call>", "<tool_call>" + "[".repeat(300), "{\"name\": \"f\"}", "  ", "")) {
            assertThat(String.join("", parts(ToolFormat.HERMES, text))).isEqualTo(text);
            assertThat(String.join("", parts(ToolFormat.GENERIC, text))).isEqualTo(text);
        }
        assertThat(parts(ToolFormat.HERMES, "<tool_call>{<tool_call>" + BODY)).containsExactly("<tool_call>{",
                "sum(id0) " + ARGUMENTS);
    }

    @Test
    void passesTextOnThatIsNoCall() {
        List<String> seen = new ArrayList<>();
        ToolCalls calls = new ToolCalls(ToolFormat.HERMES, OFFERED::contains, new ToolCalls.Receiver() {
            @Override
            public void text(String piece) {
                seen.add(piece);
            }

            @Override
            public void call(ToolCall call) {
                seen.add("call");
            }
        });
        calls.push("Hello <b");
        assertThat(seen).containsExactly("Hello <b");
        calls.push("> and <tool_");
        calls.push("call> {\"name\":\"f\"}");
        assertThat(seen).containsExactly("Hello <b", "> and", "call");
    }

    @Test
    void itDoesNotMatterHowTheAnswerIsCut() {
        for (int seed = 0; seed < 4000; seed++) {
            Gen gen = new Gen(seed);
            StringBuilder answer = new StringBuilder();
            for (int i = gen.between(0, 8); i > 0; i--) {
                answer.append(gen.oneOf("<tool_call>", "</tool_call>", BODY, LLAMA, "[TOOL_CALLS]", "[" + BODY + "]", "\n", " ",
                        "text ", "<|python_tag|>", "{", "}", "\"", "[", ";", "sum", "{\"name\"", "<tool_", ", ", "\n".repeat(70),
                        "x".repeat(300), LLAMA.replace("sum", "Bob")));
            }
            List<String> pieces = new ArrayList<>();
            for (int at = 0; at < answer.length();) {
                int to = Math.min(answer.length(), at + gen.between(1, 12));
                pieces.add(answer.substring(at, to));
                at = to;
            }
            ToolFormat format = gen.oneOf(ToolFormat.values());
            assertThat(parts(format, pieces)).as("seed %d, %s: %s", seed, format, answer)
                    .isEqualTo(parts(format, List.of(answer.toString())));
        }
    }

    @Test
    void splitsAWholeAnswer() {
        ToolCalls.Split split = ToolCalls.split(ToolFormat.HERMES, OFFERED::contains, "Well.\n<tool_call>" + BODY + "</tool_call>");
        assertThat(split.text()).isEqualTo("Well.");
        assertThat(split.calls()).singleElement().satisfies(call -> assertThat(call.id()).matches("call_[0-9a-f]{24}"));
    }
}
