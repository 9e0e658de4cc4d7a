package dev.longhand.ingest;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.eclipse.jgit.lib.Config;
import org.eclipse.jgit.lib.ConfigConstants;
import org.eclipse.jgit.storage.file.FileBasedConfig;
import org.eclipse.jgit.util.FS;
import org.eclipse.jgit.util.SystemReader;

/**
 * What JGit sees of this machine: no environment, no settings of the user or the system, no host name. So it starts no program and
 * writes no file: left alone it asks an installed git for its settings and measures the clock of the file system with files beside
 * the repository's own.
 */
final class GitQuiet extends SystemReader {
    /** Assumed where JGit would measure: files that change within this time are looked at again. */
    private static final long RESOLUTION_NANOS = 2_000_000_000;

    private static final SystemReader USUAL = SystemReader.getInstance();

    private GitQuiet() {
        setPlatformChecker();
    }

    /** For the whole process, which uses JGit nowhere else. Idempotent. */
    static void install() {
        if (!(SystemReader.getInstance() instanceof GitQuiet)) {
            SystemReader.setInstance(new GitQuiet());
        }
    }

    @Override
    public String getHostname() {
        return "localhost";
    }

    @Override
    public String getenv(String variable) {
        return null;
    }

    @Override
    public String getProperty(String key) {
        return USUAL.getProperty(key);
    }

    @Override
    public FileBasedConfig openUserConfig(Config parent, FS files) {
        return new None(parent, files);
    }

    @Override
    public FileBasedConfig openSystemConfig(Config parent, FS files) {
        return new None(parent, files);
    }

    @Override
    public FileBasedConfig openJGitConfig(Config parent, FS files) {
        return new None(parent, files);
    }

    @Override
    public long getCurrentTime() {
        return USUAL.getCurrentTime();
    }

    @Override
    public int getTimezone(long when) {
        return 0;
    }

    @Override
    public Locale getLocale() {
        return Locale.ROOT;
    }

    @Override
    public Charset getDefaultCharset() {
        return StandardCharsets.UTF_8;
    }

    /** No settings, and no file behind them. */
    private static final class None extends FileBasedConfig {
        None(Config parent, FS files) {
            super(parent, null, files);
        }

        @Override
        public void load() {
            // There is nothing.
        }

        @Override
        public void save() {
            // Nothing is kept.
        }

        @Override
        public boolean isOutdated() {
            return false;
        }

        @Override
        public long getTimeUnit(String section, String subsection, String name, long otherwise, TimeUnit unit) {
            return section.equals(ConfigConstants.CONFIG_FILESYSTEM_SECTION)
                    ? unit.convert(RESOLUTION_NANOS, TimeUnit.NANOSECONDS)
                    : super.getTimeUnit(section, subsection, name, otherwise, unit);
        }

        @Override
        public String toString() {
            return "no settings";
        }
    }
}
