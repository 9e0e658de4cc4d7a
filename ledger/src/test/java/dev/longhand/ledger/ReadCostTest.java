package dev.longhand.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class ReadCostTest {
    /** Goal: a call of one shape only still has a price per token. Method: the sums by hand. */
    @Test
    void knowsAReadTokensCostAlsoWhereCallsAreAlike() {
        assertEquals(0, new ReadCost(0, 5, 50, 0, 0, 25, 0, 250).perToken());
        assertEquals(2, new ReadCost(10, 0, 20, 100, 0, 0, 200, 0).perToken());
        assertEquals(3, new ReadCost(10, 10, 60, 100, 100, 100, 600, 600).perToken());
    }
}
