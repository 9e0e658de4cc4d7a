package dev.longhand.engine;

/** Two tasks for guessing ahead: one whose answer repeats what was read, one whose answer is new. */
final class QuotingTask {
    private static final String FUNCTION = """
            def moving_average(values, window):
                if window <= 0:
                    raise ValueError("window must be positive")
                if window > len(values):
                    raise ValueError("window is larger than the list")
                result = []
                total = 0
                for index, value in enumerate(values):
                    total = total + value
                    if index >= window:
                        total = total - values[index - window]
                    if index >= window - 1:
                        result.append(total / window)
                return result


            def describe(values):
                count = len(values)
                mean = sum(values) / count
                variance = sum((value - mean) ** 2 for value in values) / count
                smallest = min(values)
                largest = max(values)
                return {
                    "count": count,
                    "mean": mean,
                    "variance": variance,
                    "smallest": smallest,
                    "largest": largest,
                }
            """;

    private QuotingTask() {}

    /** Repeat code with one change. An example and the first line show what is wanted, so that small models do it too. */
    static int[] quoting(LocalModel model) {
        String example = FUNCTION.replace("moving_average", "rolling_mean");
        String wanted = FUNCTION.replace("moving_average", "running_mean");
        return model.begin("# moving_average\n\n" + FUNCTION + "\n\n# rolling_mean\n\n" + example + "\n\n# running_mean\n\n"
                + wanted.substring(0, 60));
    }

    /** Write something new. */
    static int[] free(LocalModel model) {
        return model.begin("The lighthouse keeper found a letter in a bottle. It");
    }
}
