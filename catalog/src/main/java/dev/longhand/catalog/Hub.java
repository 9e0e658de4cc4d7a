package dev.longhand.catalog;

import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Finds a model's file in a Hugging Face repository: its address, size and digest. Fetches listings, never the file.
 *
 * <p>Follows the Hub's public API: {@code /api/models/R/tree/REVISION} lists files with {@code lfs.oid}, their SHA-256;
 * {@code /R/resolve/REVISION/FILE} redirects to the bytes and states the digest in {@code X-Linked-Etag}.
 */
final class Hub {
    /** A file's address, and its digest where the listing states one. */
    record Located(URI uri, String name, Optional<Sha256> digest) {}

    private record Entry(String path, Optional<Sha256> digest) {}

    private static final Pattern NEXT_PAGE = Pattern.compile("<([^>]{1,2000})>\\s*;\\s*rel=\"?next\"?");
    private static final Pattern QUANT =
            Pattern.compile("(?i)(?:^|[-._/])((?:UD-)?(?:I?Q[1-8](?:_[A-Z0-9]+)*|BF16|F16|F32|FP16|FP32|MXFP4))$");
    private static final Pattern SPLIT = Pattern.compile("(?i).*-\\d{5}-of-\\d{5}\\.gguf");

    private final Http http;
    private final Settings settings;

    Hub(Http http, Settings settings) {
        this.http = http;
        this.settings = settings;
    }

    Located locate(Source.Hub source) throws Problem {
        if (source.file().isPresent()) {
            return located(source, source.file().get(), Optional.empty());
        }
        Optional<String> asked = source.quant();
        if (asked.isPresent() && asked.get().toLowerCase(Locale.ROOT).endsWith(".gguf")) {
            return located(source, asked.get(), Optional.empty());
        }
        Entry chosen = choose(source, models(source));
        return located(source, chosen.path(), chosen.digest());
    }

    private Located located(Source.Hub source, String file, Optional<Sha256> digest) {
        URI uri = URI.create("%s/%s/resolve/%s/%s".formatted(settings.endpoint(), source.repository(), encode(source.revision()),
                encodePath(file)));
        return new Located(uri, "hf.co/" + source.repository() + "/" + file, digest);
    }

    private List<Entry> models(Source.Hub source) throws Problem {
        URI page = URI.create("%s/api/models/%s/tree/%s?recursive=true".formatted(settings.endpoint(), source.repository(),
                encode(source.revision())));
        List<Entry> entries = new ArrayList<>();
        try {
            for (int n = 0; page != null && n < Limits.LISTING_PAGES_MAX; n++) {
                page = readPage(source, page, entries);
            }
        } catch (IOException | JacksonException e) {
            throw new Problem(Problem.Kind.UNAVAILABLE, "the file list of " + source.text() + " could not be read: "
                    + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Problem(Problem.Kind.CANCELLED, "the pull of " + source.text() + " was stopped");
        }
        return entries;
    }

    private URI readPage(Source.Hub source, URI page, List<Entry> entries) throws IOException, InterruptedException, Problem {
        try (Http.Reply reply = http.get(page, Map.of("Accept", "application/json"), settings.limits().firstAnswer())) {
            if (reply.status() != 200) {
                throw refusal("hf.co/" + source.repository(), reply.host(), reply.status());
            }
            byte[] body = reply.body().readAll(settings.limits().listingBytesMax(), settings.limits().firstAnswer());
            for (JsonNode each : JsonMapper.shared().readTree(body)) {
                String path = each.path("path").asString("");
                if (each.path("type").asString("").equals("file") && isModel(path)) {
                    entries.add(new Entry(path, digest(each.path("lfs").path("oid").asString(""))));
                }
            }
            Matcher next = NEXT_PAGE.matcher(reply.header("Link").orElse(""));
            return next.find() ? page.resolve(next.group(1)) : null;
        }
    }

    private static boolean isModel(String path) {
        String name = path.substring(path.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
        return name.endsWith(".gguf") && !name.startsWith("mmproj") && !name.contains("imatrix") && path.length() <= 400;
    }

    private static Entry choose(Source.Hub source, List<Entry> models) throws Problem {
        String quant = source.quant().orElse(ModelReference.QUANT_DEFAULT);
        List<Entry> fitting = models.stream().filter(e -> quantOf(e.path()).equalsIgnoreCase(quant))
                .sorted(Comparator.comparing((Entry e) -> e.path().length()).thenComparing(Entry::path)).toList();
        if (fitting.isEmpty() && source.quant().isEmpty() && models.size() == 1) {
            fitting = models;
        }
        if (fitting.isEmpty()) {
            List<String> there = models.stream().map(e -> quantOf(e.path())).filter(q -> !q.isEmpty()).distinct().sorted().toList();
            String offer = models.isEmpty()
                    ? "it has no GGUF file at all; look for a repository whose name ends in -GGUF"
                    : "it has " + (there.isEmpty() ? models.stream().map(Entry::path).limit(20).toList() : there);
            throw new Problem(Problem.Kind.NOT_FOUND, "hf.co/%s has no file for %s: %s".formatted(source.repository(), quant,
                    offer));
        }
        Entry chosen = fitting.getFirst();
        if (SPLIT.matcher(chosen.path()).matches()) {
            throw new Problem(Problem.Kind.UNSUPPORTED,
                    "hf.co/%s has %s in several files (%s); take a quantisation that is one file"
                    .formatted(source.repository(), quant, chosen.path()));
        }
        return chosen;
    }

    /** The quantisation in a file's name, in upper case, or an empty text. */
    static String quantOf(String path) {
        String stem = path.substring(path.lastIndexOf('/') + 1)
                .replaceFirst("(?i)\\.gguf$", "").replaceFirst("-\\d{5}-of-\\d{5}$", "");
        Matcher m = QUANT.matcher(stem);
        return m.find() ? m.group(1).toUpperCase(Locale.ROOT) : "";
    }

    /** The digest that the endpoint states for the file it redirects to. */
    static Optional<Sha256> statedDigest(HttpHeaders headers) {
        return digest(headers.firstValue("X-Linked-Etag").orElse("").replace("\"", ""));
    }

    private static Optional<Sha256> digest(String text) {
        return text.matches("[0-9a-f]{64}") ? Optional.of(new Sha256(text)) : Optional.empty();
    }

    /** What a refusing status means and what to do. */
    Problem refusal(String name, String host, int status) {
        String set = settings.token().isPresent() ? "the token in HF_TOKEN may not read it"
                : "set HF_TOKEN to a token that may read it";
        return switch (status) {
            case 401 -> new Problem(Problem.Kind.UNAVAILABLE, name + " is private or does not exist (401 from " + host
                    + "); check the name, or " + set);
            case 403 -> new Problem(Problem.Kind.UNAVAILABLE, name + " is closed to you (403 from " + host
                    + "); accept its terms on its page, and " + set);
            case 404 -> new Problem(Problem.Kind.NOT_FOUND, name + " does not exist (404 from " + host + "); check the name");
            default -> new Problem(Problem.Kind.UNAVAILABLE, name + ": " + host + " answers " + status);
        };
    }

    private static String encodePath(String path) {
        List<String> parts = new ArrayList<>();
        for (String each : path.split("/")) {
            parts.add(encode(each));
        }
        return String.join("/", parts);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }
}
