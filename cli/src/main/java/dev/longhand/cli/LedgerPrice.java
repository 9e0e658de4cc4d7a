package dev.longhand.cli;

import dev.longhand.base.Problem;
import dev.longhand.ledger.Books;
import dev.longhand.ledger.MachinePrice;
import dev.longhand.ledger.Times;
import dev.longhand.ledger.TokenPrice;
import dev.longhand.ledger.Unit;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code longhand ledger price}: what things cost, from when on. */
@Command(name = "price",
        description = "Show prices, or put a new one: of this machine, or of a provider's tokens. What is booked stays.",
        footer = {"  longhand ledger price ls", "  longhand ledger price machine --kwh 0.32 --busy-watts 95 --idle-watts 30",
            "  longhand ledger price tokens some-model --in 0.15 --cached 0.075 --out 0.60 --currency usd"})
final class LedgerPrice extends CliCommand {
    LedgerPrice(World world) {
        super(world);
    }

    static CommandLine line(World world) {
        return new CommandLine(new LedgerPrice(world))
                .addSubcommand("ls", new ListPrices(world))
                .addSubcommand("machine", new Machine(world))
                .addSubcommand("tokens", new Tokens(world));
    }

    @Override
    public Integer call() throws Problem {
        throw new Problem(Problem.Kind.USAGE, "ledger price needs one of ls, machine, tokens; see 'longhand ledger price --help'");
    }

    private static long from(World world, String day) throws Problem {
        return day == null ? Times.micros(world.clock().now()) : Times.startOfDay(BooksCommand.day("--from", day).toEpochDay());
    }

    /** A price record checks itself; what it refuses came from the command line. */
    private interface Made<T> {
        T price();
    }

    private static <T> T checked(Made<T> made) throws Problem {
        try {
            return made.price();
        } catch (IllegalArgumentException e) {
            throw new Problem(Problem.Kind.USAGE, e.getMessage() + "; nothing was stored", e);
        }
    }

    /** A decimal of the command line times a power of ten, which must come out whole. */
    private static long scaled(String option, String text, int digits, BigDecimal factor) throws Problem {
        if (!text.strip().matches("[0-9]{1,15}(\\.[0-9]{1," + digits + "})?")) {
            throw new Problem(Problem.Kind.USAGE, ("%s is \"%s\"; write a number with at most %d digits behind the point, "
                    + "not negative").formatted(option, text, digits));
        }
        return new BigDecimal(text.strip()).multiply(factor).setScale(0, RoundingMode.HALF_UP).longValue();
    }

    private static String watts(long milliwatts) {
        return BigDecimal.valueOf(milliwatts, 3).stripTrailingZeros().toPlainString() + " W";
    }

    @Command(name = "ls", description = "List all prices with the time from which they hold.",
            footer = {"  longhand ledger price ls", "  longhand ledger price ls --json"})
    static final class ListPrices extends BooksCommand {
        ListPrices(World world) {
            super(world);
        }

        @Override
        int run(Books books) throws Problem {
            List<MachinePrice> machine = books.prices().machine();
            List<TokenPrice> tokens = books.prices().tokens();
            if (isJson) {
                Json.print(world.out(), Json.object("machine", machine.stream().map(LedgerPrice::json).toList(),
                        "tokens", tokens.stream().map(LedgerPrice::json).toList()));
                return ExitCodes.OK;
            }
            Table table = new Table("MACHINE FROM", "PER KWH", "BUSY", "IDLE", "PURCHASE", "LIFE", "PROCESSORS", "")
                    .right(1, 2, 3, 4, 5, 6);
            List<MachinePrice> shown = machine.isEmpty() ? List.of(books.prices().machine(from(world, null))) : machine;
            shown.forEach(p -> table.row(p.fromMicros() == 0 ? "assumed" : Times.show(p.fromMicros()), Unit.EUR.show(p.kwhMicros()),
                    watts(p.busyMilliwatts()), watts(p.idleMilliwatts()), Unit.EUR.show(p.purchaseMicros()), p.lifeDays() + " days",
                    String.valueOf(p.processors()), p.isDedicated() ? "dedicated" : "shared"));
            table.print(world);
            world.out().println();
            if (tokens.isEmpty()) {
                world.out().println("No provider's prices; models that run here cost the machine's time.");
            } else {
                Table models = new Table("MODEL, PER MILLION TOKENS", "FROM", "IN", "CACHED", "OUT").right(2, 3, 4);
                tokens.forEach(p -> models.row(p.model(), Times.show(p.fromMicros()), p.unit().show(p.inMicros()),
                        p.unit().show(p.cachedMicros()), p.unit().show(p.outMicros())));
                models.print(world);
            }
            return ExitCodes.OK;
        }
    }

    @Command(name = "machine", description = "Put a new price of this machine's time. What is not named stays as it is.",
            footer = {"  longhand ledger price machine --kwh 0.32 --busy-watts 95.5 --idle-watts 30",
                "  longhand ledger price machine --purchase 1800 --life-years 5 --dedicated --from 2027-01-01"})
    static final class Machine extends BooksCommand {
        @Option(names = "--kwh", paramLabel = "EUR", description = "Price of a kilowatt-hour.")
        private String kwh;

        @Option(names = "--busy-watts", paramLabel = "W", description = "Power with all processors busy.")
        private String busyWatts;

        @Option(names = "--idle-watts", paramLabel = "W", description = "Power with none busy.")
        private String idleWatts;

