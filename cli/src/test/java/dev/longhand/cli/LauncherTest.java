package dev.longhand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Goal: {@code ./longhand} starts the right JVM in every surroundings and stays out of its way.
 * Method: a copy of the script in a small project of its own, whose java and mvn are scripts that tell what they were asked.
 */
@Timeout(60)
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {
    private static final List<String> TOOLS = List.of("bash", "sh", "env", "find", "head", "cp", "mv", "rm", "touch", "grep",
            "tail",
            "readlink", "mkdir", "cat", "sleep", "dirname");
    private static final String JAVA = """
            #!/bin/sh
            case "$*" in
                *-XX:AOTCacheOutput=*) for a; do case "$a" in -XX:AOTCacheOutput=*) : >"${a#*=}";; esac; done; exit 0;;
            esac
            echo "WARNING: Using incubator modules: jdk.incubator.vector" >&2
            for last; do :; done
            case "$last" in
                args) printf '<%s>\\n' "$@";;
                where) echo "$0";;
                locale) echo "$LC_ALL";;
                seven) exit 7;;
                notes) echo "WARNING: Using incubator modules: jdk.incubator.other" >&2; echo "one" >&2; printf 'no end' >&2;;
                partial) printf 'so far' >&2; sleep 30;;
                wait) trap 'echo interrupted; exit 130' INT; echo ready; while :; do sleep 0.05; done;;
            esac
            """;
    private static final String MVN = """
            #!/bin/sh
            echo started >>builds
            echo "[INFO] Building longhand-base 0.1.0-SNAPSHOT                    [2/3]"
            sleep "${MVN_SECONDS:-0}"
            [ -z "$MVN_FAILS" ] || { echo "[ERROR] Base.java:[3,5] ';' expected"; exit 1; }
            mkdir -p cli/target/longhand/lib && echo jar >cli/target/longhand/lib/cli.jar
            """;

    private record Ran(int code, String out, String err) {}

    @TempDir
    Path temp;

    private Path root;
    private Path bin;
    private Path system;
    private final Map<String, String> environment = new TreeMap<>();

    @BeforeEach
    void setUp() throws IOException {
        temp = temp.toRealPath();
        root = Files.createDirectories(temp.resolve("project"));
        bin = Files.createDirectories(temp.resolve("bin"));
        system = Files.createDirectories(temp.resolve("system"));
        Files.createDirectories(root.resolve("cli/src/main"));
        Files.writeString(root.resolve("pom.xml"), "<project/>");
        Files.writeString(root.resolve("cli/pom.xml"), "<project/>");
        Files.writeString(root.resolve("cli/src/main/Main.java"), "class Main {}");
        Path script = Path.of(System.getProperty("user.dir")).resolveSibling("longhand");
        Files.copy(script, root.resolve("longhand"), java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
        if (Files.exists(Path.of("/usr/bin/flock"))) {
            executable(bin.resolve("flock"), "#!/bin/sh\nexec /usr/bin/flock \"$@\"\n");
        }
        executable(bin.resolve("mvn"), MVN);
        environment.put("PATH", bin + ":" + tools());
        environment.put("HOME", temp.resolve("home").toString());
        environment.put("LONGHAND_SYSTEM_ROOT", system.toString());
        environment.put("LC_ALL", "C.UTF-8");
    }

    /** A folder with the system's tools and without its java and mvn; made once, outside the folders that JUnit deletes. */
    private static Path tools() throws IOException {
        Path tools = Files.createDirectories(Path.of("target", "launcher-tools").toAbsolutePath());
        for (String tool : TOOLS) {
            Path real = Files.exists(Path.of("/bin", tool)) ? Path.of("/bin", tool) : Path.of("/usr/bin", tool);
            if (!Files.exists(tools.resolve(tool))) {
                Files.createSymbolicLink(tools.resolve(tool), real);
            }
        }
        return tools;
    }

    private static void executable(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    private static Path jdk(Path home, String version) throws IOException {
        executable(home.resolve("bin/java"), JAVA);
        executable(home.resolve("bin/javac"), "#!/bin/sh\n");
        Files.writeString(home.resolve("release"), "IMPLEMENTOR=\"Nobody\"\nJAVA_VERSION=\"" + version + "\"\nOS_NAME=\"Linux\"\n");
        return home;
    }

    private void usableJdk() throws IOException {
        environment.put("LONGHAND_JAVA_HOME", jdk(temp.resolve("my jdk"), "25.0.3").toString());
    }

    private ProcessBuilder command(String... args) {
        List<String> command = new ArrayList<>(List.of(root.resolve("longhand").toString()));
        command.addAll(List.of(args));
        ProcessBuilder builder = new ProcessBuilder(command).directory(temp.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        return builder;
    }

    private Ran run(String... args) throws Exception {
        Path out = Files.createTempFile(temp, "out", "");
        Path err = Files.createTempFile(temp, "err", "");
        Process process = command(args).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
        int code = process.waitFor();
        waitForFilter(err);
        return new Ran(code, Files.readString(out), Files.readString(err));
    }

    /** Scripts that play java do not wait for the filter as the real one does. */
    private static void waitForFilter(Path err) throws Exception {
        long size = -1;
        for (int quiet = 0; quiet < 3; ) {
            Thread.sleep(20);
            quiet = Files.size(err) == size ? quiet + 1 : 0;
            size = Files.size(err);
        }
    }

    private long builds() throws IOException {
        Path log = root.resolve("builds");
        return Files.exists(log) ? Files.readAllLines(log).size() : 0;
    }

    @Test
    void saysInOneLineThatThereIsNoJdkAndWhatItSaw() throws Exception {
        jdk(system.resolve("usr/lib/jvm/java-17"), "17.0.15");
        Ran ran = run("where");
        assertThat(ran.code()).isEqualTo(4);
        assertThat(ran.err().lines()).hasSize(1);
        assertThat(ran.err()).contains("no JDK 25.0.3").contains("17.0.15 (" + system).contains("/usr/lib/jvm")
                .contains("LONGHAND_JAVA_HOME");
        assertThat(builds()).isZero();
    }

    @ParameterizedTest
    @ValueSource(strings = {"17.0.15", "24.0.2", "25", "25.0.2", "26", "26.0.1", "x"})
    void refusesAnotherVersion(String version) throws Exception {
        environment.put("JAVA_HOME", jdk(temp.resolve("jdk"), version).toString());
        assertThat(run("where").code()).isEqualTo(4);
    }

    @ParameterizedTest
    @ValueSource(strings = {"25.0.3", "25.0.10", "25.1", "25.1.2", "25.0.3.1", "25.0.4+5"})
    void takesAnyLaterRelease(String version) throws Exception {
        environment.put("JAVA_HOME", jdk(temp.resolve("jdk"), version).toString());
        assertThat(run("where")).satisfies(r -> assertThat(r.code()).as(r.err()).isZero());
    }

    @ParameterizedTest
    @CsvSource({"project/runtime", "system/usr/lib/jvm/temurin 25", "system/opt/jdk", "home/.sdkman/candidates/java/25-tem",
            "home/.jdks/t",
        "system/Library/Java/JavaVirtualMachines/t.jdk/Contents/Home"})
    void findsAJdkIn(String place) throws Exception {
        jdk(system.resolve("usr/lib/jvm/a-17"), "17");
        Path home = jdk(temp.resolve(place), "25.0.3");
        assertThat(run("where").out()).isEqualTo(home + "/bin/java\n");
    }

    @Test
    void findsTheJdkOfJavaOnThePathThroughLinks() throws Exception {
        Path home = jdk(temp.resolve("elsewhere/jdk"), "25.0.3");
        Files.createSymbolicLink(temp.resolve("alternative"), home.resolve("bin/java"));
        Files.createSymbolicLink(bin.resolve("java"), temp.resolve("alternative"));
        assertThat(run("where").out()).isEqualTo(home + "/bin/java\n");
    }

    @Test
    void prefersTheJdkThatIsNamedAndRefusesAWrongOne() throws Exception {
        environment.put("JAVA_HOME", jdk(temp.resolve("other"), "25.0.9").toString());
        usableJdk();
        assertThat(run("where").out()).isEqualTo(temp.resolve("my jdk/bin/java") + "\n");
        environment.put("LONGHAND_JAVA_HOME", jdk(temp.resolve("old"), "21.0.1").toString());
        Ran ran = run("where");
        assertThat(ran.code()).isEqualTo(4);
        assertThat(ran.err()).contains("LONGHAND_JAVA_HOME").contains("Java 21.0.1");
    }

    @Test
    void setsTheFlagsAndKeepsEveryArgument() throws Exception {
        usableJdk();
        environment.put("LONGHAND_HEAP", "3g");
        environment.put("LONGHAND_JAVA_OPTS", "-Dx=1 -Dy=2");
        Ran ran = run("ask", "two words", "", "it's \"$HOME\" *", "args");
        assertThat(ran.out()).endsWith("<dev.longhand.cli.Main>\n<ask>\n<two words>\n<>\n<it's \"$HOME\" *>\n<args>\n");
        assertThat(ran.out()).contains("<--add-modules=jdk.incubator.vector>\n<--enable-native-access=ALL-UNNAMED>", "<-Xmx3g>",
                "<-Dx=1>\n<-Dy=2>", "<-Dlonghand.tty=>", "<-Dlonghand.root=" + root + ">");
        assertThat(ran.out()).containsPattern("<-XX:AOTCache=.*/app-[^/]*/classes.aot>").containsPattern("<.*/app-[^/]*/lib/\\*>");
    }

    @Test
    void startsThroughALinkFromAnyFolder() throws Exception {
        usableJdk();
        Files.createSymbolicLink(temp.resolve("lh"), Path.of("project/longhand"));
        ProcessBuilder builder = command();
        Process linked = builder.command(temp.resolve("lh").toString(), "where").redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        assertThat(new String(linked.getInputStream().readAllBytes(), StandardCharsets.UTF_8)).endsWith("my jdk/bin/java\n");
    }

    @Test
    void keepsTheExitCode() throws Exception {
        usableJdk();
        assertThat(run("seven").code()).isEqualTo(7);
    }

    @Test
    void givesTheJvmAUtf8Locale() throws Exception {
        usableJdk();
        environment.put("LC_ALL", "C");
        assertThat(run("locale").out()).isEqualTo("C.UTF-8\n");
        environment.put("LC_ALL", "de_DE.UTF-8");
        assertThat(run("locale").out()).isEqualTo("de_DE.UTF-8\n");
    }

    @Test
    void dropsExactlyTheIncubatorLine() throws Exception {
        usableJdk();
        run("seven");
        assertThat(run("notes").err()).isEqualTo("WARNING: Using incubator modules: jdk.incubator.other\none\nno end");
    }

    @Test
    void showsAnUnfinishedLineAtOnce() throws Exception {
        usableJdk();
        run("seven");
        Process process = command("partial").start();
        try (InputStream err = process.getErrorStream()) {
            assertThat(new String(err.readNBytes(6), StandardCharsets.UTF_8)).isEqualTo("so far");
            assertThat(process.isAlive()).isTrue();
        } finally {
            process.destroyForcibly();
        }
    }

    /** Goal: nothing is shown after the command has ended. Method: a real JVM, whose output is read the moment it ends. */
    @Test
    void hasShownEverythingWhenTheJvmEnds() throws Exception {
        usableJdk();
        String java = ProcessHandle.current().info().command().orElseThrow();
        executable(temp.resolve("my jdk/bin/java"), """
                #!/bin/sh
                case "$*" in *-XX:AOTCacheOutput=*) exit 0;; *-Dlonghand.drain=3*) ;; *) exit 9;; esac
                exec '%s' --add-modules=jdk.incubator.vector -Dlonghand.drain=3 -cp '%s' %s
                """.formatted(java, System.getProperty("java.class.path"), LastLine.class.getName()));
        run("build");
        Path err = temp.resolve("err");
        for (int i = 0; i < 5; i++) {
            assertThat(command("x").redirectError(err.toFile()).start().waitFor()).isEqualTo(3);
            List<String> lines = Files.readAllLines(err);
            assertThat(lines).hasSize(LastLine.LINES + 1).startsWith("line 0").endsWith("the end");
        }
    }

    @ParameterizedTest
    @CsvSource({"INT,130", "TERM,143", "KILL,137"})
    void aSignalReachesTheJvmItself(String signal, int code) throws Exception {
        usableJdk();
        run("seven");
        Process process = interruptible(command("wait")).start();
        try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
            assertThat(out.readLine()).isEqualTo("ready");
            new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start().waitFor();
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(code);
        }
    }

    @Test
    void buildsOnceAndAgainOnlyWhenSourcesChange() throws Exception {
        usableJdk();
        assertThat(run("seven").err()).contains("building base (2/3)").contains("built in");
        assertThat(run("seven").err()).isEmpty();
        assertThat(builds()).isEqualTo(1);
        Path added = Files.writeString(root.resolve("cli/src/main/New.java"), "class New {}");
        Path stamp = root.resolve("cli/target/longhand/stamp");
        inSeconds(1, added);
        run("seven");
        assertThat(builds()).isEqualTo(2);
        inSeconds(2, stamp);
        Files.delete(added);
        inSeconds(3, added.getParent());
        run("seven");
        assertThat(builds()).isEqualTo(3);
        inSeconds(4, stamp);
        run("seven");
        assertThat(builds()).isEqualTo(3);
    }

    /** File systems count time coarsely, so changes are dated apart. */
    private static void inSeconds(int seconds, Path changed) throws IOException {
        Files.setLastModifiedTime(changed, FileTime.fromMillis(System.currentTimeMillis() + seconds * 1000L));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void startsAtTheSameTimeBuildOnce(boolean hasFlock) throws Exception {
        usableJdk();
        if (!hasFlock) {
            Files.deleteIfExists(bin.resolve("flock"));
        }
        environment.put("MVN_SECONDS", "1");
        List<Process> starts = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            starts.add(command("where").redirectError(temp.resolve("err" + i).toFile()).start());
        }
        int waited = 0;
        for (int i = 0; i < 3; i++) {
            assertThat(new String(starts.get(i).getInputStream().readAllBytes(), StandardCharsets.UTF_8)).endsWith("bin/java\n");
            assertThat(starts.get(i).waitFor()).isZero();
            waited += Files.readString(temp.resolve("err" + i)).contains("another start is building; waiting") ? 1 : 0;
        }
        assertThat(builds()).isEqualTo(1);
        assertThat(waited).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void redoesABuildThatWasKilled(boolean hasFlock) throws Exception {
        usableJdk();
        if (!hasFlock) {
            Files.deleteIfExists(bin.resolve("flock"));
        }
        environment.put("MVN_SECONDS", "1");
        Process first = command("where").redirectError(ProcessBuilder.Redirect.DISCARD).start();
        while (builds() == 0) {
            Thread.sleep(10);
        }
        first.destroyForcibly().waitFor();
        environment.put("MVN_SECONDS", "0");
        assertThat(run("where").out()).endsWith("bin/java\n");
        assertThat(builds()).isEqualTo(2);
    }

    /** A background run ignores SIGINT, and what it starts inherits that. */
    private static ProcessBuilder interruptible(ProcessBuilder builder) {
        builder.command().addAll(0, List.of("/usr/bin/env", "--default-signal=INT"));
        return builder;
    }

    /** Goal: Ctrl-C before the JVM runs ends with the documented code. Method: SIGINT while Maven's double sleeps. */
    @Test
    void aCtrlCWhileBuildingEndsWith130() throws Exception {
        usableJdk();
        environment.put("MVN_SECONDS", "1");
        Process first = interruptible(command("where").redirectError(ProcessBuilder.Redirect.DISCARD)).start();
        while (builds() == 0) {
            Thread.sleep(10);
        }
        new ProcessBuilder("kill", "-INT", Long.toString(first.pid())).start().waitFor();
        assertThat(first.waitFor()).isEqualTo(130);
        environment.put("MVN_SECONDS", "0");
        assertThat(run("where").out()).endsWith("bin/java\n");
        assertThat(builds()).isEqualTo(2);
    }

    @Test
    void showsWhyABuildFailedAndBuildsAgainNextTime() throws Exception {
        usableJdk();
        environment.put("MVN_FAILS", "yes");
        Ran ran = run("where");
        assertThat(ran.code()).isEqualTo(4);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err()).contains("Base.java:[3,5] ';' expected").contains("the build failed")
                .contains("cli/target/longhand/build.log");
        environment.remove("MVN_FAILS");
        assertThat(run("where").code()).isZero();
        assertThat(builds()).isEqualTo(2);
    }

    @Test
    void saysThatMavenIsMissingOnlyWhereItIsNeeded() throws Exception {
        usableJdk();
        Files.delete(bin.resolve("mvn"));
        Ran ran = run("where");
        assertThat(ran.code()).isEqualTo(4);
        assertThat(ran.err()).contains("mvn is not on PATH").contains("apt install maven");
        executable(bin.resolve("mvn"), MVN);
        run("where");
        Files.delete(bin.resolve("mvn"));
        assertThat(run("where").code()).isZero();
    }

    @Test
    void runsWhatIsBuiltWithoutSources() throws Exception {
        usableJdk();
        Files.delete(root.resolve("pom.xml"));
        assertThat(run("where").err()).contains("neither sources");
        Files.createDirectories(root.resolve("lib"));
        assertThat(run("args").out()).contains("<" + root + "/lib/*>");
        assertThat(builds()).isZero();
    }
}
