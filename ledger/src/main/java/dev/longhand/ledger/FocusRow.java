package dev.longhand.ledger;

import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import tools.jackson.databind.json.JsonMapper;

/**
 * A charge of FOCUS 1.2, https://focus.finops.org: the mandatory columns, conditional ones that apply, and columns of our own,
 * which begin with {@code x_}. There are no list prices beside the booked ones, so all costs of a row are the same. A charge is
 * priced as one request, so that quantity times price is the cost exactly; what it consumed stands beside.
 *
 * @param line       what was booked: a charge, or a correction with a negative cost
 * @param charged    the line that a correction corrects; else the line itself
 * @param fromMicros when the charge began: its reservation or booking
 * @param isProvider whether a provider was paid, and not the machine
 */
record FocusRow(Transfer line, Transfer charged, long fromMicros, boolean isProvider) {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final long SECOND_MICROS = 1_000_000;
    private static final Map<String, Function<FocusRow, String>> COLUMNS = new LinkedHashMap<>();

    static {
        charge();
        pricing();
        ours();
    }

    private static void charge() {
        COLUMNS.put("BilledCost", FocusRow::cost);
        COLUMNS.put("BillingAccountId", r -> "longhand");
        COLUMNS.put("BillingAccountName", r -> "Longhand books");
        COLUMNS.put("BillingCurrency", r -> r.line.booking().unit().name());
        COLUMNS.put("BillingPeriodEnd", r -> month(r.line).plusMonths(1) + "T00:00:00Z");
        COLUMNS.put("BillingPeriodStart", r -> month(r.line) + "T00:00:00Z");
        COLUMNS.put("ChargeCategory", r -> "Usage");
        COLUMNS.put("ChargeClass", r -> r.isOfEarlierPeriod() ? "Correction" : "");
        COLUMNS.put("ChargeDescription", r -> Csv.text(r.description()));
        COLUMNS.put("ChargeFrequency", r -> "Usage-Based");
        COLUMNS.put("ChargePeriodEnd", r -> Times.show(r.charged.atMicros() + SECOND_MICROS));
        COLUMNS.put("ChargePeriodStart", r -> Times.show(r.fromMicros));
        COLUMNS.put("ConsumedQuantity", FocusRow::consumed);
        COLUMNS.put("ConsumedUnit", r -> r.consumed().isEmpty() ? "" : r.isProvider ? "Tokens" : "CPU-Seconds");
        COLUMNS.put("ContractedCost", FocusRow::cost);
        COLUMNS.put("EffectiveCost", FocusRow::cost);
        COLUMNS.put("InvoiceIssuerName", r -> Csv.text(r.provider()));
    }

    private static void pricing() {
        COLUMNS.put("ListCost", FocusRow::cost);
        COLUMNS.put("ListUnitPrice", r -> r.isOfEarlierPeriod() ? "" : money(r.line.amount()));
        COLUMNS.put("PricingQuantity", r -> r.isOfEarlierPeriod() ? "" : r.isCorrection() ? "-1" : "1");
        COLUMNS.put("PricingUnit", r -> r.isOfEarlierPeriod() ? "" : "Requests");
        COLUMNS.put("ProviderName", r -> Csv.text(r.provider()));
        COLUMNS.put("PublisherName", r -> Csv.text(r.provider()));
        COLUMNS.put("ResourceId", r -> Csv.text(r.cause().desk()));
        COLUMNS.put("ServiceCategory", r -> "AI and Machine Learning");
        COLUMNS.put("ServiceName", r -> "Language models");
        COLUMNS.put("ServiceSubcategory", r -> "Generative AI");
        COLUMNS.put("SkuId", r -> Csv.text(r.cause().model()));
        COLUMNS.put("SkuMeter", r -> r.cause().purpose());
        COLUMNS.put("SubAccountId", r -> Csv.text(r.payer()));
        COLUMNS.put("SubAccountName", r -> Csv.text(r.payer().substring(r.payer().indexOf(':') + 1)));
        COLUMNS.put("SubAccountType", r -> r.payer().substring(0, r.payer().indexOf(':')));
        COLUMNS.put("Tags", FocusRow::tags);
    }

