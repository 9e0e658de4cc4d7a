package dev.longhand.bench;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.desk.Ask;
import dev.longhand.desk.AskResult;
import dev.longhand.desk.AskSpec;
import dev.longhand.desk.Citation;
import dev.longhand.desk.Desk;
import dev.longhand.desk.DeskMemory;
import dev.longhand.desk.Recalled;
import dev.longhand.lm.LanguageModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Asks a desk in a running process, as {@code longhand ask} does, and notes when the first token came and what was attached. */
final class DeskAsking {
    private final DeskCorpus corpus;
    private final Clock clock;

    DeskAsking(DeskCorpus corpus, Clock clock) {
        this.corpus = corpus;
        this.clock = clock;
    }

    /**
     * One question.
     *
     * @param findSeconds   until it was known what to attach and the prompt stood
     * @param seconds       from the question to the first token of the answer
     * @param isRight       whether a part of the document that is wanted was attached
     * @param holdsWords    whether a part that holds the words was
     * @param readSeconds   of {@code seconds}, in which the model read the prompt
     * @param readTokens    tokens that went through the model before the answer
     * @param isReadNow     whether a document had to be read first
     * @param verified      of so many {@code quotes} in all
     */
    record Asked(DeskCorpus.Wanted wanted, double findSeconds, double seconds, double readSeconds, boolean isRight,
            boolean holdsWords, int readTokens, int attachedTokens, boolean isReadNow, int quotes, int verified) {}

    List<Asked> ask(Desk desk, LanguageModel model, DeskMemory memory, List<DeskCorpus.Wanted> questions) throws Problem {
        Ask ask = new Ask(desk, model).withMemory(memory, line -> { });
        List<Asked> asked = new ArrayList<>();
        for (DeskCorpus.Wanted each : questions) {
            asked.add(ask(ask, each));
        }
        return asked;
    }

    private Asked ask(Ask ask, DeskCorpus.Wanted wanted) throws Problem {
        String question = wanted.question();
        FirstToken first = new FirstToken(clock);
        long start = clock.nanos();
        Ask.Prepared prepared = ask.prepare(question, AskSpec.DEFAULT);
        ask.lead(question, prepared, AskSpec.DEFAULT); // is shown before the answer
        double findSeconds = clock.secondsSince(start);
        AskResult result = ask.answer(question, prepared, AskSpec.DEFAULT, first);
        List<Recalled.Attachment> attached = result.recalled().documents();
        boolean isRight = attached.stream().anyMatch(a -> a.path().equals(wanted.document()));
        boolean holdsWords = attached.stream().anyMatch(a -> a.path().equals(wanted.document())
                && corpus.holds(a.path(), a.lineFirst(), a.lineLast(), wanted.words()));
        long verified = result.citations().stream().filter(c -> c.state() == Citation.State.VERIFIED).count();
        return new Asked(wanted, findSeconds, first.seconds(), result.usage().readSeconds(), isRight, holdsWords,
                result.usage().readTokens(), result.recalled().attachedTokens(), result.recalled().readTokens() > 0,
                result.citations().size(), (int) verified);
    }

    /** The slowest first token is the figure. */
    static Measure measure(String row, String tier, List<Asked> asked, Optional<Target> target, Object... more) {
        List<Double> seconds = asked.stream().map(Asked::seconds).sorted().toList();
        List<Double> finding = asked.stream().map(Asked::findSeconds).sorted().toList();
        List<Double> reading = asked.stream().map(Asked::readSeconds).sorted().toList();
        List<Object> details = new ArrayList<>(List.of("p50 s", seconds.get(seconds.size() / 2), "questions", asked.size(),
                "tokens of a question, mean", mean(asked.stream().map(a -> a.wanted().tokens()).toList()),
                "tokens read for a question, mean", mean(asked.stream().map(Asked::readTokens).toList()),
                "tokens attached, mean", mean(asked.stream().map(Asked::attachedTokens).toList()),
                "p50 s until the prompt stood", finding.get(finding.size() / 2),
                "p50 s of reading the prompt", reading.get(reading.size() / 2),
                "questions for which something was read first", asked.stream().filter(Asked::isReadNow).count()));
        details.addAll(List.of(more));
        return Measure.of(row, tier, seconds.getLast(), "s to the first token, slowest", target, details.toArray());
    }

    /** Whether the right ones were attached, and quotes are verbatim. */
    static List<Measure> right(String name, String tier, List<Asked> asked) {
        List<String> missed = asked.stream().filter(a -> !a.isRight()).map(a -> a.wanted().question()).toList();
        int quotes = asked.stream().mapToInt(Asked::quotes).sum();
        int verified = asked.stream().mapToInt(Asked::verified).sum();
        return List.of(
                Measure.of(name + "/desk-right-document", tier,
                        percent(asked.stream().filter(Asked::isRight).count(), asked.size()),
                        "% with the right document attached", Optional.of(Target.atLeast(80)), "questions", asked.size(),
                        "% with the part that holds the words", percent(asked.stream().filter(Asked::holdsWords).count(),
                                asked.size()), "missed", missed),
                Measure.of(name + "/desk-quotes", tier, percent(verified, quotes), "% of quotes verified",
                        Optional.of(Target.atLeast(100)), "quotes", quotes));
    }

    private static double percent(long part, long all) {
        return all == 0 ? 0 : 100.0 * part / all;
    }

    private static double mean(List<Integer> values) {
        return values.stream().mapToInt(Integer::intValue).average().orElse(0);
    }
}
