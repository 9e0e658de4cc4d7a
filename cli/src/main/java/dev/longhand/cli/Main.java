package dev.longhand.cli;

/** The entry of the process. Knows streams and the exit code, nothing of commands. */
public final class Main {
    private Main() {}

    public static void main(String[] args) {
        Trace.start();
        World world = World.ofProcess();
        Preload.start(args, world);
        int code = Cli.run(args, world);
        world.out().flush();
        world.err().flush();
        LauncherFilter.drain();
        // Worker threads of the kernels may still be parked; nothing durable is pending once run returned.
        Runtime.getRuntime().halt(code);
    }
}
