package dev.longhand.formats;

import dev.longhand.base.Problem;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The part of a model file that fits in memory: its keys with their values, and the list of its tensors.
 *
 * <p>Values are Long, Double, Boolean, String, {@link Strings} or arrays of numbers. Knows no container. Immutable.
 */
abstract sealed class KeyedFile implements ModelFile permits Gguf, HfFolder {
    private final Path path;
    private final Map<String, Object> metadata;
    private final Map<String, Tensor> tensors;

    KeyedFile(Path path, Map<String, Object> metadata, Map<String, Tensor> tensors) {
        this.path = path;
        this.metadata = metadata;
        this.tensors = tensors;
    }

    @Override
    public final Path path() {
        return path;
    }

    @Override
    public final Set<String> keys() {
        return Collections.unmodifiableSet(metadata.keySet());
    }

    @Override
    public final boolean has(String key) {
        return metadata.containsKey(key);
    }

    @Override
    public final String display(String key) {
        return switch (metadata.get(key)) {
            case null -> "";
            case Strings s -> "[" + s.size() + " strings]";
            case int[] a -> "[" + a.length + " integers]";
            case long[] a -> "[" + a.length + " integers]";
            case float[] a -> "[" + a.length + " numbers]";
            case double[] a -> "[" + a.length + " numbers]";
            case Object[] a -> "[" + a.length + " arrays]";
            case Object o -> o.toString();
        };
    }

    @Override
    public final String string(String key) throws Problem {
        return require(key, String.class, "a string");
    }

    @Override
    public final String string(String key, String fallback) throws Problem {
        return has(key) ? string(key) : fallback;
    }

    @Override
    public final int integer(String key) throws Problem {
        long value = require(key, Long.class, "an integer");
        if (value != (int) value) {
            throw malformed("%s is %d; it must fit 32 bits".formatted(key, value));
        }
        return (int) value;
    }

    @Override
    public final int integer(String key, int fallback) throws Problem {
        return has(key) ? integer(key) : fallback;
    }

    @Override
    public final float real(String key) throws Problem {
        return (float) (double) require(key, Double.class, "a floating-point number");
    }

    @Override
    public final float real(String key, float fallback) throws Problem {
        return has(key) ? real(key) : fallback;
    }

    @Override
    public final boolean flag(String key, boolean fallback) throws Problem {
        return has(key) ? require(key, Boolean.class, "a boolean") : fallback;
    }

    @Override
    public final Strings strings(String key) throws Problem {
        return require(key, Strings.class, "an array of strings");
    }

    @Override
    public final float[] reals(String key) throws Problem {
        return require(key, float[].class, "an array of 32-bit numbers");
    }

    @Override
    public final int[] integers(String key) throws Problem {
        Object value = metadata.get(key);
        if (value instanceof long[] wide) {
            int[] narrow = new int[wide.length];
            for (int i = 0; i < wide.length; i++) {
                narrow[i] = (int) wide[i];
                if (narrow[i] != wide[i]) {
                    throw malformed("%s[%d] is %d; it must fit 32 bits".formatted(key, i, wide[i]));
                }
            }
            return narrow;
        }
        return require(key, int[].class, "an array of integers");
    }

    private <T> T require(String key, Class<T> type, String name) throws Problem {
        Object value = metadata.get(key);
        if (value == null) {
            throw malformed("the key %s is missing; it must be %s".formatted(key, name));
        }
        if (!type.isInstance(value)) {
            throw malformed("%s is %s; it must be %s".formatted(key, display(key), name));
        }
        return type.cast(value);
    }

    final Problem malformed(String what) {
        return new Problem(Problem.Kind.MALFORMED, path + ": " + what);
    }

    @Override
    public final List<Tensor> tensors() {
        return List.copyOf(tensors.values());
    }

    @Override
    public final Optional<Tensor> find(String name) {
        return Optional.ofNullable(tensors.get(name));
    }

    @Override
    public final Tensor tensor(String name) throws Problem {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw malformed("the tensor " + name + " is missing");
        }
        return tensor;
    }
}
