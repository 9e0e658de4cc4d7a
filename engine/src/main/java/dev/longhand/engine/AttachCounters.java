package dev.longhand.engine;

/**
 * How documents were attached since a model was opened.
 *
 * @param inARow     sequences whose documents stand one after another at true distances
 * @param sideBySide sequences whose documents all end where the text begins
 * @param grouped    sequences with documents in a row whose distances grow slower beyond a window
 * @param constant   sequences with documents in a row none of which is farther away than a window
 * @param seamTokens tokens that were read again so that a document fits behind the one before it
 */
public record AttachCounters(long inARow, long sideBySide, long grouped, long constant, long seamTokens) {}
