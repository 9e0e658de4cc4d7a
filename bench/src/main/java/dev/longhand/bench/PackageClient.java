package dev.longhand.bench;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Brings archives of packages into a folder. */
interface PackageClient {
    /** The ordinary clients, with the registries that they are set up for. */
    PackageClient REAL = new Ordinary();

    /**
     * Leaves the archive of each package in {@code folder} under any name that ends like {@link ForeignPackage#archive}; all are of
     * one kind. The caller checks what they hold.
     */
    void download(List<ForeignPackage> packages, Path folder) throws Problem;

    /** How many of a kind are asked for at once: what arrived before a failure stays. */
    default int batch(ForeignPackage.Kind kind) {
        return kind == ForeignPackage.Kind.PYPI ? 1 : 12;
    }

    /**
     * pip and Maven.
     *
     * <p>pip runs the build script of a source distribution to learn its name, so it is told the digest and checks it before that.
     */
    final class Ordinary implements PackageClient {
        private static final String PLUGIN = "maven-dependency-plugin";
        private static final String PLUGIN_VERSION = "3.8.1";

        private Ordinary() {}

        @Override
        public void download(List<ForeignPackage> packages, Path folder) throws Problem {
            boolean isPypi = packages.getFirst().kind() == ForeignPackage.Kind.PYPI;
            Path list = folder.resolve(isPypi ? "requirements.txt" : "pom.xml");
            try {
                Files.writeString(list, isPypi ? requirements(packages) : pom(packages, folder));
            } catch (IOException e) {
                throw Disk.problem("writing", list, e);
            }
            run(folder, isPypi
                    ? List.of("python3", "-m", "pip", "download", "--no-deps", "--no-binary", ":all:", "--require-hashes", "-q",
                            "-d", folder.toString(), "-r", list.toString())
                    : List.of("mvn", "-B", "-q", "-f", list.toString(), "dependency:copy"));
        }

        static String requirements(List<ForeignPackage> packages) {
            StringBuilder lines = new StringBuilder();
            packages.forEach(p -> lines.append(p.name()).append("==").append(p.version()).append(" --hash=sha256:")
                    .append(p.sha256()).append('\n'));
            return lines.toString();
        }

        static String pom(List<ForeignPackage> packages, Path folder) {
            StringBuilder items = new StringBuilder();
            for (ForeignPackage each : packages) {
                String group = each.name().substring(0, each.name().indexOf(':'));
                items.append("""
                        <artifactItem><groupId>%s</groupId><artifactId>%s</artifactId><version>%s</version>
                        <classifier>sources</classifier></artifactItem>
                        """.formatted(group, each.source(), each.version()));
            }
            String to = folder.toString().replace("&", "&amp;").replace("<", "&lt;");
            return """
                    <project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
                    <groupId>dev.longhand</groupId><artifactId>corpus</artifactId><version>1</version><packaging>pom</packaging>
                    <build><plugins><plugin><groupId>org.apache.maven.plugins</groupId><artifactId>%s</artifactId>
                    <version>%s</version><configuration><outputDirectory>%s</outputDirectory><artifactItems>
                    %s</artifactItems></configuration></plugin></plugins></build></project>
                    """.formatted(PLUGIN, PLUGIN_VERSION, to, items);
        }

        private static void run(Path folder, List<String> command) throws Problem {
            Path log = folder.resolve("log");
            Process process = null;
            try {
                process = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true)
                        .redirectOutput(log.toFile()).start();
                int exit = process.waitFor();
                if (exit != 0) {
                    throw new Problem(Problem.Kind.UNAVAILABLE, "%s exited %d: %s; see that %s reaches its registry, then run again"
                            .formatted(String.join(" ", command), exit, lastOf(log), command.getFirst()));
                }
            } catch (IOException e) {
                throw new Problem(Problem.Kind.UNAVAILABLE, "%s cannot be run: %s; install it".formatted(command.getFirst(),
                        e.getMessage()), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new Problem(Problem.Kind.CANCELLED, "stopped while " + command.getFirst() + " ran", e);
            } finally {
                if (process != null) {
                    process.destroy();
                }
            }
        }

        private static String lastOf(Path log) throws IOException {
            List<String> lines = Files.readString(log).lines().filter(l -> !l.isBlank()).toList();
            return String.join(" | ", lines.subList(Math.max(0, lines.size() - 3), lines.size()));
        }
    }
}
