package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.ledger.Books;
import java.time.DateTimeException;
import java.time.LocalDate;

/** A command that reports from the books, or puts something into them. No model is loaded. */
abstract class BooksCommand extends ReportCommand {
    BooksCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() throws Problem {
        try (Books books = OpenBooks.open(world, Config.read(world))) {
            return run(books);
        }
    }

    abstract int run(Books books) throws Problem;

    /** A UTC day as people write it. */
    static LocalDate day(String option, String text) throws Problem {
        try {
            LocalDate day = LocalDate.parse(text.strip());
            if (day.getYear() >= 1970 && day.getYear() <= 9999) {
                return day;
            }
        } catch (DateTimeException e) {
            // Said below, with the years that are out of range.
        }
        throw new Problem(Problem.Kind.USAGE, option + " is \"" + text + "\"; write a day from 1970 to 9999 as in 2026-11-27");
    }
}
