package dev.longhand.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.cli.KilledProgram.Wish;
import dev.longhand.desk.Desk;
import dev.longhand.desk.Desks;
import dev.longhand.desk.Router;
import dev.longhand.jobs.GenerateJob;
import dev.longhand.jobs.Generated;
import dev.longhand.jobs.Job;
import dev.longhand.jobs.Jobs;
import dev.longhand.jobs.State;
import dev.longhand.jobs.Step;
import dev.longhand.ledger.Balance;
import dev.longhand.ledger.Ledger;
import dev.longhand.ledger.Transfer;
import dev.longhand.lm.Answer;
import dev.longhand.store.Inspection;
import dev.longhand.store.Store;
import dev.longhand.store.StoreSetting;
import dev.longhand.upkeep.Verify;
import dev.longhand.upkeep.Watcher;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What {@link KilledProgram} has promised so far, and whether its data directory keeps it. Only looks: the next program finds
 * everything as the last one left it.
 */
final class KilledHome {
    private static final Pattern VERSION = Pattern.compile("Version (\\d+) of");
    private static final int ROWS = 10_000;
    /** Of a backup, how many of the newest lines that were promised before it are looked for. */
    private static final int BACKED_UP_LINES = 300;

    private final Path work;
    private final World world;
    private final Papers papers;
    private final List<Answer> unkilled;
    private final Set<String> posted = new LinkedHashSet<>();
    private final Map<Integer, Integer> documents = new TreeMap<>();
    private final Set<String> done = new LinkedHashSet<>();
    private final Map<String, Set<Integer>> links = new HashMap<>();
    private final Map<String, List<String>> steps = new HashMap<>();
    private final Map<String, Long> bookedByPosters = new HashMap<>();
    private final Map<String, Integer> lastNumbers = new HashMap<>();
    private final Set<String> kept = new TreeSet<>();
    private int documentsSaid;
    private int backups;
    private int parked;

    /** A backup that was begun, and what had been promised by then. */
    private record Begun(String name, Map<Integer, Integer> documents, int posted) {}

    /** @param unkilled answers to the questions of {@link KilledProgram} that were never cut off; empty where none is asked */
    KilledHome(Path work, World world, List<Answer> unkilled) throws IOException {
        this.work = work;
        this.world = world;
        this.papers = Papers.in(work);
        this.unkilled = unkilled;
    }

    void check(int round, List<String> said) throws Exception {
        List<Begun> begun = new ArrayList<>();
        Set<String> backedUp = new TreeSet<>();
        List<String> news = new ArrayList<>();
        for (String line : said) {
            String[] words = line.split(" ");
            switch (words[0]) {
                case "posted" -> {
                    if (posted.add(words[1])) {
                        news.add(words[1]);
                    }
                }
                case "document" -> document(words[1], words[2]);
                case "done" -> done.add(words[1]);
                case "step" -> links.computeIfAbsent(words[1], j -> new TreeSet<>()).add(Integer.parseInt(words[2]));
                case "begin" -> begun.add(new Begun(words[1], new TreeMap<>(documents), posted.size()));
                case "backup" -> backedUp.add(words[1]);
                case "parked" -> parked++;
                default -> throw new IllegalStateException("it said: " + line);
            }
        }
        if (Files.exists(world.home().database())) {
            Verify verify = new Verify(UpkeepView.site(world), Watcher.SILENT);
            assertThat(verify.home(false).findings()).as("verify").isEmpty();
            look(world.home(), store -> {
                checkPostings(store, round, news);
                checkJobs(store);
            });
        }
        checkDesk(world.home(), documents);
        checkBackups(begun, backedUp);
    }

    private void document(String path, String hash) throws IOException {
        documentsSaid++;
        int paper = Papers.number(path);
        int version = papers.version(paper);
        while (version > 0 && !Papers.hash(paper, version).equals(new Sha256(hash))) {
            version--;
        }
        assertThat(version).as("a version of %s with the hash that was read", path).isPositive();
        documents.merge(paper, version, Math::max);
    }

    private interface Look {
        void at(Store store) throws Problem;
    }

