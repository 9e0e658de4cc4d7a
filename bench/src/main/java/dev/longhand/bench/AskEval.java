package dev.longhand.bench;

import dev.longhand.base.Clock;
import dev.longhand.base.Disk;
import dev.longhand.base.Home;
import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import dev.longhand.desk.Ask;
import dev.longhand.desk.AskResult;
import dev.longhand.desk.AskSpec;
import dev.longhand.desk.Citation;
import dev.longhand.desk.Desk;
import dev.longhand.desk.DeskMemory;
import dev.longhand.desk.Desks;
import dev.longhand.desk.PartPlan;
import dev.longhand.desk.ReadListener;
import dev.longhand.desk.Recall;
import dev.longhand.engine.EngineOptions;
import dev.longhand.engine.LocalModel;
import dev.longhand.engine.LookupOptions;
import dev.longhand.kernels.Tier;
import dev.longhand.lm.Sampling;
import dev.longhand.lm.Sink;
import dev.longhand.memory.Positions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Asks a real model the questions of {@code desk/src/test/eval/questions.jsonl} and reports how often its own words hold the fact.
 *
 * <p>The questions with an odd place in the file are the dev half, which prompts may be tuned on; the even ones are the test half.
 */
public final class AskEval {
    private static final String USAGE = "usage: AskEval MODEL.gguf QUESTIONS.jsonl HOME dev|test|all CORPUS=FOLDER...\n"
            + "settings: -Deval.promptTokens, -Deval.answerTokens, -Deval.repeatPenalty, -Deval.repeatWindow, -Deval.passages, "
            + "-Deval.kind=literal|paraphrase, -Deval.parts (0: passages in the prompt), -Deval.shareMin, -Deval.again, "
            + "-Deval.partTokens, -Deval.positions=TRUE|PARALLEL|GROUPED|CONST, -Deval.tier";

    /** @param facts each with alternatives between bars; an answer must hold one of each */
    record Question(String id, String corpus, boolean isLiteral, boolean isDev, String text, String quote, List<String> facts) {
        boolean isHeldBy(String answer) {
            String lower = answer.toLowerCase(Locale.ROOT);
            return facts.stream()
                    .allMatch(fact -> List.of(fact.toLowerCase(Locale.ROOT).split("\\|")).stream().anyMatch(a -> holds(lower, a)));
        }

        private static boolean holds(String answer, String fact) {
            boolean isSmallNumber = fact.length() <= 2 && fact.chars().allMatch(Character::isDigit);
            return isSmallNumber ? answer.matches("(?s).*(?<![\\w.])" + fact + "(?!\\w).*") : answer.contains(fact);
        }
    }

    /** Sums over some questions. */
    private static final class Tally {
        private int asked;
        private int held;
        private int citedFact;
        private int citedFirst;
        private int quotedFact;
        private int contextFact;
        private long attached;
        private double quoteLogprob;
        private int quotesScored;
        private int sentences;
        private int unsupported;
        private int quotes;
        private int verified;
        private long read;
        private double readSeconds;
        private long answered;
        private double answerSeconds;

        void add(Question question, AskResult result) {
            asked++;
            held += question.isHeldBy(result.text()) ? 1 : 0;
            citedFact += result.citations().stream().anyMatch(c -> question.isHeldBy(c.passage().text())) ? 1 : 0;
            citedFirst += !result.citations().isEmpty() && question.isHeldBy(result.citations().getFirst().passage().text()) ? 1
                    : 0;
            quotedFact += result.citations().stream().anyMatch(c -> question.isHeldBy(c.quote())) ? 1 : 0;
            contextFact += result.context().stream().anyMatch(p -> question.isHeldBy(p.text())) ? 1 : 0;
            attached += result.recalled().attachedTokens();
            sentences += result.sentences().size();
            unsupported += (int) result.sentences().stream().filter(s -> !s.isSupported()).count();
            quotes += result.citations().size();
            verified += (int) result.citations().stream().filter(c -> c.state() == Citation.State.VERIFIED).count();
            read += result.usage().readTokens();
            readSeconds += result.usage().readSeconds();
            answered += result.usage().answeredTokens();
            answerSeconds += result.usage().answerSeconds();
        }

