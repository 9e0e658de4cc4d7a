package dev.longhand.model;

import dev.longhand.base.Problem;

/** The feed-forward network of one layer: rows {@code [0, rows)} of {@code s.normed} to {@code s.out}. */
interface Ffn {
    void run(int rows) throws Problem;
}