    private void look(Home home, Look look) throws Problem {
        Inspection.look(new StoreSetting.Sqlite(home.database()), new Inspection.Tools(dev.longhand.store.Limits.DEFAULT,
                Clock.SYSTEM, Disk.REAL, () -> false), store -> {
                    look.at(store);
                    return null;
                });
    }

    private static Ledger ledger(Store store) throws Problem {
        return Ledger.open(store, Clock.SYSTEM, dev.longhand.ledger.Limits.DEFAULT);
    }

    private static Wish wish(String name) {
        return new Wish(name, Integer.parseInt(name.substring(name.lastIndexOf('-') + 1)));
    }

    private static void mustBeThere(Ledger ledger, String id) throws Problem {
        Optional<Transfer> line = ledger.transfer(id);
        assertThat(line).as("the line %s, which was promised", id).isPresent();
        Wish wish = wish(id.startsWith("post-") ? id.substring("post-".length()) : id);
        assertThat(line.get().amount()).as("amount of %s", id).isEqualTo(id.equals(wish.name()) ? wish.reserved() : wish.posted());
    }

    /** What was promised is there, and the payers' sums are those of the lines that were wished for, each once. */
    private void checkPostings(Store store, int round, List<String> news) throws Problem {
        Ledger ledger = ledger(store);
        for (String each : news) {
            mustBeThere(ledger, each);
            if (!each.startsWith("post-") && !each.startsWith(KilledProgram.CHAIN)) {
                lastNumbers.merge(each.substring(0, each.lastIndexOf('-')), wish(each).number(), Math::max);
            }
        }
        for (int r = Math.max(0, round - 1); r <= round; r++) {
            for (int poster = 0; poster < KilledProgram.POSTERS; poster++) {
                int last = Math.max(lastNumbers.getOrDefault(r + "-" + poster, -1) + 1, KilledProgram.REPEATED);
                for (int number = 0; number <= last; number++) {
                    note(ledger, new Wish(r, poster, number));
                }
            }
        }
        if (posted.stream().anyMatch(id -> !id.contains(KilledProgram.CHAIN))) {
            Balance balance = ledger.balance(KilledProgram.PAYER);
            assertThat(balance.debitsPosted()).as("the sum of what the posters posted").isEqualTo(sum(bookedByPosters, true));
            assertThat(balance.debitsPending()).as("the sum of what they set aside").isEqualTo(sum(bookedByPosters, false));
        }
        Map<String, Long> chained = new HashMap<>();
        for (int chain = 0; chain <= links.size(); chain++) {
            for (int i = 0; i < KilledProgram.LINKS; i++) {
                note(ledger, KilledProgram.linkWish(KilledProgram.CHAIN + "-" + chain, i), chained);
            }
        }
        if (!chained.isEmpty()) {
            Balance balance = ledger.balance(KilledProgram.CHAIN_PAYER);
            assertThat(balance.debitsPosted()).as("the sum of what steps posted").isEqualTo(sum(chained, true));
            assertThat(balance.debitsPending()).as("the sum of what steps set aside").isEqualTo(sum(chained, false));
        }
    }

    private void note(Ledger ledger, Wish wish) throws Problem {
        if (!bookedByPosters.containsKey(wish.post())) {
            note(ledger, wish, bookedByPosters);
        }
    }

    /** A wish that was booked is noted by its posting, or by its own name if it is only set aside. */
    private static void note(Ledger ledger, Wish wish, Map<String, Long> booked) throws Problem {
        Optional<Transfer> reserved = ledger.transfer(wish.name());
        Optional<Transfer> ended = reserved.isEmpty() ? Optional.empty() : ledger.transfer(wish.post());
        booked.remove(wish.name());
        if (ended.isPresent()) {
            booked.put(wish.post(), ended.get().amount());
        } else if (reserved.isPresent()) {
            booked.put(wish.name(), reserved.get().amount());
        }
    }

    private static long sum(Map<String, Long> booked, boolean isPosted) {
        return booked.entrySet().stream().filter(e -> e.getKey().startsWith("post-") == isPosted)
                .mapToLong(Map.Entry::getValue).sum();
    }

