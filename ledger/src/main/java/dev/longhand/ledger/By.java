package dev.longhand.ledger;

/** What spending can be added up by. Days and months are those of UTC in ledger time. */
public enum By {
    DAY(""), MONTH(""), PERSON("person"), DESK("desk"), MODEL("model"), PURPOSE("purpose"), JOB("job"),
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

    boolean isTime() {
        return column.isEmpty();
    }
}
