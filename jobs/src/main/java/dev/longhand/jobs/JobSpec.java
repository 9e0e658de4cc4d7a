package dev.longhand.jobs;

import java.time.Instant;
import java.util.Optional;

/**
 * What somebody wants done. {@link Jobs#submit} checks it and says what is wrong with it.
 *
 * @param id       the caller's own: the same id with the same content is one job, however often it is submitted; empty: one is made
 * @param kind     names the handler: 1 to 40 lower-case letters and hyphens
 * @param input    the handler's
 * @param priority higher comes first, in [-100, 100]
 * @param parent   id of the job that this one is a part of; empty for none
 * @param funding  empty: its costs are nobody's
 */
public record JobSpec(
        String id, String kind, byte[] input, int priority, Optional<Instant> deadline, String parent, Optional<Funding> funding) {

    /** Without id, deadline, parent and budget. */
    public static JobSpec of(String kind, byte[] input) {
        return new JobSpec("", kind, input, 0, Optional.empty(), "", Optional.empty());
    }

    public JobSpec withId(String id) {
        return new JobSpec(id, kind, input, priority, deadline, parent, funding);
    }

    public JobSpec withPriority(int priority) {
        return new JobSpec(id, kind, input, priority, deadline, parent, funding);
    }

    public JobSpec withDeadline(Instant deadline) {
        return new JobSpec(id, kind, input, priority, Optional.of(deadline), parent, funding);
    }

    public JobSpec withParent(String parent) {
        return new JobSpec(id, kind, input, priority, deadline, parent, funding);
    }

    public JobSpec withFunding(Funding funding) {
        return new JobSpec(id, kind, input, priority, deadline, parent, Optional.of(funding));
    }
}