    private void checkJobs(Store store) throws Problem {
        Ledger ledger = ledger(store);
        Jobs jobs = new Jobs(store, ledger, Clock.SYSTEM, dev.longhand.jobs.Limits.DEFAULT);
        Map<String, Job> all = new LinkedHashMap<>();
        long last = -1;
        for (List<Job> page; !(page = jobs.list(Set.of(), last, ROWS)).isEmpty(); last = page.getLast().createdMicros()) {
            page.forEach(job -> all.put(job.id(), job));
        }
        assertThat(all.keySet()).as("jobs that had steps").containsAll(steps.keySet());
        for (Job each : all.values()) {
            checkSteps(each, jobs.steps(each.id(), -1, ROWS));
        }
        for (Map.Entry<String, Set<Integer>> each : links.entrySet()) {
            for (int number : each.getValue()) {
                assertThat(number).as("a step of %s that was promised", each.getKey()).isLessThan(steps.get(each.getKey()).size());
                mustBeThere(ledger, KilledProgram.linkWish(each.getKey(), number).post());
            }
        }
        for (String each : done) {
            assertThat(all.get(each).state()).as("job %s, which was done", each).isEqualTo(State.DONE);
            if (each.startsWith("answer-")) {
                checkAnswer(each, Generated.of(jobs.result(each).orElseThrow()));
            }
        }
    }

    private void checkAnswer(String job, Generated answer) {
        Answer expected = unkilled.get(KilledProgram.questionOf(job));
        assertThat(answer.tokens()).as("tokens of %s", job).isEqualTo(expected.tokens());
        assertThat(answer.text()).as("text of %s", job).isEqualTo(expected.text());
        assertThat(answer.stop()).as("end of %s", job).isEqualTo(expected.stop());
    }

    /** What is recorded stays as it is; no document is read twice by one job; tokens that are kept are those of the unkilled. */
    private void checkSteps(Job job, List<Step> found) {
        List<String> now = new ArrayList<>();
        Set<String> entries = new LinkedHashSet<>();
        for (Step each : found) {
            if (each.isDone()) {
                assertThat(each.number()).as("number of a step of %s", job.id()).isEqualTo(now.size());
                now.add(each.name() + " " + each.inputHash().hex() + " " + Sha256.of(each.result().orElseThrow()).hex());
                assertThat(entries.add(each.name() + each.inputHash().hex())).as("%s once in %s", each.name(), job.id()).isTrue();
            }
            if (job.kind().equals(GenerateJob.KIND) && each.checkpoint().isPresent()) {
                int[] tokens = tokens(each.checkpoint().get());
                int[] expected = unkilled.get(KilledProgram.questionOf(job.id())).tokens();
                assertThat(tokens).as("tokens that %s has kept", job.id()).isEqualTo(Arrays.copyOf(expected, tokens.length));
                kept.add(job.id());
            }
            if (job.kind().equals(KilledProgram.CHAIN)) {
                assertThat(each.result()).as("result of a step of %s", job.id())
                        .hasValue(KilledProgram.link(job.id(), (int) each.number()));
            }
        }
        List<String> before = steps.getOrDefault(job.id(), List.of());
        assertThat(now.subList(0, Math.min(before.size(), now.size()))).as("steps of %s", job.id()).isEqualTo(before);
        assertThat(now).as("steps of %s", job.id()).hasSize((int) job.steps());
        steps.put(job.id(), now);
    }

    private static int[] tokens(byte[] checkpoint) {
        ByteBuffer bytes = ByteBuffer.wrap(checkpoint);
        int[] tokens = new int[bytes.getInt()];
        bytes.asIntBuffer().get(tokens);
        return tokens;
    }

