package dev.longhand.base;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;

/** What this build calls itself. */
public final class Version {
    private static final String POM = "/META-INF/maven/dev.longhand/longhand-base/pom.properties";

    private Version() {}

    /** {@code "0.1.0-SNAPSHOT"}; {@code "development"} where classes run outside their jar. */
    public static String number() {
        try (InputStream in = Version.class.getResourceAsStream(POM)) {
            if (in != null) {
                Properties properties = new Properties();
                properties.load(in);
                return properties.getProperty("version", "development");
            }
        } catch (IOException e) {
            // A jar that cannot be read names no version; the command that follows will say more.
        }
        return "development";
    }
}
