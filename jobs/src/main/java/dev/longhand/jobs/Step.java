package dev.longhand.jobs;

import dev.longhand.base.Sha256;
import java.util.Optional;

/**
 * A step as it is recorded.
 *
 * @param number     0, 1, 2, ... in the order in which the job's code asks for them
 * @param inputHash  of what its result depends on
 * @param isDone     whether it has its result; else it has a checkpoint or an intent
 * @param checkpoint partial state of one that is not done
 * @param effectKey  idempotency key of an effect; empty for a step without one
 * @param cost       what was charged in it, in the job's unit
 * @param token      fencing token of the claim that wrote it
 */
public record Step(
        String job,
        long number,
        String name,
        Sha256 inputHash,
        boolean isDone,
        Optional<byte[]> checkpoint,
        Optional<byte[]> result,
        String effectKey,
        long cost,
        long token) {}
