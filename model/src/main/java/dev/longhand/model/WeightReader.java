package dev.longhand.model;

import dev.longhand.base.Problem;
import dev.longhand.formats.ModelFile;
import dev.longhand.formats.Tensor;
import dev.longhand.kernels.Floats;
import dev.longhand.kernels.Kernels;
import dev.longhand.kernels.Matrix;
import java.lang.foreign.Arena;
import java.util.Optional;

/** Takes tensors of a checked shape from a file into the kernels' layout. Bytes go from the file to panels, never to the heap. */
record WeightReader(ModelFile file, Kernels kernels, Arena arena) {
    Matrix matrix(String name, int rows, int cols) throws Problem {
        Tensor tensor = shaped(file.tensor(name), rows, cols);
        return kernels.pack(arena, tensor.type(), rows, cols, (offset, into) -> file.read(tensor, offset, into));
    }

    Floats vector(String name, int n) throws Problem {
        Tensor tensor = shaped(file.tensor(name), 1, n);
        return kernels.vector(arena, tensor.type(), n, (offset, into) -> file.read(tensor, offset, into));
    }

    Optional<Floats> vectorIfPresent(String name, int n) throws Problem {
        return file.find(name).isPresent() ? Optional.of(vector(name, n)) : Optional.empty();
    }

    Optional<Matrix> matrixIfPresent(String name, int rows, int cols) throws Problem {
        return file.find(name).isPresent() ? Optional.of(matrix(name, rows, cols)) : Optional.empty();
    }

    private Tensor shaped(Tensor tensor, int rows, int cols) throws Problem {
        if (tensor.rows() != rows || tensor.cols() != cols) {
            throw new Problem(Problem.Kind.MALFORMED, "%s: tensor %s is %d x %d; the model's numbers make it %d x %d"
                    .formatted(file.path(), tensor.name(), tensor.rows(), tensor.cols(), rows, cols));
        }
        return tensor;
    }
}
