package dev.longhand.upkeep;

/**
 * Something that is wrong.
 *
 * @param what  where: the books, a desk, a file
 * @param wrong what is wrong with it
 * @param todo  what a person does about it
 */
public record Finding(String what, String wrong, String todo) {
    @Override
    public String toString() {
        return what + ": " + wrong + "; " + todo;
    }
}
