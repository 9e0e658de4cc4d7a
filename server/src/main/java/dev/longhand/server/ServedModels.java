package dev.longhand.server;

import dev.longhand.base.Check;
import dev.longhand.lm.LanguageModel;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The models of a server, by the names that clients use; a desk may stand behind a name: {@code smollm2@docs}. Immutable. */
final class ServedModels {
    /**
     * A model and what clients may call it.
     *
     * @param names         the first is the one that answers name
     * @param loadedSeconds when it was loaded, seconds since 1970
     */
    record Served(List<String> names, LanguageModel model, long loadedSeconds) {
        Served {
            Check.argument(!names.isEmpty(), "a model without a name");
            names = List.copyOf(names);
        }

        String name() {
            return names.getFirst();
        }
    }

    /** What a request is for. */
    record Target(Served served, Optional<String> desk) {
        LanguageModel model() {
            return served.model();
        }

        Target withDesk(String name) {
            return new Target(served, Optional.of(name));
        }

        /** Refuses what is longer than the model takes, with the figures. */
        void checkFits(int promptTokens, int answerTokens) throws Refusal {
            int most = model().info().contextTokens();
            if ((long) promptTokens + answerTokens > most) {
                String why = "the prompt has %,d tokens and the answer may have %,d; %s takes %,d together; shorten the prompt, "
                        + "ask for less, or ask a desk";
                throw Refusal.of(400, "context_length_exceeded", why.formatted(promptTokens, answerTokens, served.name(), most));
            }
        }

        /** As the client named it, or would have. */
        String name() {
            return desk.map(d -> served.name() + "@" + d).orElse(served.name());
        }
    }

    private final List<Served> all;

    ServedModels(List<Served> all) {
        Check.argument(!all.isEmpty(), "no model to serve");
        this.all = List.copyOf(all);
    }

    List<Served> all() {
        return all;
    }

    /** The model of that name, with the desk behind it; without a name the first one. */
    Target find(Optional<String> name) throws Refusal {
        if (name.isEmpty() || name.get().isEmpty()) {
            return new Target(all.getFirst(), Optional.empty());
        }
        int at = name.get().lastIndexOf('@');
        Optional<Served> whole = named(name.get());
        if (whole.isPresent() || at <= 0) {
            return new Target(whole.orElseThrow(() -> missing(name.get())), Optional.empty());
        }
        Served served = named(name.get().substring(0, at)).orElseThrow(() -> missing(name.get().substring(0, at)));
        return new Target(served, Optional.of(name.get().substring(at + 1)));
    }

    /** As {@link #find}, for what no desk can be asked. */
    Target findPlain(Optional<String> name) throws Refusal {
        Target target = find(name);
        if (target.desk().isPresent()) {
            throw Refusal.field("model", "%s names a desk, which only chats ask; use /v1/chat/completions, or the model %s"
                    .formatted(target.name(), target.served().name()));
        }
        return target;
    }

    private Optional<Served> named(String name) {
        return all.stream().filter(s -> s.names().contains(name)).findFirst();
    }

    private Refusal missing(String name) {
        return Refusal.notFound("no model %s is served here; there is %s".formatted(name.substring(0, Math.min(name.length(), 100)),
                all.stream().map(Served::name).collect(Collectors.joining(", "))));
    }
}
