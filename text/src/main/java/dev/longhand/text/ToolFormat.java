package dev.longhand.text;

/** How a model writes that it calls a tool. */
public enum ToolFormat {
    /** {@code <tool_call>{"name": ..., "arguments": {...}}</tool_call>}: Hermes, Qwen, and models that are told so in words. */
    HERMES,
    /** The whole answer is {@code {"name": ..., "parameters": {...}}}, perhaps behind {@code <|python_tag|>}: Llama 3. */
    LLAMA,
    /** {@code [TOOL_CALLS][{"name": ..., "arguments": {...}}]}: Mistral. The mark is a control token and may be missing. */
    MISTRAL,
    /** A template that knows tools and none of the marks above: any of these forms is taken. */
    GENERIC;

    /** The format that a chat template which knows tools is written for. */
    static ToolFormat of(String template) {
        if (template.contains("<tool_call>")) {
            return HERMES;
        }
        if (template.contains("[TOOL_CALLS]")) {
            return MISTRAL;
        }
        boolean isLlama = template.contains("<|python_tag|>") || template.contains("<|eom_id|>") || template.contains("ipython");
        return isLlama ? LLAMA : GENERIC;
    }
}
