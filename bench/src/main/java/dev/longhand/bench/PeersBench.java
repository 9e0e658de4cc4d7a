package dev.longhand.bench;

import dev.longhand.base.Clock;
import dev.longhand.base.Problem;
import dev.longhand.kernels.KvType;
import dev.longhand.kernels.Tier;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Longhand beside llama.cpp: the same file, threads and tokens, in turns within one run, best of N.
 *
 * <p>Method: everybody loads a model first; then, work by work, each round runs each contender once, so that a change of the
 * machine's
 * speed meets all alike. A round before the counted ones warms everybody up. A setting of llama.cpp that lies far behind its best
 * one
 * sits out the later rounds; its best time so far counts.
 */
public final class PeersBench {
    /** A setting of the peer slower than its best by this factor after a counted round rests. */
    private static final double RESTS_FROM = 1.3;

    /** @param tiers what of Longhand runs; {@code peer} whether llama.cpp runs beside */
    public record Plan(List<PeerRow> rows, List<Tier> tiers, int threads, int rounds, boolean peer) {}

    /** Finds the file of a model by the name in {@link PeerRow#model}. */
    public interface Files {
        Path of(String model) throws Problem;
    }

    private final Clock clock;
    private final PeerPython python;
    private final Consumer<String> progress;

    public PeersBench(Clock clock, Map<String, String> environment, Consumer<String> progress) {
        this.clock = clock;
        this.python = new PeerPython(environment);
        this.progress = progress;
    }

    public List<Measure> run(Plan plan, Files files) throws Problem {
        List<Measure> measures = new ArrayList<>();
        for (List<PeerRow> rows : PeerRow.byModel(plan.rows)) {
            measures.addAll(run(plan, rows, files.of(rows.getFirst().model())));
        }
        return measures;
    }

    /** A tier of ours with its contenders. */
    private record Side(OwnModel own, List<Contender> contenders) {}

    private List<Measure> run(Plan plan, List<PeerRow> rows, Path file) throws Problem {
        List<Side> sides = new ArrayList<>();
        List<Contender> peers = new ArrayList<>();
        try (LlamaPeer peer = plan.peer ? LlamaPeer.start(file, plan.threads, python) : null) {
            for (Tier tier : plan.tiers) {
                sides.add(side(new OwnModel(file, tier, plan.threads)));
            }
            for (LlamaPeer.Setting setting : peer == null ? List.<LlamaPeer.Setting>of() : peer.settings()) {
                peers.add(new PeerContender(peer, setting));
            }
            Set<PeerRow.Work> works = new LinkedHashSet<>();
            rows.forEach(r -> works.add(r.work()));
            List<Measure> measures = new ArrayList<>();
            for (PeerRow.Work work : works) {
                Race race = race(work, sides, peers, plan.rounds);
                rows.stream().filter(r -> r.work().equals(work))
                        .forEach(r -> sides.forEach(side -> measures.add(measure(r, side, race, peer))));
                progress.accept(rows.getFirst().model() + ": " + work.kind() + " " + work.tokens() + " after " + work.depth());
            }
            return measures;
        } finally {
            sides.forEach(side -> {
                side.contenders.forEach(Contender::close);
                side.own.close();
            });
        }
    }

    private Side side(OwnModel own) {
        List<Contender> contenders = new ArrayList<>();
        for (KvType type : OwnContender.TYPES) {
            contenders.add(new OwnContender(own, type, clock));
        }
        return new Side(own, contenders);
    }

    /** Best seconds of everybody for one work. */
    private record Race(PeerRow.Work work, List<Contender> contenders, double[] best, double load) {
        double tokensPerSecond(Contender contender) {
            return work.tokens() / best[contenders.indexOf(contender)];
        }

        /** The fastest of {@code among} that may take part in {@code comparison}. */
        Optional<Contender> winner(List<Contender> among, PeerRow.Comparison comparison) {
            return among.stream().filter(c -> comparison == PeerRow.Comparison.BEST || c.isF16())
                    .max(Comparator.comparingDouble(this::tokensPerSecond));
        }

        Optional<Contender> winner(boolean isPeer, PeerRow.Comparison comparison) {
            return winner(contenders.stream().filter(c -> c.isPeer() == isPeer).toList(), comparison);
        }
    }

    private Race race(PeerRow.Work work, List<Side> sides, List<Contender> peers, int rounds) throws Problem {
        List<Contender> all = new ArrayList<>();
        sides.forEach(s -> all.addAll(s.contenders));
        all.addAll(peers);
        double[] best = new double[all.size()];
        Arrays.fill(best, Double.POSITIVE_INFINITY);
        for (int round = 0; round <= rounds; round++) {
            double peerBest = round < 2 ? Double.POSITIVE_INFINITY : best(all, best, true);
            for (int i = 0; i < best.length; i++) {
                boolean rests = all.get(i).isPeer() && best[i] > RESTS_FROM * peerBest;
                double seconds = rests ? best[i] : all.get(i).seconds(work);
                best[i] = round > 0 ? Math.min(best[i], seconds) : best[i];
            }
        }
        return new Race(work, all, best, ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    }

    private static double best(List<Contender> all, double[] seconds, boolean isPeer) {
        double best = Double.POSITIVE_INFINITY;
        for (int i = 0; i < seconds.length; i++) {
            best = all.get(i).isPeer() == isPeer ? Math.min(best, seconds[i]) : best;
        }
        return best;
    }

    private Measure measure(PeerRow row, Side side, Race race, LlamaPeer peer) {
        Contender ours = race.winner(side.contenders, row.comparison()).orElseThrow();
        Optional<Contender> theirs = race.winner(true, row.comparison());
        double speed = race.tokensPerSecond(ours);
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("tokensPerSecond", speed);
        details.put("setting", ours.setting());
        theirs.ifPresent(t -> details.put("llama.cpp", race.tokensPerSecond(t)));
        theirs.ifPresent(t -> details.put("its setting", t.setting()));
        Map<String, Object> runs = new LinkedHashMap<>();
        for (Contender each : race.contenders) {
            if (each.isPeer() || side.contenders.contains(each)) {
                runs.put((each.isPeer() ? "llama.cpp, " : "longhand, ") + each.setting(), race.tokensPerSecond(each));
            }
        }
        details.put("runs", runs);
        if (peer != null) {
            details.put("peer", Map.of("name", peer.name(), "features", peer.features()));
        }
        details.put("load", race.load);
        Optional<Target> target = PeerRow.Column.of(side.own.choice.tier(), side.own.choice.instructionSet())
                .map(row.targets()::get);
        return theirs.isPresent()
                ? new Measure(row.name(), side.own.label(), speed / race.tokensPerSecond(theirs.get()), "x llama.cpp", target,
                        details)
                : new Measure(row.name(), side.own.label(), speed, "tokens/s", Optional.empty(), details);
    }
}
