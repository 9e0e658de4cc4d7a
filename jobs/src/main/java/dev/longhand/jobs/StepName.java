package dev.longhand.jobs;

import dev.longhand.base.Check;
import dev.longhand.base.Sha256;

/** What a step is known by when a job is run again. */
record StepName(String name, Sha256 inputHash) {
    StepName {
        Check.argument(!name.isBlank() && name.equals(Words.plain(name, Limits.NAME_MAX)),
                "a step's name has 1 to %d printable characters, not \"%s\"", Limits.NAME_MAX, name);
    }

    /** Refuses a recorded step that is another one. */
    void mustBe(Step there) throws JobFailed {
        if (!there.name().equals(name)) {
            throw Queue.changed(there.job(), there.number(), "\"" + there.name() + "\"", "\"" + name + "\"");
        }
        if (!there.inputHash().equals(inputHash)) {
            throw Queue.changed(there.job(), there.number(), "\"" + name + "\" of input " + there.inputHash(), "of input "
                    + inputHash);
        }
    }
}
