package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.ledger.By;
import dev.longhand.ledger.Reports;
import dev.longhand.ledger.Unit;
import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.style.CategoryStyler;
import org.knowm.xchart.style.Styler;

/**
 * Cost per day as stacked bars, a colour per model, person, or the like; per month where there are many days. The only class that
 * touches the library of charts, so that nothing else loads it. Needs no display, but fonts.
 */
final class SpendPicture {
    private static final int WIDTH = 1280;
    private static final int HEIGHT = 640;
    private static final int BARS_MAX = 124;
    private static final int LABELS = 10;
    /** Colours that most eyes tell apart, after Okabe and Ito; the last one is for all others together. */
    private static final Color[] COLOURS = {new Color(0x0072B2), new Color(0xE69F00), new Color(0x009E73), new Color(0xCC79A7),
        new Color(0x56B4E9), new Color(0xD55E00), new Color(0xF0E442), new Color(0x999999)};
    private static final Color GRID = new Color(0xE4E4E4);
    private static final Color TEXT = new Color(0x333333);
    private static final int LEGEND_CHARS_MAX = 28;
    private static final DateTimeFormatter DAY = DateTimeFormatter.ofPattern("d MMM", Locale.ENGLISH);
    private static final String SPACES = " \u00a0\u2009\u200a";
    private static final double MILLION = 1e6;

    private SpendPicture() {}

    /** A PNG file of one unit: the first that has spending, euros before dollars. */
    static byte[] of(List<Reports.DayGroup> groups, By by) throws Problem {
        Unit unit = groups.stream().map(g -> g.group().unit()).min(Comparator.naturalOrder()).orElseThrow();
        List<Reports.DayGroup> shown = groups.stream().filter(g -> g.group().unit() == unit).toList();
        System.setProperty("java.awt.headless", "true");
        try {
            return BitmapEncoder.getBitmapBytes(chart(shown, by, unit), BitmapEncoder.BitmapFormat.PNG);
        } catch (IOException | LinkageError | InternalError e) {
            throw new Problem(Problem.Kind.UNSUPPORTED, "the picture cannot be drawn here: " + e.getMessage()
                    + "; drawing needs the packages fontconfig and a font, such as fonts-dejavu-core", e);
        }
    }

    private static CategoryChart chart(List<Reports.DayGroup> groups, By by, Unit unit) {
        LocalDate first = LocalDate.ofEpochDay(groups.getFirst().day());
        LocalDate last = LocalDate.ofEpochDay(groups.getLast().day());
        boolean isMonths = last.toEpochDay() - first.toEpochDay() >= BARS_MAX;
        String title = "Cost per " + (isMonths ? "month" : "day") + " by " + by.name().toLowerCase(Locale.ROOT) + ", "
                + (first.equals(last) ? first : first + " to " + last) + " (UTC)";
        long mostOfOneDay = groups.stream().mapToLong(g -> g.group().amount()).max().orElse(0);
        int digits = mostOfOneDay < 100 ? 6 : mostOfOneDay < 10_000 ? 5 : mostOfOneDay < 1_000_000 ? 3 : 2;
        CategoryChart chart = new CategoryChartBuilder().width(WIDTH).height(HEIGHT).title(title).yAxisTitle(unit.name()).build();
        dress(chart.getStyler());
        chart.getStyler().setYAxisTickLabelsFormattingFunction(v -> BigDecimal.valueOf(v).setScale(digits, RoundingMode.HALF_UP)
                .toPlainString());
        List<String> bars = bars(first, last, isMonths);
        List<String> labels = labels(bars);
        series(groups, bars, isMonths).forEach((name, heights) -> chart.addSeries(name, labels, heights));
        return chart;
    }

    /** Every day or month from the first to the last, also those without any cost. */
    private static List<String> bars(LocalDate first, LocalDate last, boolean isMonths) {
        List<String> bars = new ArrayList<>();
        LocalDate end = isMonths ? last.withDayOfMonth(1) : last;
        for (LocalDate each = isMonths ? first.withDayOfMonth(1) : first; !each.isAfter(end); ) {
            bars.add(bar(each, isMonths));
            each = isMonths ? each.plusMonths(1) : each.plusDays(1);
        }
        return bars;
    }

