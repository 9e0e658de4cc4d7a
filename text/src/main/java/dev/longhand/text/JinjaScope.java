package dev.longhand.text;

import java.util.HashMap;
import java.util.Map;

/** The variables of one block, and those of the blocks around it. */
final class JinjaScope {
    private final JinjaScope parent;
    private final Map<String, Object> variables = new HashMap<>();

    JinjaScope(JinjaScope parent) {
        this.parent = parent;
    }

    /** null if there is no such variable. */
    Object find(String name) {
        for (JinjaScope scope = this; scope != null; scope = scope.parent) {
            Object value = scope.variables.get(name);
            if (value != null) {
                return value;
            }
        }
        return null;
    }

    /** Always in this scope: assignments do not reach outer blocks. */
    void set(String name, Object value) {
        variables.put(name, value);
    }
}
