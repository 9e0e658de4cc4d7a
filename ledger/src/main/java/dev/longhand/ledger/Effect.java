package dev.longhand.ledger;

import dev.longhand.base.Check;

/**
 * What a line does to the sums: added to the debit account's balance, to the credit account's, and to the spending of one account
 * on one day. The ledger applies it and the check of the books adds it up again, so there is one definition of it.
 *
 * @param spender whose spending changes
 * @param day     of the reservation or booking that it belongs to, in days since 1970
 * @param pending change of what is set aside that day
 * @param posted  change of what is spent that day
 */
record Effect(Balance onDebit, Balance onCredit, String spender, long day, long pending, long posted) {
    static long day(long atMicros) {
        return Times.day(atMicros);
    }

    /**
     * @param base   the reservation that the line ends; for a correction the line that it corrects; else null
     * @param origin ledger time of the reservation or booking that it belongs to
     */
    static Effect of(Transfer line, Transfer base, long origin) {
        long amount = line.amount();
        long day = day(origin);
        String debit = line.booking().debit();
        return switch (line.kind()) {
            case BOOK -> new Effect(new Balance(0, amount, 0, 0, amount), new Balance(0, 0, 0, amount, 0), debit, day, 0, amount);
            case RESERVE -> new Effect(new Balance(amount, 0, 0, 0, 0), new Balance(0, 0, amount, 0, 0), debit, day, amount, 0);
            case POST, VOID, EXPIRE -> {
                Check.invariant(base.kind() == Transfer.Kind.RESERVE, "%s ends %s, which reserves nothing", line.id(), base.id());
                long freed = -base.amount();
                yield new Effect(new Balance(freed, amount, 0, 0, amount), new Balance(0, 0, freed, amount, 0), debit, day, freed,
                        amount);
            }
            // Who was paid pays back: that is no spending of his, and less spending of the other.
            case CORRECT -> new Effect(new Balance(0, amount, 0, 0, 0), new Balance(0, 0, 0, amount, -amount),
                    line.booking().credit(), day, 0, -amount);
        };
    }
}
