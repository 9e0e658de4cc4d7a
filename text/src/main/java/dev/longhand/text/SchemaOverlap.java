package dev.longhand.text;

import dev.longhand.base.Problem;
import dev.longhand.text.SchemaForm.Type;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Proves that no value fits two forms. What it cannot prove counts as an overlap. Used by one {@link SchemaReader}. */
final class SchemaOverlap {
    private static final int DEPTH_MAX = 3;

    private final SchemaReader reader;

    SchemaOverlap(SchemaReader reader) {
        this.reader = reader;
    }

    boolean isDisjoint(List<SchemaForm> left, List<SchemaForm> right) throws Problem {
        return isDisjoint(left, right, 0);
    }

    private boolean isDisjoint(List<SchemaForm> left, List<SchemaForm> right, int depth) throws Problem {
        for (SchemaForm a : left) {
            for (SchemaForm b : right) {
                if (!isDisjoint(a, b, depth)) {
                    return false;
                }
            }
        }
        return true;
    }

    private boolean isDisjoint(SchemaForm a, SchemaForm b, int depth) throws Problem {
        if (a.values != null && a.values.stream().noneMatch(b::allows)
                || b.values != null && b.values.stream().noneMatch(a::allows)) {
            return true;
        }
        if (a.values != null && b.values != null) {
            return a.values.stream().noneMatch(v -> b.values.stream().anyMatch(w -> SchemaForm.isSame(v, w)));
        }
        for (Type type : Type.values()) {
            if (a.types.contains(type) && b.types.contains(type) && !isDisjoint(type, a, b, depth)) {
                return false;
            }
        }
        return true;
    }

    private boolean isDisjoint(Type type, SchemaForm a, SchemaForm b, int depth) throws Problem {
        return switch (type) {
            case NULL, BOOLEAN -> false;
            case NUMBER -> a.range.isDisjoint(b.range);
            case STRING -> a.charsMax < b.charsMin || b.charsMax < a.charsMin;
            case ARRAY -> a.itemsMax < b.itemsMin || b.itemsMax < a.itemsMin;
            case OBJECT -> depth < DEPTH_MAX && hasDisjointMember(a, b, depth);
        };
    }

    /** A member that one requires and that cannot fit both. */
    private boolean hasDisjointMember(SchemaForm a, SchemaForm b, int depth) throws Problem {
        if (!a.patternMembers().isEmpty() || !b.patternMembers().isEmpty()) {
            return false; // a name may fit a pattern
        }
        Set<String> names = new LinkedHashSet<>(a.required);
        names.addAll(b.required);
        for (String name : names) {
            if (isDisjoint(reader.forms(a.member(name)), reader.forms(b.member(name)), depth + 1)) {
                return true;
            }
        }
        return false;
    }
}
