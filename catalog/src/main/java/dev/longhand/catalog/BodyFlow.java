package dev.longhand.catalog;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A response body read by pulling, with a bound on silence: at most one batch of buffers is in memory beside the one in hand.
 *
 * <p>One reader thread; the HTTP client's thread feeds it.
 */
final class BodyFlow implements HttpResponse.BodySubscriber<BodyFlow>, AutoCloseable {
    /** Nothing arrived for the time that was allowed. */
    static final class Stalled extends IOException {
        private static final long serialVersionUID = 1;

        Stalled(Duration silence) {
            super("no byte arrived for " + silence.toSeconds() + " s");
        }
    }

    private record End(Throwable failure) {}

    private final LinkedBlockingQueue<Object> arrived = new LinkedBlockingQueue<>();
    private final CompletableFuture<Flow.Subscription> subscription = new CompletableFuture<>();

    @Override
    public CompletionStage<BodyFlow> getBody() {
        return CompletableFuture.completedFuture(this);
    }

    @Override
    public void onSubscribe(Flow.Subscription s) {
        if (!subscription.complete(s)) {
            s.cancel();
            return;
        }
        s.request(1);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        arrived.add(buffers);
    }

    @Override
    public void onError(Throwable failure) {
        arrived.add(new End(failure));
    }

    @Override
    public void onComplete() {
        arrived.add(new End(null));
    }

    /** The next bytes, or null at the end. */
    @SuppressWarnings("unchecked")
    List<ByteBuffer> next(Duration silenceMax) throws IOException, InterruptedException {
        Object item = arrived.poll(silenceMax.toMillis(), TimeUnit.MILLISECONDS);
        switch (item) {
            case null -> throw new Stalled(silenceMax);
            case End end -> {
                arrived.add(end);
                if (end.failure() != null) {
                    throw new IOException(String.valueOf(end.failure().getMessage()), end.failure());
                }
                return null;
            }
            default -> {
                subscription.join().request(1);
                return (List<ByteBuffer>) item;
            }
        }
    }

    /** The whole of a small body. */
    byte[] readAll(int bytesMax, Duration silenceMax) throws IOException, InterruptedException {
        var out = new java.io.ByteArrayOutputStream();
        for (List<ByteBuffer> batch; (batch = next(silenceMax)) != null; ) {
            for (ByteBuffer each : batch) {
                if (out.size() + each.remaining() > bytesMax) {
                    throw new IOException("the answer is longer than " + bytesMax + " bytes");
                }
                byte[] bytes = new byte[each.remaining()];
                each.get(bytes);
                out.write(bytes);
            }
        }
        return out.toByteArray();
    }

    @Override
    public void close() {
        if (subscription.isDone()) {
            subscription.join().cancel();
        }
    }
}
