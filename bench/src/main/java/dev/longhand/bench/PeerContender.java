package dev.longhand.bench;

import dev.longhand.base.Check;
import dev.longhand.base.Problem;

/** llama.cpp in one setting. The process belongs to somebody else. */
final class PeerContender implements Contender {
    private final LlamaPeer peer;
    private final LlamaPeer.Setting setting;

    PeerContender(LlamaPeer peer, LlamaPeer.Setting setting) {
        this.peer = peer;
        this.setting = setting;
    }

    @Override
    public String setting() {
        return setting.label();
    }

    @Override
    public boolean isPeer() {
        return true;
    }

    @Override
    public boolean isF16() {
        return setting.keys().equals("f16") && setting.values().equals("f16");
    }

    @Override
    public double seconds(PeerRow.Work work) throws Problem {
        boolean isTaken = peer.use(setting, Math.max(LlamaPeer.CONTEXT_TOKENS_MIN, work.contextTokens()), 1);
        Check.invariant(isTaken, "llama.cpp refuses %s for %d tokens", setting.label(), work.contextTokens());
        return work.kind() == PeerRow.Work.Kind.PREFILL ? peer.prefill(work.tokens()) : peer.decode(work.depth(), work.tokens());
    }
}
