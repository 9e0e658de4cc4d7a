package dev.longhand.lm;

/**
 * A document, or a part of one, that a model has read and can attend to again. Opaque: it comes from a {@link DocumentMemory}
 * and goes
 * to {@link LanguageModel#open(SequenceSpec, java.util.List)} of the same model.
 */
public interface SegmentRef {
    /** Names the model, how it was read, and the tokens: two of the same id are the same. */
    String id();

    /** Tokens of the document. */
    int tokens();
}
