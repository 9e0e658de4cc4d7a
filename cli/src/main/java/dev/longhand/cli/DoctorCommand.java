package dev.longhand.cli;

import dev.longhand.base.Problem;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code longhand doctor}. */
@Command(name = "doctor",
        description = "Check this machine and the model: JDK, processor, kernel tier and why, memory, disk, model file.",
        footer = {"  longhand doctor", "  longhand doctor -m gemma3-270m", "  longhand doctor --json"})
final class DoctorCommand extends ReportCommand {
    @Mixin
    private ModelFlags modelFlags;

    @Option(names = "--no-model", description = "Leave the model out.")
    private boolean skipsModel;

    DoctorCommand(World world) {
        super(world);
    }

    @Override
    public Integer call() throws Problem {
        Doctor doctor = new Doctor(world, Config.read(world), modelFlags);
        doctor.examineMachine();
        if (!skipsModel) {
            doctor.examineModel();
        }
        if (isJson) {
            Json.print(world.out(), doctor.json());
        } else {
            doctor.print();
        }
        return doctor.isHealthy() ? ExitCodes.OK : ExitCodes.CHECK_FAILED;
    }
}
