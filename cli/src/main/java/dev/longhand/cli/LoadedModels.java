package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.server.LonghandServer;
import java.util.ArrayList;
import java.util.List;

/** The models of a server, loaded at the same time; closed by the command. */
record LoadedModels(List<Loading> all) implements AutoCloseable {
    static LoadedModels of(List<Loading> all) {
        return new LoadedModels(List.copyOf(all));
    }

    /** Once all are loaded, with their names; a line for people about each. */
    List<LonghandServer.Model> models(World world, List<ModelFlags> flags, ServedNames names) throws Problem {
        List<ModelFacts> facts = new ArrayList<>();
        for (Loading each : all) {
            facts.add(each.facts());
        }
        List<String> own = facts.stream().map(f -> f.info().name()).toList();
        List<String> typed = new ArrayList<>();
        for (int i = 0; i < own.size(); i++) {
            typed.add(flags.get(i).model == null ? own.get(i) : flags.get(i).model);
        }
        List<List<String>> called = names.of(typed, own);
        List<LonghandServer.Model> models = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            String share = all.size() == 1 ? "" : ", " + all.get(i).memory();
            world.note(world.noteStyle().dim(Style.safe(facts.get(i).headline() + share)));
            models.add(new LonghandServer.Model(called.get(i), all.get(i).local()));
        }
        return models;
    }

    @Override
    public void close() {
        all.forEach(Loading::close);
    }
}