    private static void ours() {
        COLUMNS.put("x_LineNumber", r -> String.valueOf(r.line.seq()));
        COLUMNS.put("x_LineId", r -> Csv.text(r.line.id()));
        COLUMNS.put("x_RefersTo", r -> Csv.text(r.line.refers()));
        COLUMNS.put("x_Payee", r -> Csv.text(r.charged.booking().credit()));
        COLUMNS.put("x_TokensIn", r -> meter(r.line.meters().tokensIn()));
        COLUMNS.put("x_TokensCached", r -> meter(r.line.meters().tokensCached()));
        COLUMNS.put("x_TokensLookedUp", r -> meter(r.line.meters().tokensLookedUp()));
        COLUMNS.put("x_TokensThinking", r -> meter(r.line.meters().tokensThinking()));
        COLUMNS.put("x_TokensOut", r -> meter(r.line.meters().tokensOut()));
        COLUMNS.put("x_CpuMicroseconds", r -> meter(r.line.meters().cpuMicros()));
        COLUMNS.put("x_DiskBytes", r -> meter(r.line.meters().diskBytes()));
        COLUMNS.put("x_KvByteSeconds", r -> meter(r.line.meters().kvByteSeconds()));
        COLUMNS.put("x_Millijoules", r -> meter(r.line.meters().millijoules()));
        COLUMNS.put("x_IsEnergyEstimated", r -> String.valueOf(r.line.meters().isEstimated()));
    }

    static List<String> headings() {
        return List.copyOf(COLUMNS.keySet());
    }

    List<String> cells() {
        return COLUMNS.values().stream().map(c -> c.apply(this)).toList();
    }

    private boolean isCorrection() {
        return line.kind() == Transfer.Kind.CORRECT;
    }

    /** The standard marks only corrections of what an earlier bill had. */
    private boolean isOfEarlierPeriod() {
        return isCorrection() && month(charged).isBefore(month(line));
    }

    private static LocalDate month(Transfer line) {
        return LocalDate.ofEpochDay(Times.day(line.atMicros())).withDayOfMonth(1);
    }

    private String cost() {
        return money(isCorrection() ? -line.amount() : line.amount());
    }

    private static String money(long micros) {
        return BigDecimal.valueOf(micros, 6).toPlainString();
    }

    private static String meter(long value) {
        return String.valueOf(value);
    }

    private String consumed() {
        Meters m = line.meters();
        if (isOfEarlierPeriod()) {
            return "";
        }
        return isProvider ? meter(m.tokensIn() + m.tokensCached() + m.tokensOut()) : money(m.cpuMicros());
    }

    private Cause cause() {
        return charged.booking().cause();
    }

    private String payer() {
        return charged.booking().debit();
    }

    /** Who sends the bill: the provider by its account's name, or we. */
    private String provider() {
        String payee = charged.booking().credit();
        return isProvider ? payee.substring(payee.indexOf(':') + 1).replaceFirst("/[a-z]+$", "") : "Longhand";
    }

    private String description() {
        String what = cause().purpose() + (cause().model().isEmpty() ? "" : " by " + cause().model())
                + (cause().desk().isEmpty() ? "" : " on " + cause().desk());
        return isCorrection() ? "correction (" + line.booking().cause().purpose() + ") of: " + what : what;
    }

    private String tags() {
        Map<String, String> tags = new TreeMap<>();
        Cause c = cause();
        for (By each : By.values()) {
            String text = switch (each) {
                case PERSON -> c.person();
                case DESK -> c.desk();
                case MODEL -> c.model();
                case PURPOSE -> c.purpose();
                case JOB -> c.job();
                case HOUR, DAY, MONTH, ACCOUNT -> "";
            };
            if (!text.isEmpty()) {
                tags.put(each.name().toLowerCase(Locale.ROOT), text);
            }
        }
        return JSON.writeValueAsString(tags);
    }
}
