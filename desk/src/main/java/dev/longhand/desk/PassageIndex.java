package dev.longhand.desk;

import dev.longhand.ingest.Passage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;
import org.apache.lucene.codecs.CodecUtil;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.document.StoredField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.IndexCommit;
import org.apache.lucene.index.IndexDeletionPolicy;
import org.apache.lucene.index.IndexNotFoundException;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.SerialMergeScheduler;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.IOContext;
import org.apache.lucene.store.IndexInput;
import org.apache.lucene.store.MMapDirectory;
import org.apache.lucene.store.NIOFSDirectory;
import org.apache.lucene.store.NoLockFactory;
import org.apache.lucene.util.BytesRef;

/**
 * The full-text index of one desk: Lucene behind few verbs. Knows terms and passages, not questions or files.
 *
 * <p>Each commit carries the generation of the catalogue it belongs to; the commit of the published catalogue is kept while the
 * next one is made, so that a crash between the index's commit and the catalogue's publication leaves the old pair whole. Readers
 * see one commit for ever. A reader may be used by several threads, a writer by one.
 */
final class PassageIndex {
    /** Part of a catalogue's settings: a new number means that every desk is read again. */
    static final int VERSION = 2;

    private static final String GENERATION = "generation";
    private static final String PATH = "path";
    private static final String STORED = "passage";
    private static final String TEXT = "text";
    private static final String TITLE = "title";
    private static final String NAME = "name";
    private static final long HEAP_BYTES_MAX = 16L << 20;

    private static final FieldType TERMS = new FieldType();
    /** Held, so that its level stays: Lucene says at INFO which vector width it uses. */
    private static final Logger LUCENE_LOG = Logger.getLogger("org.apache.lucene");

    static {
        TERMS.setTokenized(true);
        TERMS.setIndexOptions(IndexOptions.DOCS_AND_FREQS);
        TERMS.freeze();
        LUCENE_LOG.setLevel(Level.SEVERE);
    }

    /** How much a match in each field counts. */
    record Weights(float text, float title, float name) {
        static final Weights DEFAULT = new Weights(1f, 0.6f, 0.3f);
    }

    /** The index is not there, not of this generation, or broken. It is then built again. */
    static final class Damaged extends Exception {
        Damaged(String why) {
            super(why);
        }
    }

    /** Opens directories; a seam for tests of failing disks. */
    @FunctionalInterface
    interface Opener {
        Opener REAL = NIOFSDirectory::new;

        Directory open(Path folder) throws IOException;
    }

    private PassageIndex() {}

    static Reader read(Opener opener, Path folder, long generation) throws Damaged, IOException {
        if (!Files.isDirectory(folder)) {
            throw new Damaged("there is no index");
        }
        Directory directory = sizeOf(folder) <= HEAP_BYTES_MAX ? inHeap(opener, folder, generation) : new MMapDirectory(folder);
        try {
            return new Reader(directory, DirectoryReader.open(commitOf(directory, generation)));
        } catch (IOException | RuntimeException | Damaged e) {
            directory.close();
            throw damageOr(e);
        }
    }

    /**
     * A small index is copied: every byte is checked, an interrupt cannot close its files, a removed desk can still be asked, and
     * no mapping is made (Lucene's first one costs a tenth of a second).
     */
    private static Directory inHeap(Opener opener, Path folder, long generation) throws Damaged, IOException {
        Directory heap = new ByteBuffersDirectory();
        try (Directory disk = opener.open(folder)) {
            for (String file : commitOf(disk, generation).getFileNames()) {
                heap.copyFrom(disk, file, file, IOContext.READONCE);
                try (IndexInput in = heap.openInput(file, IOContext.READONCE)) {
                    CodecUtil.checksumEntireFile(in);
                }
            }
            return heap;
        } catch (IOException | RuntimeException | Damaged e) {
            throw damageOr(e);
        }
    }

    /** Continues at the commit of {@code generation}, forgetting later ones; starts anew if {@code generation} is 0. */
    static Writer write(Opener opener, Path folder, long generation) throws Damaged, IOException {
        Files.createDirectories(folder);
        if (generation == 0) {
            deleteFiles(folder);
        }
        Directory directory = opener.open(folder);
        try {
            IndexWriterConfig config = new IndexWriterConfig();
            KeepBaseAndLast kept = new KeepBaseAndLast(generation);
            config.setIndexDeletionPolicy(kept);
            config.setMergeScheduler(new SerialMergeScheduler());
            config.setOpenMode(generation == 0 ? IndexWriterConfig.OpenMode.CREATE : IndexWriterConfig.OpenMode.APPEND);
            if (generation > 0) {
                config.setIndexCommit(commitOf(directory, generation));
            }
            return new Writer(directory, new IndexWriter(directory, config), kept);
        } catch (IOException | RuntimeException | Damaged e) {
            directory.close();
            throw damageOr(e);
        }
    }

