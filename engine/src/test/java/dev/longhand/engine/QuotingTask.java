package dev.longhand.engine;

import dev.longhand.base.Problem;
import dev.longhand.lm.Message;
import java.util.List;

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

    /** Repeat a function with one change. */
    static int[] quoting(LocalModel model) throws Problem {
        if (!model.info().hasChat()) {
            return model.begin(FUNCTION + "\n\n" + FUNCTION.substring(0, 200));
        }
        return model.render(List.of(Message.user(
                "Repeat the following code exactly, but rename the function describe to summarize.\n\n```python\n" + FUNCTION + "```")));
    }

    /** Write something new. */
    static int[] free(LocalModel model) throws Problem {
        if (!model.info().hasChat()) {
            return model.begin("The lighthouse keeper found a letter in a bottle. It");
        }
        return model.render(List.of(Message.user("Tell a story about a lighthouse keeper who finds a letter in a bottle.")));
    }
}
