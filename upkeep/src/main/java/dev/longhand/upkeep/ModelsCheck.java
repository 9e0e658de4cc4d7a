package dev.longhand.upkeep;

import dev.longhand.base.Problem;
import dev.longhand.base.Units;
import dev.longhand.catalog.InstalledModel;
import dev.longhand.catalog.Models;
import dev.longhand.catalog.Progress;
import java.nio.file.Files;
import java.util.List;

/** Checks the list of models and, where asked, the digests of their files, which may be many gigabytes. */
final class ModelsCheck {
    private final Site site;
    private final Watcher watcher;

    ModelsCheck(Site site, Watcher watcher) {
        this.site = site;
        this.watcher = watcher;
    }

    /** Carries a person's stop through a function that knows no problem of it. */
    private static final class Stopped extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    void run(boolean readsFiles, Findings findings) throws Problem {
        try {
            Models models = Models.open(site.home(), site.environment());
            List<InstalledModel> unchanged = models.list();
            int read = 0;
            for (InstalledModel each : models.rows()) {
                if (!Files.exists(each.file())) {
                    findings.note("model " + each.name() + " is not here (" + each.file() + "); fetch it with: longhand pull "
                            + each.name());
                } else if (readsFiles) {
                    read += isDigestRight(models, each, findings) ? 1 : 0;
                } else if (!unchanged.contains(each)) {
                    findings.note("the file of model " + each.name() + " is not as it was when it was installed; check it with: "
                            + "longhand verify --models");
                }
            }
            findings.looked("models: %s listed, %s".formatted(Units.count(models.rows().size()),
                    readsFiles ? "the digests of " + read + " are right" : "their files were not read (--models reads them)"));
        } catch (Stopped e) {
            throw new Problem(Problem.Kind.CANCELLED, "stopped", e);
        } catch (Problem e) {
            if (e.kind() != Problem.Kind.MALFORMED) {
                throw e;
            }
            findings.found("models", e.getMessage(), "nothing else depends on it");
        }
    }

    private boolean isDigestRight(Models models, InstalledModel model, Findings findings) throws Problem {
        try {
            models.verify(model, new Progress() {
                @Override
                public void advanced(String what, long doneBytes, long totalBytes) {
                    if (watcher.isCancelled()) {
                        throw new Stopped();
                    }
                    watcher.advanced(what, doneBytes, totalBytes);
                }
            });
            return true;
        } catch (Problem e) {
            if (e.kind() != Problem.Kind.MALFORMED) {
                throw e;
            }
            findings.found("model " + model.name(), e.getMessage(), "other models are not affected");
            return false;
        }
    }
}