    /** An index of these passages that lives in the heap and ends with its reader. */
    static Reader inHeap(List<Passage> passages) throws Damaged, IOException {
        Directory heap = new ByteBuffersDirectory();
        try {
            IndexWriterConfig config = new IndexWriterConfig().setMergeScheduler(new SerialMergeScheduler());
            Words words = new Words();
            try (IndexWriter writer = new IndexWriter(heap, config)) {
                for (Passage each : passages) {
                    writer.addDocument(document(each, words));
                }
            }
            return new Reader(heap, DirectoryReader.open(heap));
        } catch (IOException | RuntimeException e) {
            heap.close();
            throw damageOr(e);
        }
    }

    private static Document document(Passage passage, Words words) {
        Document document = new Document();
        document.add(new StringField(PATH, passage.path(), Field.Store.NO));
        document.add(new StoredField(STORED, PassageCodec.encode(passage)));
        document.add(new Field(TEXT, new TermStream(words.of(passage.text())), TERMS));
        document.add(new Field(TITLE, new TermStream(words.of(passage.title())), TERMS));
        document.add(new Field(NAME, new TermStream(words.of(passage.path().replace('/', ' '))), TERMS));
        return document;
    }

    private static Damaged damageOr(Exception e) throws IOException {
        if (e instanceof Damaged damaged) {
            return damaged;
        }
        if (e instanceof java.nio.channels.ClosedByInterruptException interrupted) {
            throw interrupted;
        }
        return new Damaged("the index is damaged: " + e.getMessage());
    }

    private static IndexCommit commitOf(Directory directory, long generation) throws IOException, Damaged {
        try {
            for (IndexCommit commit : DirectoryReader.listCommits(directory)) {
                if (String.valueOf(generation).equals(commit.getUserData().get(GENERATION))) {
                    return commit;
                }
            }
        } catch (IndexNotFoundException e) {
            throw new Damaged("there is no index");
        }
        throw new Damaged("the index and the catalogue are of different generations");
    }

    /** Names of the files of a generation's commit, in order. */
    static List<String> filesOf(Path folder, long generation) throws Damaged, IOException {
        try (Directory directory = onlyToRead(folder)) {
            return commitOf(directory, generation).getFileNames().stream().sorted().toList();
        } catch (IOException | RuntimeException | Damaged e) {
            throw damageOr(e);
        }
    }

    /** Passages of each path, after every byte of the commit was compared with its checksums. */
    static Map<String, Integer> checked(Path folder, long generation) throws Damaged, IOException {
        try (Directory directory = onlyToRead(folder)) {
            IndexCommit commit = commitOf(directory, generation);
            for (String file : commit.getFileNames()) {
                try (IndexInput in = directory.openInput(file, IOContext.READONCE)) {
                    CodecUtil.checksumEntireFile(in);
                }
            }
            try (Reader reader = new Reader(directory, DirectoryReader.open(commit))) {
                Map<String, Integer> passages = new HashMap<>();
                reader.each(passage -> passages.merge(passage.path(), 1, Integer::sum));
                return passages;
            }
        } catch (IOException | RuntimeException | Damaged e) {
            throw damageOr(e);
        }
    }

    /** Takes no lock and makes no file; never a mapping, which a file that is cut meanwhile would turn into a fault. */
    private static Directory onlyToRead(Path folder) throws Damaged, IOException {
        if (!Files.isDirectory(folder)) {
            throw new Damaged("there is no index");
        }
        return new NIOFSDirectory(folder, NoLockFactory.INSTANCE);
    }

    private static void deleteFiles(Path folder) throws IOException {
        deleteFilesExcept(folder, Set.of());
    }

