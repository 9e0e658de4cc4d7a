package dev.longhand.catalog;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/** Serves one model file as the Hub does, with ranges; cuts, versions and refusals are set by the test. */
final class FileHandler implements LoopbackServer.Handler {
    final Queue<Integer> cutsAfterBytes = new ArrayDeque<>();
    final AtomicLong bytesSent = new AtomicLong();
    final Map<String, String> extraHeaders = new TreeMap<>();
    volatile byte[] content;
    volatile String etag = "\"v1\"";
    volatile boolean ignoresRange;

    FileHandler(byte[] content) {
        this.content = content;
    }

    @Override
    public void answer(LoopbackServer.Request request, LoopbackServer.Answer answer) throws IOException {
        byte[] body = content;
        String range = request.header("range");
        String ifRange = request.header("if-range");
        boolean isPartial = !range.isEmpty() && !ignoresRange && (ifRange.isEmpty() || ifRange.equals(etag));
        int from = isPartial ? Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1")) : 0;
        Map<String, String> headers = new TreeMap<>(extraHeaders);
        headers.put("Content-Length", Integer.toString(body.length - from));
        if (!etag.isEmpty()) {
            headers.put("ETag", etag);
        }
        if (isPartial) {
            headers.put("Content-Range", "bytes %d-%d/%d".formatted(from, body.length - 1, body.length));
        }
        answer.head(isPartial ? 206 : 200, headers);
        Integer cut = cutsAfterBytes.poll();
        int count = cut == null ? body.length - from : Math.min(cut, body.length - from);
        answer.part(body, from, count);
        bytesSent.addAndGet(count);
    }
}
