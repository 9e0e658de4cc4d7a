package dev.longhand.lm;

/** What a language model can do beyond {@link Sequence#generate}; callers that need one degrade visibly without it. */
public enum Capability {
    /** {@link Sequence#score}. */
    SCORE,
    /** {@link Sequence#fork}. */
    FORK,
    /** {@link LanguageModel#embed}. */
    EMBED,
    /** {@link GenerationSpec#logprobs}. */
    LOGPROBS,
    /** {@link GenerationSpec#constraint}. */
    CONSTRAINT,
    /** {@link Answer#reasoning} is told apart, and {@link GenerationSpec#reasoningTokensMax} is kept. */
    REASONING,
    /** A front that another sequence of the same tenant has read is not read again. */
    SHARED_PREFIX,
    /** {@link LanguageModel#memory} and {@link LanguageModel#open(SequenceSpec, java.util.List)}. */
    ATTACH,
    /** {@link LanguageModel#relevance}, by heads that are known to look things up. */
    ROUTE
}