    /** Each document is found by its own word, once, in a version that is not older than the one that was promised. */
    private void checkDesk(Home home, Map<Integer, Integer> promised) throws Problem, IOException {
        if (promised.isEmpty()) {
            return;
        }
        assertThat(home.desks().resolve(KilledProgram.DESK).resolve("catalogue"))
                .as("the desk, of which %d documents were promised", promised.size()).exists();
        try (Desk desk = new Desks(home, Disk.REAL, Clock.SYSTEM).open(KilledProgram.DESK)) {
            Router router = desk.router();
            for (Map.Entry<Integer, Integer> each : promised.entrySet()) {
                int paper = each.getKey();
                List<Router.Ranked> found = router.route(Papers.word(paper), 10);
                assertThat(found).as("document %d, of which version %d was promised", paper, each.getValue()).hasSize(1);
                assertThat(found.getFirst().passage().path()).isEqualTo(Papers.name(paper));
                Matcher version = VERSION.matcher(found.getFirst().passage().text());
                assertThat(version.find()).isTrue();
                int number = Integer.parseInt(version.group(1));
                assertThat(number).as("version of document %d", paper).isBetween(each.getValue(), papers.version(paper));
                assertThat(router.route(Papers.word(paper, number), 10)).as("document %d by its version's word", paper)
                        .extracting(r -> r.passage().path()).containsExactly(Papers.name(paper));
                assertThat(router.route(Papers.word(paper, number - 1), 10)).as("the version before of document %d", paper)
                        .isEmpty();
            }
        }
    }

    /** Whatever has a backup's name is a whole one, and holds what was promised before it was begun. */
    private void checkBackups(List<Begun> begun, Set<String> finished) throws Exception {
        Path folder = work.resolve("backups");
        for (Begun each : begun) {
            Path backup = folder.resolve(each.name());
            assertThat(Files.exists(backup) || !finished.contains(each.name())).as("%s, which was finished", each.name()).isTrue();
            if (!Files.exists(backup)) {
                continue;
            }
            backups++;
            assertThat(new Verify(UpkeepView.filesOnly(world), Watcher.SILENT).backup(backup).findings()).as(each.name()).isEmpty();
            Home inside = new Home(backup);
            look(inside, store -> {
                Ledger ledger = ledger(store);
                List<String> before = posted.stream().limit(each.posted()).skip(Math.max(0, each.posted() - BACKED_UP_LINES))
                        .toList();
                for (String id : before) {
                    mustBeThere(ledger, id);
                }
            });
            checkDesk(inside, each.documents());
            delete(backup);
        }
        if (Files.isDirectory(folder)) {
            try (DirectoryStream<Path> left = Files.newDirectoryStream(folder, "[!.]*")) {
                assertThat(left).as("backups that nobody began").isEmpty();
            }
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }

    /** After a run that ended by itself: nothing is open, everything that was ever promised is there, every document is current. */
    void checkEnd(int round, List<String> said) throws Exception {
        check(round, said);
        look(world.home(), store -> {
            Ledger ledger = ledger(store);
            for (String each : posted) {
                mustBeThere(ledger, each);
            }
            Jobs jobs = new Jobs(store, ledger, Clock.SYSTEM, dev.longhand.jobs.Limits.DEFAULT);
            for (Job each : jobs.list(Set.of(State.QUEUED, State.RUNNING, State.WAITING), -1, ROWS)) {
                throw new AssertionError("job " + each.id() + " is " + each.state());
            }
            for (String each : steps.keySet()) {
                if (each.startsWith("answer-")) {
                    checkAnswer(each, Generated.of(jobs.result(each).orElseThrow()));
                }
            }
        });
        Map<Integer, Integer> current = new TreeMap<>();
        for (int paper = 0; paper < Papers.COUNT; paper++) {
            current.put(paper, papers.version(paper));
        }
        checkDesk(world.home(), current);
    }

    long answers() {
        return steps.keySet().stream().filter(id -> id.startsWith("answer-")).count();
    }

    /** Answers that a kill interrupted behind tokens that were kept. */
    int keptAnswers() {
        return kept.size();
    }

    @Override
    public String toString() {
        return ("promised and kept: %d lines of the books, %d documents read, %d steps of chains, %d jobs done; %d backups; "
                + "%d answers, %d of them went on behind kept tokens, all as if never killed; %d times a job was parked "
                + "and resumed").formatted(posted.size(), documentsSaid, links.values().stream().mapToInt(Set::size).sum(),
                done.size(), backups, answers(), keptAnswers(), parked);
    }
}
