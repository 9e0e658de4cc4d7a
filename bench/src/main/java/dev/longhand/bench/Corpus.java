package dev.longhand.bench;

import dev.longhand.base.Disk;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Real texts of foreign packages: documents, and Java and Python sources. The same packages and plan give the same corpus anywhere.
 *
 * <p>Of each source, prose (Markdown, reStructuredText, plain text, HTML) and code take turns, each in the order of the SHA-256 of
 * its path. Left out: files that are not UTF-8, licences and other lists that are the same everywhere, and every text that was
 * there before (by content). Immutable.
 */
public final class Corpus {
    private static final Set<String> PROSE = Set.of("md", "rst", "txt", "html");
    private static final Set<String> CODE = Set.of("java", "py");
    private static final Set<String> LEFT_OUT = Set.of("license", "licence", "copying", "notice", "authors", "contributors",
            "sources", "requires", "top_level", "requirements", "entry_points", "dependency_links", "package-info", "manifest");

    private final List<CorpusDocument> documents;

    Corpus(List<CorpusDocument> documents) {
        this.documents = List.copyOf(documents);
    }

    /** These, which must be distinct. */
    public static Corpus of(List<CorpusDocument> documents) {
        return new Corpus(documents);
    }

    /** What {@code plan} takes of {@link ForeignPackage#all}; fetches what is missing in the cache. */
    public static Corpus of(CorpusPlan plan, PackageFetcher fetcher) throws Problem {
        List<ForeignPackage> packages = ForeignPackage.all().stream().filter(p -> p.isSmall() || !plan.isSmallOnly()).toList();
        Map<String, Map<String, byte[]>> files = new LinkedHashMap<>();
        for (Map.Entry<ForeignPackage, Path> each : fetcher.fetch(packages).entrySet()) {
            files.put(each.getKey().source(), Archives.read(each.getValue(), Archives.Limits.DEFAULT, Corpus::isWanted));
        }
        return of(plan, files);
    }

    /** @param files by source, then by path; all wanted */
    static Corpus of(CorpusPlan plan, Map<String, Map<String, byte[]>> files) {
        List<CorpusDocument> documents = new ArrayList<>();
        Set<Sha256> seen = new HashSet<>();
        files.forEach((source, byPath) -> take(plan, source, byPath, seen, documents));
        return new Corpus(documents);
    }

    private static void take(CorpusPlan plan, String source, Map<String, byte[]> byPath, Set<Sha256> seen,
            List<CorpusDocument> documents) {
        Deque<String> prose = queue(byPath.keySet(), PROSE);
        Deque<String> code = queue(byPath.keySet(), CODE);
        int chars = 0;
        for (boolean isProse = true; !prose.isEmpty() || !code.isEmpty(); isProse = !isProse) {
            Deque<String> queue = isProse && !prose.isEmpty() || code.isEmpty() ? prose : code;
            String path = queue.removeFirst();
            String text = decoded(byPath.get(path));
            if (text == null || text.length() < plan.charsMin() || text.length() > plan.charsMax()
                    || chars + text.length() > plan.sourceCharsMax() || !seen.add(Sha256.of(text))) {
                continue;
            }
            chars += text.length();
            documents.add(new CorpusDocument(source, path, text));
        }
    }

    private static Deque<String> queue(Set<String> paths, Set<String> endings) {
        return new ArrayDeque<>(paths.stream().filter(p -> endings.contains(ending(p)))
                .sorted(Comparator.comparing(path -> Sha256.of(path).hex())).toList());
    }

    static boolean isWanted(String path) {
        String name = path.substring(path.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
        String stem = name.replaceAll("[.].*", "");
        return (PROSE.contains(ending(name)) || CODE.contains(ending(name)))
                && LEFT_OUT.stream().noneMatch(stem::startsWith);
    }

    private static String ending(String path) {
        return path.substring(path.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
    }

    /** With plain line ends; null if the bytes are no UTF-8 text. */
    private static String decoded(byte[] bytes) {
        try {
            String text = StandardCharsets.UTF_8.newDecoder().onMalformedInput(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes)).toString();
            return text.indexOf('\0') >= 0 ? null : text.replace("\uFEFF", "").replace("\r\n", "\n").replace('\r', '\n');
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    /** In the order of the packages; documents of one source stand together. */
    public List<CorpusDocument> documents() {
        return documents;
    }

    /** Names of the sources, in order. */
    public List<String> sources() {
        return documents.stream().map(CorpusDocument::source).distinct().toList();
    }

    /** The documents by source. */
    Map<String, List<CorpusDocument>> bySource() {
        Map<String, List<CorpusDocument>> bySource = new LinkedHashMap<>();
        documents.forEach(d -> bySource.computeIfAbsent(d.source(), s -> new ArrayList<>()).add(d));
        return bySource;
    }

    /** The documents whose sources are of one half. */
    public Corpus half(Half half) {
        return new Corpus(documents.stream().filter(d -> Half.of(d.source()) == half).toList());
    }

    /** Characters of all documents. */
    public long chars() {
        return documents.stream().mapToLong(d -> d.text().length()).sum();
    }

    /** Of the names and texts of all documents, in order. */
    public Sha256 digest() {
        MessageDigest digester = Sha256.digester();
        documents.forEach(d -> digester.update((d.name() + "\n" + d.digest() + "\n").getBytes(StandardCharsets.UTF_8)));
        return Sha256.of(digester);
    }

    /**
     * The documents as files {@code SOURCE/PATH} of a folder below {@code parent} that is named by the digest: for a desk to
     * read. A folder that is there is complete.
     */
    public Path writeBelow(Path parent) throws Problem {
        Path folder = parent.resolve("corpus-" + digest().hex().substring(0, 16));
        if (Files.isDirectory(folder)) {
            return folder;
        }
        Disk.REAL.createFolders(parent);
        try {
            Path part = Files.createTempDirectory(parent, "corpus-part");
            for (CorpusDocument each : documents) {
                Path file = part.resolve(each.source()).resolve(each.path()).normalize();
                if (!file.startsWith(part) || !Archives.isSafe(each.path())) {
                    throw new Problem(Problem.Kind.MALFORMED, "the path of " + each.name() + " reaches outside its folder");
                }
                Files.createDirectories(file.getParent());
                Files.writeString(file, each.text());
            }
            Disk.REAL.rename(part, folder);
            return folder;
        } catch (IOException e) {
            throw Disk.problem("writing documents below", parent, e);
        }
    }

    /** Documents and characters of each source, for reports. */
    Map<String, String> sizes() {
        Map<String, String> sizes = new TreeMap<>();
        bySource().forEach((source, all) -> sizes.put(source,
                all.size() + " documents, " + all.stream().mapToInt(d -> d.text().length()).sum() + " characters"));
        return sizes;
    }
}
