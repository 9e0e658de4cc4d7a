package dev.longhand.ingest;

import java.util.regex.Pattern;

/** Names that were not made by the local file system: of archives' entries, of files in a repository's trees. */
final class EntryNames {
    /** Names that are devices on Windows, whatever follows the dot. */
    private static final Pattern DEVICE = Pattern.compile("(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9]|clock\\$)(\\..*)?");
    private static final Pattern DRIVE = Pattern.compile("[A-Za-z]:.*");

    private EntryNames() {}

    /** Without the {@code ./} that archivers put before names, and the slash behind those of folders. */
    static String plain(String name) {
        int from = 0;
        while (name.startsWith("./", from)) {
            from += 2;
        }
        int end = name.endsWith("/") && name.length() > from + 1 ? name.length() - 1 : name.length();
        return name.substring(from, end);
    }

    /** "" or why a name cannot stand in a citation: how "the name" goes on. */
    static String fault(String name) {
        for (int i = 0; i < name.length(); i++) {
            if (Suspicious.hidesOrControls(name.charAt(i))) {
                return "has the control character U+%04X".formatted((int) name.charAt(i));
            }
        }
        if (name.isEmpty() || name.equals(".")) {
            return "is empty";
        }
        if (name.startsWith("/") || DRIVE.matcher(name).matches()) {
            return "is absolute";
        }
        if (name.indexOf('\\') >= 0) {
            return "has a backslash";
        }
        if (name.indexOf('\ufffd') >= 0) {
            return "is not UTF-8";
        }
        for (String step : name.split("/", -1)) {
            if (step.equals("..")) {
                return "leads outside";
            }
            if (step.isEmpty() || step.equals(".")) {
                return "has an empty step";
            }
            if (DEVICE.matcher(step).matches()) {
                return "is that of a device";
            }
            if (ArchiveWalk.isInside(step)) {
                return "ends as the insides of archives do";
            }
        }
        return "";
    }
}
