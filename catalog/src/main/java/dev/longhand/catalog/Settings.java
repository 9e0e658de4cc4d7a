package dev.longhand.catalog;

import dev.longhand.base.Problem;
import java.io.File;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the environment says about pulling models.
 *
 * @param endpoint {@code HF_ENDPOINT}: where Hugging Face is reached
 * @param token {@code HF_TOKEN}; sent to the endpoint alone and shown nowhere
 * @param isOffline {@code HF_HUB_OFFLINE}
 * @param modelFolders {@code LONGHAND_MODEL_PATH}: folders with model files of the person's own
 * @param programFolders {@code PATH}: where python3 is looked for
 * @param proxies {@code HTTPS_PROXY}, {@code HTTP_PROXY} and {@code NO_PROXY}, keys in lower case
 * @param limits waits and sizes
 */
public record Settings(URI endpoint, Optional<String> token, boolean isOffline, List<Path> modelFolders, List<Path> programFolders,
        Map<String, String> proxies, Limits limits) {
    static final String ENDPOINT_DEFAULT = "https://huggingface.co";

    public Settings {
        modelFolders = List.copyOf(modelFolders);
        programFolders = List.copyOf(programFolders);
        proxies = Map.copyOf(proxies);
    }

    public static Settings from(Map<String, String> environment) throws Problem {
        String offline = environment.getOrDefault("HF_HUB_OFFLINE", "").strip().toLowerCase(java.util.Locale.ROOT);
        return new Settings(endpoint(environment.getOrDefault("HF_ENDPOINT", "")),
                Optional.ofNullable(environment.get("HF_TOKEN")).map(String::strip).filter(t -> !t.isEmpty()),
                List.of("1", "true", "yes", "on").contains(offline),
                folders(environment.get("LONGHAND_MODEL_PATH")),
                folders(environment.get("PATH")),
                proxies(environment),
                Limits.standard());
    }

    private static URI endpoint(String text) throws Problem {
        String chosen = text.isBlank() ? ENDPOINT_DEFAULT : text.strip().replaceAll("/+$", "");
        try {
            URI uri = URI.create(chosen);
            boolean isHttp = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            if (isHttp && uri.getHost() != null && uri.getUserInfo() == null) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            // Reported below with the others.
        }
        throw new Problem(Problem.Kind.USAGE, "HF_ENDPOINT is \"" + chosen + "\"; it must be an http or https address such as "
                + ENDPOINT_DEFAULT);
    }

    private static Map<String, String> proxies(Map<String, String> environment) {
        Map<String, String> found = new HashMap<>();
        for (String name : Proxies.VARIABLES) {
            String value = environment.getOrDefault(name, environment.get(name.toUpperCase(java.util.Locale.ROOT)));
            if (value != null) {
                found.put(name, value);
            }
        }
        return found;
    }

    private static List<Path> folders(String list) {
        List<Path> folders = new ArrayList<>();
        for (String each : list == null ? new String[0] : list.split(java.util.regex.Pattern.quote(File.pathSeparator))) {
            if (!each.isBlank()) {
                folders.add(Path.of(each).toAbsolutePath().normalize());
            }
        }
        return folders;
    }

    /** Without the token. */
    @Override
    public String toString() {
        return "Settings[endpoint=" + endpoint + ", token=" + (token.isPresent() ? "set" : "none") + ", isOffline=" + isOffline
                + ", modelFolders=" + modelFolders + "]";
    }
}
