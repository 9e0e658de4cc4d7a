package dev.longhand.engine;

import dev.longhand.base.Problem;
import dev.longhand.kernels.KernelsFactory;
import dev.longhand.memory.Gate;
import dev.longhand.memory.GateFile;
import dev.longhand.memory.GateScores;
import dev.longhand.model.Model;
import java.nio.file.Path;
import java.util.Optional;

/** Files beside a model that say how it looks things up. Stateless. */
final class BesideModel {
    private BesideModel() {}

    /** What was measured of the model on this tier, all of it; as good as none where it is damaged or another's. */
    static Optional<Adapter> adapter(Path file, String fingerprint, KernelsFactory.Opened kernels) throws Problem {
        String running = kernels.choice().instructionSet();
        return Adapter.read(Adapter.fileOf(file, running), fingerprint, running).filter(Adapter::isComplete);
    }

    /** The model's gate; a problem where it is damaged or another's: nobody puts one there but on purpose. */
    static Optional<Gate> gate(Path file, String fingerprint, Model model, EngineOptions options) throws Problem {
        Path gateFile = GateFile.of(file);
        Optional<Gate> gate = GateFile.read(gateFile, fingerprint);
        String refusal = gate.map(g -> GateScores.refusal(g, model.kvShape(options.kvType()), model.config().heads()))
                .orElse(null);
        if (refusal != null) {
            throw new Problem(Problem.Kind.UNSUPPORTED, "gate %s cannot be used: %s; remove it, or train it anew".formatted(
                    gateFile, refusal));
        }
        return gate;
    }
}
