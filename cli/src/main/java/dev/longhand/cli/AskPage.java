package dev.longhand.cli;

import dev.longhand.base.ProcFile;
import dev.longhand.base.Units;
import dev.longhand.desk.AnswerMarker;
import dev.longhand.desk.AskResult;
import dev.longhand.desk.AskSpec;
import dev.longhand.desk.Citation;
import dev.longhand.desk.Desk;
import dev.longhand.desk.Fusion;
import dev.longhand.desk.Recalled;
import dev.longhand.desk.Refresh;
import dev.longhand.ingest.Passage;
import dev.longhand.ledger.Charges;
import dev.longhand.ledger.MeteredModel;
import dev.longhand.lm.Answer;
import dev.longhand.lm.Sink;
import dev.longhand.lm.Usage;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What a person sees of a question, in this order: tier and desk (notes), the best passage found, the answer as it grows with
 * unsupported sentences marked, sources, what was left out, the cost.
 *
 * <p>Knows how it looks, not how an answer is made. With JSON all but notes is held back for one document. Used by one thread.
 */
final class AskPage {
    static final String MARK = "[unsupported]";
    private static final int LEAD_LINES = 6;
    private static final int LEFT_OUT_SHOWN = 4;

    private final World world;
    private final String askedPath;
    private final Setting setting;
    private final boolean isJson;
    private final boolean isExplained;
    private final Style style;
    private final StatusLine status;
    private final long startNanos;
    private AnswerMarker marker;

    /** What the question is asked with. */
    record Setting(Desk desk, Refresh refresh, ModelFacts model) {}

    /**
     * What it came to.
     *
     * @param warnings  soft limits that were passed
     * @param peakBytes most memory that the process with the model ever had
     */
    record Booked(Charges charges, List<String> warnings, Optional<Long> peakBytes) {
        static Booked here(MeteredModel model) {
            return new Booked(model.charges(), model.warnings(), ProcFile.peakBytes());
        }
    }

    /** How it is shown. */
    record Form(boolean isJson, boolean isExplained) {}

    AskPage(World world, String askedPath, Setting setting, Form form, long startNanos) {
        this.world = world;
        this.askedPath = askedPath;
        this.setting = setting;
        this.isJson = form.isJson();
        this.isExplained = form.isExplained();
        this.style = world.style();
        this.status = new StatusLine(world);
        this.startNanos = startNanos;
    }

    /** Tier, model and what the desk read. */
    void head(String headline) {
        Style notes = world.noteStyle();
        world.note(notes.dim(Style.safe(headline)));
        world.note(notes.dim(Style.safe(deskLine(setting.desk.name(), setting.refresh))));
    }

    static String deskLine(String name, Refresh refresh) {
        StringBuilder line = new StringBuilder("desk " + name + ": " + Units.count(refresh.documents()) + " documents");
        line.append(refresh.hasChanges() ? "; " : ", unchanged");
        if (refresh.hasChanges()) {
            line.append(java.util.stream.Stream.of(part(refresh.added(), "new"), part(refresh.changed(), "changed"),
                    part(refresh.unchanged(), "unchanged"), part(refresh.removed(), "gone"))
                    .flatMap(Optional::stream).collect(Collectors.joining(", ")));
        }
        if (!refresh.skips().isEmpty()) {
            line.append("; left out: ").append(DeskCommand.reasons(refresh.skips()));
        }
        return line.toString();
    }

    private static Optional<String> part(int count, String what) {
        return count == 0 ? Optional.empty() : Optional.of(Units.count(count) + " " + what);
    }

    /** The best passage, before the model speaks. */
    void found(Citation lead, AnswerMarker marker) {
        this.marker = marker;
        if (isJson) {
            return;
        }
        world.out().println(style.bold(place(lead)));
        quote(lead, LEAD_LINES);
        world.out().println();
        world.out().flush();
        Trace.mark("passage shown");
    }

    /** What takes a moment now. */
    void told(String line) {
        status.clear();
        world.note(world.noteStyle().dim(Style.safe(line)));
    }

