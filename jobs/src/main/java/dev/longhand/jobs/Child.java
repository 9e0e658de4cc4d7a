package dev.longhand.jobs;

/** A child as it had ended when its parent went on. */
public record Child(String id, State state) {}