        void score(float[] logprobs) {
            double sum = 0;
            for (float each : logprobs) {
                sum += each;
            }
            quoteLogprob += sum / logprobs.length;
            quotesScored++;
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "log-probability of the right words %.3f nats per token; ",
                    quoteLogprob / Math.max(1, quotesScored)) + String.format(Locale.ROOT,
                    "asked %d, own words hold the fact %.0f %%, context holds it %.0f %%, cited passages hold it %.0f %%, "
                            + "the first %.0f %%, "
                            + "quotes hold it %.0f %%, attached %.0f tokens, "
                            + "sentences %d of which marked %d, quotes %d of which verified %d, "
                            + "prompt %.0f tokens at %.0f/s, answer %.0f tokens at %.0f/s",
                    asked, percent(held), percent(contextFact), percent(citedFact), percent(citedFirst), percent(quotedFact),
                   
                    (double) attached / Math.max(1, asked), sentences, unsupported, quotes, verified,
                    (double) read / Math.max(1, asked), read / Math.max(1e-9, readSeconds),
                    (double) answered / Math.max(1, asked), answered / Math.max(1e-9, answerSeconds));
        }

        private double percent(int count) {
            return asked == 0 ? 0 : 100.0 * count / asked;
        }
    }

    private AskEval() {}

    public static void main(String[] args) throws Problem, IOException {
        if (args.length < 5) {
            throw new Problem(Problem.Kind.USAGE, USAGE);
        }
        Map<String, Desk> desks = desks(Path.of(args[2]).toAbsolutePath(), List.of(args).subList(4, args.length));
        Map<String, Tally> tallies = new java.util.LinkedHashMap<>();
        Map<String, DeskMemory> memories = new HashMap<>();
        try (LocalModel model = LocalModel.open(Path.of(args[0]), "eval", Sha256.ofFile(Path.of(args[0])).hex(), options(),
                Clock.SYSTEM)) {
            if (recall().partsMax() > 0) {
                PartPlan plan = new PartPlan(Integer.getInteger("eval.partTokens", PartPlan.DEFAULT.tokensMax()));
                for (Map.Entry<String, Desk> each : desks.entrySet()) {
                    memories.put(each.getKey(), DeskMemory.open(each.getValue(), model, plan, DeskMemory.BYTES_MAX));
                }
            }
            for (Question question : questions(Path.of(args[1]))) {
                if (desks.containsKey(question.corpus()) && (args[3].equals("all") || args[3].equals("dev") == question.isDev())
                        && System.getProperty("eval.kind", kind(question)).equals(kind(question))) {
                    Ask ask = asking(desks.get(question.corpus()), model, memories.get(question.corpus()));
                    AskResult result = ask(ask, question);
                    Tally tally = tallies.computeIfAbsent(kind(question), k -> new Tally());
                    if (result != null) {
                        tally.score(ask.score(ask.prepare(question.text(), spec()), question.quote()));
                    }
                    if (result == null) {
                        tally.asked++;
                    } else {
                        tally.add(question, result);
                    }
                }
            }
            memories.values().forEach(DeskMemory::close);
        } finally {
            desks.values().forEach(Desk::close);
        }
        tallies.forEach((name, tally) -> System.out.println(args[3] + " " + name + ": " + tally));
    }

    private static EngineOptions options() {
        EngineOptions options = EngineOptions.DEFAULT;
        if (System.getProperty("eval.tier") != null) {
            options = options.withTier(Tier.valueOf(System.getProperty("eval.tier").toUpperCase(Locale.ROOT)));
        }
        LookupOptions lookup = LookupOptions.DEFAULT;
        String positions = System.getProperty("eval.positions");
        return recall().partsMax() == 0 ? options
                : options.withLookup(positions == null ? lookup : lookup.withPositions(Positions.valueOf(positions)));
    }

    private static Ask asking(Desk desk, LocalModel model, DeskMemory memory) {
        Ask ask = new Ask(desk, model);
        return memory == null ? ask : ask.withMemory(memory, line -> { });
    }

    private static AskResult ask(Ask ask, Question question) throws Problem {
        try {
            AskResult result = ask.ask(question.text(), spec(), Sink.SILENT);
            System.out.printf("%s %s%n  Q %s%n  A %s%n", question.id(), question.isHeldBy(result.text()) ? "held" : "not held",
                    question.text(), result.text().strip().replace("\n", "\n    "));
            for (AskResult.Sentence sentence : result.sentences()) {
                if (!sentence.isSupported()) {
                    System.out.printf("  ! %s <- %s%n", sentence.reason(), sentence.text().replace('\n', ' '));
                }
            }
            return result;
        } catch (Problem e) {
            System.out.printf("%s no passage: %s%n", question.id(), e.getMessage());
            if (e.kind() != Problem.Kind.NOT_FOUND) {
                throw e;
            }
            return null;
        }
    }

    private static String kind(Question question) {
        return question.isLiteral() ? "literal" : "paraphrase";
    }

    private static AskSpec spec() {
        AskSpec base = AskSpec.DEFAULT;
        Sampling sampling = base.sampling();
        float penalty = Float.parseFloat(System.getProperty("eval.repeatPenalty", String.valueOf(sampling.repeatPenalty())));
        return new AskSpec(Integer.getInteger("eval.promptTokens", base.promptTokensMax()),
                Integer.getInteger("eval.answerTokens", base.answerTokensMax()),
                new Sampling(sampling.temperature(), sampling.topK(), sampling.topP(), sampling.minP(), penalty,
                        Integer.getInteger("eval.repeatWindow", sampling.repeatWindow()),
                        sampling.seed()),
                Integer.getInteger("eval.passages", base.passagesMax()), base.citationsMax(), base.quoteLinesMax(),
                recall());
    }

    private static Recall recall() {
        Recall base = Recall.DEFAULT;
        return new Recall(Integer.getInteger("eval.parts", base.partsMax()),
                Double.parseDouble(System.getProperty("eval.shareMin", String.valueOf(base.scoreShareMin()))),
                Integer.getInteger("eval.again", base.passagesAgain()));
    }

    private static Map<String, Desk> desks(Path home, List<String> corpora) throws Problem {
        Desks desks = new Desks(new Home(home), Disk.REAL, Clock.SYSTEM);
        Map<String, Desk> open = new HashMap<>();
        for (String corpus : corpora) {
            String[] parts = corpus.split("=", 2);
            if (parts.length != 2) {
                throw new Problem(Problem.Kind.USAGE, USAGE);
            }
            Desk desk = desks.forFolder(Path.of(parts[1]), "eval-" + parts[0]);
            desk.refresh(ReadListener.SILENT);
            open.put(parts[0], desk);
        }
        return open;
    }

    private static List<Question> questions(Path file) throws IOException {
        JsonMapper json = JsonMapper.builder().build();
        List<Question> questions = new ArrayList<>();
        for (String line : Files.readAllLines(file)) {
            if (!line.isBlank()) {
                JsonNode row = json.readTree(line);
                List<String> facts = new ArrayList<>();
                row.get("facts").forEach(f -> facts.add(f.asString()));
                questions.add(new Question(row.get("id").asString(), row.get("corpus").asString(),
                        row.get("kind").asString().equals("literal"),
                        questions.size() % 2 == 0, row.get("question").asString(),
                        row.get("quote").asString(), facts));
            }
        }
        return questions;
    }
}