    /** Takes the answer as it grows. */
    Sink sink(boolean isStreamed) {
        return new Sink() {
            private boolean hasBegun;

            @Override
            public void text(String piece) {
                if (!hasBegun) {
                    hasBegun = true;
                    status.clear();
                    Trace.mark("first token");
                }
                if (isStreamed && !isJson) {
                    show(marker.accept(piece));
                }
            }

            @Override
            public void reading(int done, int total) {
                status.show("the model has read " + Units.count(done) + " of " + Units.count(total) + " tokens");
            }

            @Override
            public boolean isCancelled() {
                return world.interrupts().isCancelled();
            }
        };
    }

    /** The model has ended; what is not yet shown of the answer is shown. */
    void answered(String text) {
        status.clear();
        if (!isJson) {
            show(marker.accept(text.substring(marker.length())));
            show(marker.finish());
            world.out().println();
            world.out().flush();
        }
    }

    private void show(List<AnswerMarker.Part> parts) {
        for (AnswerMarker.Part part : parts) {
            world.out().print(Style.safe(part.text()));
            if (part.endsUnsupported()) {
                world.out().print(" " + style.dim(MARK));
            }
        }
        world.out().flush();
    }

    /** Sources, what was left out, and the cost; or the whole as one document. */
    void end(String question, AskSpec spec, AskResult result, Booked booked) {
        double seconds = world.clock().secondsSince(startNanos);
        if (isJson) {
            Json.print(world.out(), AskJson.of(setting, booked, question, spec, result, seconds));
            return;
        }
        result.notes().forEach(note -> world.note(Style.safe(note)));
        OpenBooks.warn(world, booked.warnings(), 0);
        world.out().println();
        world.out().println(style.bold("Sources"));
        for (int i = 0; i < result.citations().size(); i++) {
            Citation each = result.citations().get(i);
            world.out().println("[" + (i + 1) + "] " + place(each));
            quote(each, Integer.MAX_VALUE);
        }
        world.out().println();
        explain(result);
        attached(result.recalled());
        if (!result.leftOut().isEmpty()) {
            world.out().println(leftOut(result, spec));
        }
        if (result.hasUnsupported()) {
            world.out().println(MARK + " marks a sentence that no passage the model read supports.");
        }
        if (result.stop() == Answer.Stop.LENGTH) {
            world.out().println("The answer was cut at " + Units.count(spec.answerTokensMax()) + " tokens; -n allows more.");
        }
        world.out().println(cost(booked, result.usage(), seconds));
        world.out().flush();
    }

    /** The lines that carried each sentence, by how much of the attention to documents they got. */
    private void explain(AskResult result) {
        if (!isExplained || result.recalled().documents().isEmpty()) {
            return;
        }
        world.out().println(style.bold("What carried it"));
        for (AskResult.Sentence sentence : result.sentences()) {
            world.out().println(Style.safe(sentence.text()));
            for (AskResult.Carrier each : sentence.carriers()) {
                world.out().println(String.format(Locale.ROOT, "%6.0f %%  %s", 100 * each.share(),
                        place(each.path(), each.lineFirst(), each.lineLast())));
            }
        }
        world.out().println();
    }

    /** Which documents were attached and why. */
    private void attached(Recalled recalled) {
        if (recalled.documents().isEmpty()) {
            return;
        }
        world.out().println(style.bold("Attached"));
        for (Recalled.Attachment each : recalled.documents()) {
            String part = each.parts() == 1 ? "" : ", part " + (each.part() + 1) + " of " + each.parts();
            String found = each.found().stream().map(p -> p.lineFirst() + "-" + p.lineLast()).collect(Collectors.joining(", "));
            world.out().println(place(each.path(), each.lineFirst(), each.lineLast()) + Style.safe(String.format(Locale.ROOT,
                    "%s: %s tokens%s, score %.1f by lines %s, %s", part, Units.count(each.tokens()),
                    each.isRead() ? " read now" : "", each.score(), found, ranks(each.place(), recalled.routing()))));
        }
        world.out().println(Style.safe(judged(recalled.routing())));
        world.out().println("%s tokens attached, %s of them read now, %s looked up".formatted(
                Units.count(recalled.attachedTokens()), Units.count(recalled.readTokens()),
                        Units.count(recalled.lookedUpTokens())));
    }

