package dev.longhand.ledger;

import java.util.Locale;

/** What spending can be added up by. Hours, days and months are those of UTC in ledger time. */
public enum By {
    HOUR(""), DAY(""), MONTH(""), PERSON("person"), DESK("desk"), MODEL("model"), PURPOSE("purpose"), JOB("job"),
    /** The account that paid. */
    ACCOUNT("debit");

    private final String column;

    By(String column) {
        this.column = column;
    }

    /** Of the table of lines; empty where time decides. */
    String column() {
        return column;
    }

    /** Whether it is a span of time, and no thing. */
    public boolean isTime() {
        return column.isEmpty();
    }

    /** As people write it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
