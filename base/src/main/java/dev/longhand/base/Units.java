package dev.longhand.base;

import java.util.Locale;

/** Figures for people: decimal multiples, as disks and networks are sold. */
public final class Units {
    private Units() {}

    /** {@code 98362432 -> "98.4 MB"}. */
    public static String bytes(long bytes) {
        if (bytes < 1000) {
            return bytes + " B";
        }
        String[] names = {"kB", "MB", "GB", "TB", "PB", "EB"};
        double value = bytes;
        int i = -1;
        while (value >= 999.95 && i < names.length - 1) {
            value /= 1000;
            i++;
        }
        return String.format(Locale.ROOT, "%.1f %s", value, names[i]);
    }

    /** {@code 1234567 -> "1,234,567"}. */
    public static String count(long count) {
        return String.format(Locale.ROOT, "%,d", count);
    }

    /** {@code 83.2 -> "1 min 23 s"}, {@code 2.345 -> "2.3 s"}, {@code 0.0123 -> "12 ms"}. */
    public static String seconds(double seconds) {
        if (seconds < 0.9995) {
            return Math.round(seconds * 1000) + " ms";
        }
        if (seconds < 59.95) {
            return String.format(Locale.ROOT, "%.1f s", seconds);
        }
        long whole = Math.round(seconds);
        return whole < 3600 ? whole / 60 + " min " + whole % 60 + " s" : whole / 3600 + " h " + whole % 3600 / 60 + " min";
    }
}