    private static void deleteFilesExcept(Path folder, Collection<String> kept) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                if (!kept.contains(file.getFileName().toString())) {
                    Files.delete(file);
                }
            }
        }
    }

    /**
     * Deletes what a writer that failed has left: every file but those of the commit of {@code generation}, all if that is 0. A
     * writer that met a full disk does not do so itself. Only the owner of the desk's lock may call it, with no writer open.
     */
    static void sweep(Opener opener, Path folder, long generation) throws Damaged, IOException {
        if (generation == 0) {
            deleteFiles(folder);
            return;
        }
        try (Directory directory = opener.open(folder)) {
            deleteFilesExcept(folder, commitOf(directory, generation).getFileNames());
        }
    }

    private static long sizeOf(Path folder) throws IOException {
        long bytes = 0;
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                bytes += Files.size(file);
            }
        }
        return bytes;
    }

    /** One commit, open for searching. */
    static final class Reader implements AutoCloseable {
        private final Directory directory;
        private final DirectoryReader reader;
        private final IndexSearcher searcher;

        private Reader(Directory directory, DirectoryReader reader) {
            this.directory = directory;
            this.reader = reader;
            this.searcher = new IndexSearcher(reader);
        }

        int passages() {
            return reader.numDocs();
        }

        /** Passages that hold any of the terms, best first by BM25; ties in the order of reading. */
        List<Router.Ranked> search(Collection<String> terms, Weights weights, int passagesMax) throws Damaged, IOException {
            BooleanQuery.Builder query = new BooleanQuery.Builder();
            for (String term : terms) {
                add(query, TEXT, term, weights.text());
                add(query, TITLE, term, weights.title());
                add(query, NAME, term, weights.name());
            }
            try {
                List<Router.Ranked> ranked = new ArrayList<>();
                for (ScoreDoc hit : searcher.search(query.build(), passagesMax).scoreDocs) {
                    ranked.add(new Router.Ranked(passage(hit.doc), hit.score));
                }
                return ranked;
            } catch (IOException | RuntimeException e) {
                throw damageOr(e);
            }
        }

        /** How rare each term is among the passages: inverse document frequency, as BM25 has it. */
        Map<String, Double> rarity(Collection<String> terms) throws Damaged, IOException {
            try {
                Map<String, Double> rarity = new HashMap<>();
                for (String term : terms) {
                    int with = reader.docFreq(new Term(TEXT, term));
                    rarity.put(term, Math.log(1 + (reader.numDocs() - with + 0.5) / (with + 0.5)));
                }
                return rarity;
            } catch (IOException | RuntimeException e) {
                throw damageOr(e);
            }
        }

        /** The passages of one document, in its order. */
        List<Passage> of(String path) throws Damaged, IOException {
            try {
                List<Passage> passages = new ArrayList<>();
                for (ScoreDoc hit : searcher.search(new TermQuery(new Term(PATH, path)), Math.max(1, reader.maxDoc())).scoreDocs) {
                    passages.add(passage(hit.doc));
                }
                passages.sort(Comparator.comparingInt(Passage::index));
                return passages;
            } catch (IOException | RuntimeException e) {
                throw damageOr(e);
            }
        }

        /** All passages, in the order of reading: for baselines and reports. */
        List<Passage> all() throws Damaged, IOException {
            List<Passage> passages = new ArrayList<>();
            each(passages::add);
            return passages;
        }

        /** As {@link #all}, one at a time. */
        void each(Consumer<Passage> taker) throws Damaged, IOException {
            for (LeafReaderContext leaf : reader.leaves()) {
                for (int i = 0; i < leaf.reader().maxDoc(); i++) {
                    if (leaf.reader().getLiveDocs() == null || leaf.reader().getLiveDocs().get(i)) {
                        taker.accept(passage(leaf.docBase + i));
                    }
                }
            }
        }

        private Passage passage(int doc) throws Damaged, IOException {
            BytesRef bytes = searcher.storedFields().document(doc).getBinaryValue(STORED);
            if (bytes == null) {
                throw new Damaged("a passage is missing");
            }
            return PassageCodec.decode(bytes.bytes, bytes.offset, bytes.length);
        }

        private static void add(BooleanQuery.Builder query, String field, String term, float weight) {
            if (weight > 0) {
                query.add(new BoostQuery(new TermQuery(new Term(field, term)), weight), BooleanClause.Occur.SHOULD);
            }
        }

        @Override
        public void close() throws IOException {
            reader.close();
            directory.close();
        }
    }

    /** Changes that become a commit together or not at all. Closing forgets those after the last commit. */
    static final class Writer implements AutoCloseable {
        private final Directory directory;
        private final IndexWriter writer;
        private final KeepBaseAndLast kept;
        private final Words words = new Words();

        private Writer(Directory directory, IndexWriter writer, KeepBaseAndLast kept) {
            this.directory = directory;
            this.writer = writer;
            this.kept = kept;
        }

        void add(Passage passage) throws IOException {
            writer.addDocument(document(passage, words));
        }

        void removeDocument(String path) throws IOException {
            writer.deleteDocuments(new Term(PATH, path));
        }

        void commit(long generation) throws IOException {
            writer.setLiveCommitData(Map.of(GENERATION, String.valueOf(generation)).entrySet());
            writer.commit();
        }

        /** The catalogue names the commit of {@code generation} now; the one before may go. */
        void published(long generation) {
            kept.base = String.valueOf(generation);
        }

        @Override
        public void close() throws IOException {
            try {
                writer.rollback();
            } finally {
                directory.close();
            }
        }
    }

    /** Keeps the commit that the published catalogue names and the newest one; forgets those that were never published. */
    private static final class KeepBaseAndLast extends IndexDeletionPolicy {
        private String base; // of the thread that writes

        private KeepBaseAndLast(long base) {
            this.base = String.valueOf(base);
        }

        @Override
        public void onInit(List<? extends IndexCommit> commits) throws IOException {
            for (IndexCommit commit : commits) {
                deleteUnlessBase(commit);
            }
        }

        @Override
        public void onCommit(List<? extends IndexCommit> commits) throws IOException {
            for (IndexCommit commit : commits.subList(0, commits.size() - 1)) {
                deleteUnlessBase(commit);
            }
        }

        private void deleteUnlessBase(IndexCommit commit) throws IOException {
            if (!base.equals(commit.getUserData().get(GENERATION))) {
                commit.delete();
            }
        }
    }
}
