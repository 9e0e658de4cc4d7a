package dev.longhand.desk;

import dev.longhand.base.Sha256;
import dev.longhand.ingest.Passage;
import dev.longhand.lm.LanguageModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Cuts a document into parts: passages in their order, as many as fit. Every passage is in exactly one part. A pure function of the
 * document, the plan and the model's tokenizer. Each line is made into tokens by itself, so that each token has one line.
 */
final class Parts {
    private static final int FRAME = -1;

    private final LanguageModel model;
    private final PartPlan plan;

    Parts(LanguageModel model, PartPlan plan) {
        this.model = model;
        this.plan = plan;
    }

    /** The parts of one document, whose passages come in order. */
    List<Part> of(Sha256 document, List<Passage> passages) {
        List<Part> parts = new ArrayList<>();
        List<Passage> taken = new ArrayList<>();
        List<Line> lines = new ArrayList<>();
        int used = 0;
        for (Passage passage : passages) {
            List<Line> own = lines(passage);
            int tokens = own.stream().mapToInt(l -> l.ids.length).sum() + 1; // a line end between passages
            int frame = frameTokens(taken.isEmpty() ? passage : taken.getFirst());
            if (!taken.isEmpty() && frame + used + tokens > plan.tokensMax()) {
                parts.add(part(document, parts.size(), taken, lines));
                taken.clear();
                lines.clear();
                used = 0;
            }
            taken.add(passage);
            lines.addAll(own);
            used += tokens;
        }
        if (!taken.isEmpty()) {
            parts.add(part(document, parts.size(), taken, lines));
        }
        return parts;
    }

    /** A stretch of text with its tokens. */
    private record Line(String text, int[] ids, long offset, int line, Passage passage) {}

    private List<Line> lines(Passage passage) {
        List<Line> lines = new ArrayList<>();
        for (Lines.Unit unit : Lines.of(passage)) {
            String clean = Prompt.clean(unit.text().replace("\r\n", "\n").replace('\r', '\n'));
            lines.add(new Line(clean, model.tokenize(clean), unit.offset(), unit.line(), passage));
        }
        return lines;
    }

    /** Of the longest frame that a part that begins with {@code first} may get. */
    private int frameTokens(Passage first) {
        int title = Math.max(model.tokenize(Prompt.opening(first.title())).length, model.tokenize(Prompt.opening(first.path()))
                .length);
        return title + model.tokenize("\n" + Prompt.CLOSING).length;
    }

    private Part part(Sha256 document, int index, List<Passage> passages, List<Line> lines) {
        String shared = passages.stream().map(Passage::title).reduce(Selection::commonFront).orElseThrow();
        String path = passages.getFirst().path();
        String title = shared.isEmpty() ? path : shared;
        Joined joined = new Joined();
        joined.add(frame(Prompt.opening(title)));
        List<Line> text = stripped(lines);
        for (int i = 0; i < text.size(); i++) {
            Line line = text.get(i);
            boolean endsPassage = i + 1 < text.size() && text.get(i + 1).passage != line.passage;
            joined.add(line);
            if (endsPassage && !line.text.endsWith("\n")) {
                joined.add(again(line, "\n"));
            }
        }
        joined.add(frame("\n" + Prompt.CLOSING));
        return new Part(path, document, index, title, passages, joined.text.toString(), joined.tokens());
    }

    private Line frame(String text) {
        return new Line(text, model.tokenize(text), FRAME, 0, null);
    }

    private Line again(Line line, String text) {
        return new Line(text, model.tokenize(text), line.offset, line.line, line.passage);
    }

    /** Without the white space before the first word and after the last. */
    private List<Line> stripped(List<Line> lines) {
        List<Line> text = new ArrayList<>(lines);
        while (!text.isEmpty() && text.getFirst().text.isBlank()) {
            text.removeFirst();
        }
        while (!text.isEmpty() && text.getLast().text.isBlank()) {
            text.removeLast();
        }
        if (!text.isEmpty()) {
            text.set(0, again(text.getFirst(), text.getFirst().text.stripLeading()));
            text.set(text.size() - 1, again(text.getLast(), text.getLast().text.stripTrailing()));
        }
        return text;
    }

    /** Lines put together. */
    private static final class Joined {
        private final StringBuilder text = new StringBuilder();
        private int[] ids = new int[64];
        private int[] offsets = new int[64];
        private int[] lines = new int[64];
        private int count;

        void add(Line line) {
            text.append(line.text);
            int end = count + line.ids.length;
            if (end > ids.length) {
                int room = Math.max(end, 2 * ids.length);
                ids = Arrays.copyOf(ids, room);
                offsets = Arrays.copyOf(offsets, room);
                lines = Arrays.copyOf(lines, room);
            }
            System.arraycopy(line.ids, 0, ids, count, line.ids.length);
            Arrays.fill(offsets, count, end, Math.toIntExact(Math.min(line.offset, Integer.MAX_VALUE)));
            Arrays.fill(lines, count, end, line.line);
            count = end;
        }

        PartTokens tokens() {
            return new PartTokens(Arrays.copyOf(ids, count), Arrays.copyOf(offsets, count), Arrays.copyOf(lines, count));
        }
    }
}