    private static String ranks(Fusion.Place place, Recalled.Routing routing) {
        String words = "number %d of %d by words".formatted(place.words(), routing.candidates());
        return place.heads() == 0 ? words : words + ", %d of %d by heads".formatted(place.heads(), routing.judged());
    }

    private static String judged(Recalled.Routing routing) {
        String of = routing.candidates() == 1 ? "1 candidate" : routing.candidates() + " candidates";
        return routing.judged() == 0 ? "chosen by words alone of %s: %s".formatted(of, routing.why())
                : "chosen by words and the model's heads of %s, %d of which the model had read".formatted(of, routing.judged());
    }

    private String place(Citation citation) {
        return place(citation.path(), citation.lineFirst(), citation.lineLast());
    }

    /** {@code docs/KERNELS.md:12-16}, as the reader can open it from where they stand. */
    private String place(String path, int lineFirst, int lineLast) {
        boolean isFile = Files.isRegularFile(setting.desk.root());
        int inside = path.indexOf("!/");
        String shown = Desk.isKept(path) || askedPath.equals(".") ? path
                : isFile ? askedPath + (inside < 0 ? "" : path.substring(inside))
                : askedPath + (askedPath.endsWith("/") ? "" : "/") + path;
        return Style.safe(shown + ":" + lineFirst + "-" + lineLast);
    }

    private void quote(Citation citation, int linesMax) {
        switch (citation.state()) {
            case CHANGED -> world.out().println("        (the file changed after it was read and is not quoted)");
            case GONE -> world.out().println("        (the file can no longer be read and is not quoted)");
            case VERIFIED -> {
                List<String> lines = citation.quote().lines().toList();
                int shown = lines.size() - 1 <= linesMax ? lines.size() : linesMax;
                for (int i = 0; i < shown; i++) {
                    String number = String.format(Locale.ROOT, "%6d  ", citation.quoteFirst() + i);
                    world.out().println(style.dim(number) + Style.safe(lines.get(i)));
                }
                if (shown < lines.size()) {
                    world.out().println(style.dim("        ... " + (lines.size() - shown) + " more lines"));
                }
            }
        }
    }

    private static String leftOut(AskResult result, AskSpec spec) {
        List<Passage> passages = result.leftOut();
        String places = passages.stream().limit(LEFT_OUT_SHOWN).map(p -> p.path() + ":" + p.lineFirst() + "-" + p.lineLast())
                .collect(Collectors.joining(", "));
        int more = passages.size() - LEFT_OUT_SHOWN;
        String why = result.recalled().documents().isEmpty()
                ? ", because the prompt takes " + Units.count(spec.promptTokensMax()) + " tokens (--budget): "
                : ", because at most " + spec.recall().partsMax() + " parts that score well are attached (--parts): ";
        return Style.safe("Found but left out" + why + places + (more > 0 ? " and " + more + " more" : ""));
    }

    /** What the ledger booked for the answer, and how fast it was. */
    static String cost(Booked booked, Usage usage, double seconds) {
        Charges charges = booked.charges();
        return String.format(Locale.ROOT, "Cost: %s for %s of processor time: %s tokens read, %s cached, %s answered in %s "
                + "(%.0f read and %.1f answered per second), peak memory %s",
                charges.unit().show(charges.amount()), Units.seconds(charges.meters().cpuMicros() / 1e6),
                Units.count(usage.readTokens()), Units.count(usage.cachedTokens()), Units.count(usage.answeredTokens()),
                Units.seconds(seconds), usage.readTokensPerSecond(), usage.answeredTokensPerSecond(),
                booked.peakBytes().map(Units::bytes).orElse("not known"));
    }
}
