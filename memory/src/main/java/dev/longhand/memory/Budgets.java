package dev.longhand.memory;

/** How many blocks each head chooses. */
public interface Budgets {
    /** 0 looks nothing up. */
    int blocks(int layer, int kvHead);

    /** The least of all heads. */
    int least();

    /** As many for every head. */
    static Budgets of(int blocks) {
        return new Budgets() {
            @Override
            public int blocks(int layer, int kvHead) {
                return blocks;
            }

            @Override
            public int least() {
                return blocks;
            }
        };
    }

    /** One head chooses {@code blocks}, every other takes all. */
    static Budgets ofOneHead(int theLayer, int theHead, int blocks) {
        return new Budgets() {
            @Override
            public int blocks(int layer, int kvHead) {
                return layer == theLayer && kvHead == theHead ? blocks : Integer.MAX_VALUE;
            }

            @Override
            public int least() {
                return blocks;
            }
        };
    }
}
