package dev.longhand.model;

import dev.longhand.base.ElementType;
import dev.longhand.base.Problem;
import dev.longhand.formats.ModelFile;
import dev.longhand.formats.Tensor;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.Matrix;
import java.lang.foreign.Arena;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Takes tensors of a checked shape from a file into the kernels' layout, and remembers which. Bytes go from the file to panels,
 * never to the heap.
 */
final class WeightReader {
    /** Ends of names of tensors that files may hold and no forward pass needs. */
    private static final List<String> NEEDLESS = List.of("rope_freqs.weight", ".attn_rot_embd.weight");

    private final ModelFile file;
    private final Kernels kernels;
    private final Arena arena;
    private final Set<String> taken = new HashSet<>();
    private long bytes;

    WeightReader(ModelFile file, Kernels kernels, Arena arena) {
        this.file = file;
        this.kernels = kernels;
        this.arena = arena;
    }

    ModelFile file() {
        return file;
    }

    Kernels kernels() {
        return kernels;
    }

    Arena arena() {
        return arena;
    }

    /** Bytes of all matrices packed here. */
    long bytes() {
        return bytes;
    }

    Matrix matrix(String name, int rows, int cols) throws Problem {
        Tensor tensor = shaped(name, rows, cols);
        Matrix matrix = kernels.pack(arena, tensor.type(), rows, cols, (offset, into) -> file.read(tensor, offset, into));
        bytes += matrix.bytes();
        return matrix;
    }

    /** A matrix that is multiplied in f32, whatever the file holds. */
    Matrix f32Matrix(String name, int rows, int cols) throws Problem {
        Tensor tensor = shaped(name, rows, cols);
        try (Arena passing = Arena.ofShared()) {
            Floats values = kernels.vector(passing, tensor.type(), rows * cols, (offset, into) -> file.read(tensor, offset, into));
            Matrix matrix = kernels.pack(arena, ElementType.F32, rows, cols,
                    (offset, into) -> into.copyFrom(values.memory().asSlice(offset, into.byteSize())));
            bytes += matrix.bytes();
            return matrix;
        }
    }

    Floats vector(String name, int n) throws Problem {
        Tensor tensor = shaped(name, 1, n);
        return kernels.vector(arena, tensor.type(), n, (offset, into) -> file.read(tensor, offset, into));
    }

    Optional<Floats> vectorIfPresent(String name, int n) throws Problem {
        return file.find(name).isPresent() ? Optional.of(vector(name, n)) : Optional.empty();
    }

    Optional<Matrix> matrixIfPresent(String name, int rows, int cols) throws Problem {
        return file.find(name).isPresent() ? Optional.of(matrix(name, rows, cols)) : Optional.empty();
    }

    /** A tensor of {@code count} matrices {@code (rows, cols)}, one behind the other. */
    Tensor stacked(String name, int count, int rows, int cols) throws Problem {
        Tensor tensor = shaped(name, (long) count * rows, cols);
        long[] shape = tensor.shape();
        if (shape.length != 3 || shape[1] != rows) {
            throw malformed("tensor %s has the shape %s; it must be %d matrices of %d x %d"
                    .formatted(name, java.util.Arrays.toString(shape), count, rows, cols));
        }
        return tensor;
    }

    /** Refuses a file with weights that nothing has taken: a pass without them would be wrong without a word. */
    void requireAllTaken() throws Problem {
        List<String> left = file.tensors().stream().map(Tensor::name)
                .filter(name -> !taken.contains(name) && NEEDLESS.stream().noneMatch(name::endsWith)).toList();
        if (!left.isEmpty()) {
            throw new Problem(Problem.Kind.UNSUPPORTED, ("%s: %d tensors have no place in its architecture, the first is %s; "
                    + "it is a variant that is not supported").formatted(file.path(), left.size(), left.getFirst()));
        }
    }

    private Tensor shaped(String name, long rows, int cols) throws Problem {
        Tensor tensor = file.tensor(name);
        taken.add(name);
        if (tensor.rows() != rows || tensor.cols() != cols) {
            throw malformed("tensor %s is %d x %d; the model's numbers make it %d x %d"
                    .formatted(name, tensor.rows(), tensor.cols(), rows, cols));
        }
        return tensor;
    }

    private Problem malformed(String what) {
        return new Problem(Problem.Kind.MALFORMED, file.path() + ": " + what);
    }
}
