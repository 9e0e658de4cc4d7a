package dev.longhand.formats;

import java.util.Arrays;
import java.util.Optional;

/** The decoders of Hugging Face folders that have a place in Longhand: {@code model_type} and what GGUF calls the same. */
enum HfArchitecture {
    LLAMA("llama", "llama"),
    MISTRAL("mistral", "llama"),
    MIXTRAL("mixtral", "llama"),
    QWEN2("qwen2", "qwen2"),
    QWEN3("qwen3", "qwen3"),
    QWEN3_MOE("qwen3_moe", "qwen3moe"),
    OLMOE("olmoe", "olmoe"),
    GEMMA3_TEXT("gemma3_text", "gemma3");

    private final String modelType;
    private final String ggufName;

    HfArchitecture(String modelType, String ggufName) {
        this.modelType = modelType;
        this.ggufName = ggufName;
    }

    static Optional<HfArchitecture> of(String modelType) {
        return Arrays.stream(values()).filter(a -> a.modelType.equals(modelType)).findFirst();
    }

    static String known() {
        return String.join(", ", Arrays.stream(values()).map(a -> a.modelType).toList());
    }

    String ggufName() {
        return ggufName;
    }

    boolean isGemma() {
        return this == GEMMA3_TEXT;
    }

    boolean hasExperts() {
        return this == MIXTRAL || this == QWEN3_MOE || this == OLMOE;
    }

    /** Whether q, k and v have a bias. */
    boolean hasBias() {
        return this == QWEN2;
    }

    /** Whether each head of q and k is normalised; {@link #OLMOE} normalises them whole. */
    boolean hasQueryNorm() {
        return this == QWEN3 || this == QWEN3_MOE || this == OLMOE || this == GEMMA3_TEXT;
    }

    /** Whether RoPE turns neighbours in GGUF where it turns halves here, so that rows of q and k change places. */
    boolean interleavesHeads() {
        return ggufName.equals("llama");
    }

    /** Added to the weights of norms: the folder stores what exceeds one. */
    float normOffset() {
        return isGemma() ? 1 : 0;
    }
}
