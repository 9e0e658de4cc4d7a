package dev.longhand.lm;

import dev.longhand.base.Check;

/**
 * What a sequence is for.
 *
 * @param tokensMax tokens the sequence must be able to hold; memory is taken as they come
 * @param tenant    whose it is: tenants share the machine fairly and never each other's attention memory. {@code ""} is one too
 * @param priority  how urgent its requests are
 */
public record SequenceSpec(int tokensMax, String tenant, Priority priority) {
    /** How urgent a request is. */
    public enum Priority {
        /** Somebody waits. */
        INTERACTIVE,
        /** Served when no interactive request is in the way; may lose its memory to one and read again. */
        BATCH
    }

    public static final int TENANT_CHARS_MAX = 256;

    public SequenceSpec {
        Check.argument(tokensMax > 0, "a sequence of %d tokens", tokensMax);
        Check.argument(tenant.length() <= TENANT_CHARS_MAX, "a tenant's name of %d characters; at most %d", tenant.length(),
                TENANT_CHARS_MAX);
    }

    public SequenceSpec(int tokensMax) {
        this(tokensMax, "", Priority.INTERACTIVE);
    }

    public SequenceSpec withTenant(String tenant) {
        return new SequenceSpec(tokensMax, tenant, priority);
    }

    public SequenceSpec withPriority(Priority priority) {
        return new SequenceSpec(tokensMax, tenant, priority);
    }
}
