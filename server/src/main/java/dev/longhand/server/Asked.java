package dev.longhand.server;

import dev.longhand.lm.GenerationSpec;
import dev.longhand.lm.SequenceSpec;

/**
 * What a request asks of a model, whatever API it came by.
 *
 * @param target   model and desk
 * @param prompt   token ids
 * @param spec     how to answer
 * @param priority how urgent it is
 */
record Asked(ServedModels.Target target, int[] prompt, GenerationSpec spec, SequenceSpec.Priority priority) {}
