package dev.longhand.lm;

/** One turn of a conversation. */
public record Message(Role role, String text) {
    public enum Role {
        SYSTEM,
        USER,
        ASSISTANT;

        /** The name chat templates use. */
        public String templateName() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    public static Message system(String text) {
        return new Message(Role.SYSTEM, text);
    }

    public static Message user(String text) {
        return new Message(Role.USER, text);
    }

    public static Message assistant(String text) {
        return new Message(Role.ASSISTANT, text);
    }
}
