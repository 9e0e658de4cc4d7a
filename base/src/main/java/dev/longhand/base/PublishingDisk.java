package dev.longhand.base;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The order of calls that keeps the promises of {@link Disk} on any {@link DiskCalls}. */
final class PublishingDisk implements Disk {
    private static final int WRITE_BYTES = 1 << 16;

    private final DiskCalls calls;

    PublishingDisk(DiskCalls calls) {
        this.calls = calls;
    }

    @Override
    public void publish(Path target, Body body) throws Problem {
        Path file = target.toAbsolutePath();
        Path folder = file.getParent();
        Path temp = null;
        try {
            make(folder);
            try (DiskCalls.NewFile out = calls.createTemp(folder, "." + file.getFileName() + ".")) {
                temp = out.path();
                write(out, body);
                out.force();
            }
            calls.rename(temp, file);
            temp = null;
            calls.forceFolder(folder);
        } catch (IOException e) {
            throw Disk.problem("writing", target, e);
        } finally {
            deleteQuietly(temp);
        }
    }

    private static void write(DiskCalls.NewFile file, Body body) throws IOException {
        OutputStream buffered = new BufferedOutputStream(new OutputStream() {
            @Override
            public void write(int one) throws IOException {
                write(new byte[] {(byte) one}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int offset, int length) throws IOException {
                file.write(bytes, offset, length);
            }
        }, WRITE_BYTES);
        body.writeTo(buffered);
        buffered.flush();
    }

    @Override
    public void createFolders(Path folder) throws Problem {
        try {
            make(folder.toAbsolutePath());
        } catch (IOException e) {
            throw Disk.problem("creating", folder, e);
        }
    }

    /** A new folder's name is an entry of its parent: without a force there, all that is in the folder could vanish with it. */
    private void make(Path folder) throws IOException {
        Path parent = folder.getParent();
        if (parent == null || Files.isDirectory(folder)) {
            return;
        }
        make(parent);
        calls.createFolder(folder);
        calls.forceFolder(parent);
    }

    @Override
    public void rename(Path from, Path to) throws Problem {
        try {
            calls.rename(from, to);
            calls.forceFolder(to.toAbsolutePath().getParent());
        } catch (IOException e) {
            throw Disk.problem("renaming to", to, e);
        }
    }

    private void deleteQuietly(Path temp) {
        if (temp != null) {
            try {
                calls.delete(temp);
            } catch (IOException e) {
                // The temp file is swept at the next start; the failure that brought us here is the one to report.
            }
        }
    }
}
