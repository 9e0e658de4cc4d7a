package dev.longhand.engine;

/** What is done so that documents that were read alone fit together. Reading their text again in the prompt is the caller's way. */
public enum Stitching {
    /** Nothing: all were read behind the same front, and layers with a window see the end of one. */
    NONE,
    /**
     * The first block of each document is read again with those before it in view, for one sequence and its forks: where a model
     * begins a text it leaves keys that draw attention, and there is one beginning only. Of documents in a row; the first has
     * nothing before it. Source: LegoLink of EPIC (Hu et al. 2024).
     */
    SEAMS
}