    /** Some of the names; the bars between have names that nobody sees, each its own, because the library wants them distinct. */
    private static List<String> labels(List<String> bars) {
        int step = Math.ceilDiv(bars.size(), LABELS);
        return IntStream.range(0, bars.size()).mapToObj(i -> i % step == 0 ? bars.get(i) : blank(i)).toList();
    }

    /** A short name of kinds of spaces, another for each number. */
    private static String blank(int number) {
        StringBuilder blank = new StringBuilder();
        for (int rest = number; rest > 0; rest /= SPACES.length()) {
            blank.append(SPACES.charAt(rest % SPACES.length()));
        }
        return blank.toString();
    }

    private static String bar(LocalDate day, boolean isMonths) {
        return isMonths ? day.toString().substring(0, 7) : DAY.format(day);
    }

    /** The heights of each name's bars: the largest names, then all others together. */
    private static Map<String, List<Double>> series(List<Reports.DayGroup> groups, List<String> bars, boolean isMonths) {
        Map<String, Long> totals = new TreeMap<>();
        groups.forEach(g -> totals.merge(g.group().key(), g.group().amount(), Long::sum));
        List<String> names = totals.keySet().stream().sorted(Comparator.comparing(totals::get).reversed()).toList();
        boolean hasOthers = names.size() > COLOURS.length;
        List<String> alone = hasOthers ? names.subList(0, COLOURS.length - 1) : names;
        Map<String, List<Double>> series = new LinkedHashMap<>();
        Map<String, Integer> places = new TreeMap<>();
        for (int i = 0; i < bars.size(); i++) {
            places.put(bars.get(i), i);
        }
        alone.forEach(n -> series.put(label(n), new ArrayList<>(Collections.nCopies(bars.size(), 0.0))));
        if (hasOthers) {
            series.put((names.size() - alone.size()) + " others", new ArrayList<>(Collections.nCopies(bars.size(), 0.0)));
        }
        List<List<Double>> rows = List.copyOf(series.values());
        for (Reports.DayGroup each : groups) {
            int found = alone.indexOf(each.group().key());
            List<Double> row = found < 0 ? rows.getLast() : series.get(label(each.group().key()));
            int place = places.get(bar(LocalDate.ofEpochDay(each.day()), isMonths));
            row.set(place, row.get(place) + each.group().amount() / MILLION);
        }
        return series;
    }

    private static String label(String name) {
        String safe = name.isEmpty() ? "(none)" : Style.safe(name);
        return safe.length() <= LEGEND_CHARS_MAX ? safe : safe.substring(0, LEGEND_CHARS_MAX - 1) + "…";
    }

    private static void dress(CategoryStyler style) {
        Font plain = new Font(Font.SANS_SERIF, Font.PLAIN, 15);
        style.setStacked(true);
        style.setAvailableSpaceFill(0.85);
        style.setPlotGridVerticalLinesVisible(false);
        style.setPlotGridLinesColor(GRID);
        style.setPlotGridLinesStroke(new BasicStroke(1));
        style.setAxisTickLabelsFont(plain);
        style.setAxisTickLabelsColor(TEXT);
        style.setAxisTitleFont(plain);
        style.setAxisTicksMarksVisible(false);
        style.setYAxisTickMarkSpacingHint(70);
        style.setXAxisTitleVisible(false);
        style.setXAxisTickMarkSpacingHint(1);
        style.setXAxisMaxLabelCount(BARS_MAX + 1);
        style.setAxisTickPadding(8);
        style.setPlotMargin(0);
        style.setYAxisMin(0.0);
        style.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 19));
        style.setChartTitleBoxVisible(false);
        style.setChartFontColor(TEXT);
        style.setChartBackgroundColor(Color.WHITE);
        style.setChartPadding(16);
        style.setPlotBackgroundColor(Color.WHITE);
        style.setPlotBorderVisible(false);
        style.setLegendPosition(Styler.LegendPosition.OutsideE);
        style.setLegendFont(plain);
        style.setLegendBorderColor(Color.WHITE);
        style.setLegendBackgroundColor(Color.WHITE);
        style.setSeriesColors(COLOURS);
        style.setAntiAlias(true);
        style.setTextAntiAlias(true);
    }
}
