package dev.longhand.ledger;

/**
 * What a read token of a model cost over a period, from sums over its calls. A call's amount pays for tokens read and tokens
 * answered together, so it is taken as {@code r * read + w * answered}, with r and w those of least squares over all calls and
 * neither below 0. Where the calls do not tell the two apart (all of one shape), a read token counts as much as an answered one.
 *
 * @param readAmount   sum of {@code read * amount}, and so on
 */
record ReadCost(double read, double answered, double amount, double readRead, double readAnswered, double answeredAnswered,
        double readAmount, double answeredAmount) {
    /** Below this part of the product of the squares the calls are of one shape. */
    private static final double SHAPE = 1e-6;

    /** Millionths of the currency per read token; 0 where nothing was read. */
    double perToken() {
        if (read <= 0) {
            return 0;
        }
        double squares = readRead * answeredAnswered;
        double determinant = squares - readAnswered * readAnswered;
        if (answeredAnswered == 0) {
            return amount / read;
        }
        if (determinant <= SHAPE * squares) {
            return amount / (read + answered);
        }
        double r = (readAmount * answeredAnswered - answeredAmount * readAnswered) / determinant;
        double w = (answeredAmount * readRead - readAmount * readAnswered) / determinant;
        if (w < 0) {
            return readAmount / readRead;
        }
        return Math.max(0, r);
    }
}