        @Option(names = "--purchase", paramLabel = "EUR", description = "Price of the machine.")
        private String purchase;

        @Option(names = "--life-years", paramLabel = "N", description = "Years over which it is written off.")
        private String lifeYears;

        @Option(names = "--processors", paramLabel = "N", description = "That share power and purchase.")
        private Integer processors;

        @Option(names = "--dedicated", negatable = true,
                description = "Only Longhand uses it, so that its idle time is booked too, for days that begin with this price.")
        private Boolean isDedicated;

        @Option(names = "--from", paramLabel = "DAY", description = "From the start of this day, UTC (default: from now on).")
        private String from;

        Machine(World world) {
            super(world);
        }

        @Override
        int run(Books books) throws Problem {
            if (kwh == null && busyWatts == null && idleWatts == null && purchase == null && lifeYears == null && processors == null
                    && isDedicated == null) {
                throw new Problem(Problem.Kind.USAGE, "name at least one part of the price, such as --kwh 0.32; "
                        + "'longhand ledger price ls' shows what holds");
            }
            long at = from(world, from);
            MachinePrice old = books.prices().machine(at);
            long kwhMicros = kwh == null ? old.kwhMicros() : Unit.EUR.amount("--kwh", kwh);
            long busy = busyWatts == null ? old.busyMilliwatts() : scaled("--busy-watts", busyWatts, 3, BigDecimal.valueOf(1000));
            long idle = idleWatts == null ? old.idleMilliwatts() : scaled("--idle-watts", idleWatts, 3, BigDecimal.valueOf(1000));
            long paid = purchase == null ? old.purchaseMicros() : Unit.EUR.amount("--purchase", purchase);
            long days = lifeYears == null ? old.lifeDays() : scaled("--life-years", lifeYears, 2, new BigDecimal("365.25"));
            MachinePrice price = checked(() -> new MachinePrice(at, kwhMicros, busy, idle, paid, days,
                    processors == null ? old.processors() : processors, isDedicated == null ? old.isDedicated() : isDedicated));
            books.prices().put(price);
            if (isJson) {
                Json.print(world.out(), json(price));
            } else {
                world.out().println("from " + Times.show(at) + " on: " + Unit.EUR.show(price.kwhMicros()) + " per kWh, "
                        + watts(busy) + " busy, " + watts(idle) + " idle, " + Unit.EUR.show(paid) + " over " + days + " days, "
                        + price.processors() + " processors, " + (price.isDedicated() ? "dedicated" : "shared")
                        + "; an hour of one "
                        + "processor costs " + Unit.EUR.show(price.cost(3_600_000_000L,
                        price.declaredMillijoules(3_600_000_000L))));
            }
            return ExitCodes.OK;
        }
    }

    @Command(name = "tokens", description = "Put a provider's price of a model, for a million tokens.",
            footer = {"  longhand ledger price tokens some-model --in 0.15 --cached 0.075 --out 0.60 --currency usd",
                "  longhand ledger price tokens some-model --in 2 --out 8 --from 2027-01-01"})
    static final class Tokens extends BooksCommand {
        @Parameters(paramLabel = "MODEL", description = "The model's name, as reports show it.")
        private String model;

        @Option(names = "--in", paramLabel = "AMOUNT", required = true, description = "For tokens read.")
        private String in;

        @Option(names = "--cached", paramLabel = "AMOUNT", description = "For tokens that were cached (default: as --in).")
        private String cached;

        @Option(names = "--out", paramLabel = "AMOUNT", required = true, description = "For tokens answered.")
        private String out;

        @Option(names = "--currency", paramLabel = "UNIT", defaultValue = "EUR", description = "eur or usd (default: eur).")
        private String currency;

        @Option(names = "--from", paramLabel = "DAY", description = "From the start of this day, UTC (default: from now on).")
        private String from;

        Tokens(World world) {
            super(world);
        }

        @Override
        int run(Books books) throws Problem {
            Unit unit = Unit.parse(currency);
            if (!unit.isMoney()) {
                throw new Problem(Problem.Kind.USAGE, "--currency is " + unit + "; a price is in EUR or USD");
            }
            long read = unit.amount("--in", in);
            long again = cached == null ? read : unit.amount("--cached", cached);
            long answered = unit.amount("--out", out);
            long at = from(world, from);
            TokenPrice price = checked(() -> new TokenPrice(model, at, unit, read, again, answered));
            books.prices().put(price);
            if (isJson) {
                Json.print(world.out(), json(price));
            } else {
                world.out().println(Style.safe(model + " from " + Times.show(at) + " on, per million tokens: " + unit.show(read)
                        + " read, " + unit.show(again) + " cached, " + unit.show(answered) + " answered"));
            }
            return ExitCodes.OK;
        }
    }

    /** Amounts are millionths. */
    private static Map<String, Object> json(MachinePrice p) {
        return Json.object("from", Times.show(p.fromMicros()), "kwh", p.kwhMicros(), "busyMilliwatts", p.busyMilliwatts(),
                "idleMilliwatts", p.idleMilliwatts(), "purchase", p.purchaseMicros(), "lifeDays", p.lifeDays(),
                "processors", p.processors(), "isDedicated", p.isDedicated());
    }

    private static Map<String, Object> json(TokenPrice p) {
        return Json.object("model", p.model(), "from", Times.show(p.fromMicros()), "unit", p.unit().name(), "in", p.inMicros(),
                "cached", p.cachedMicros(), "out", p.outMicros());
    }
}
