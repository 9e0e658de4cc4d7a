package dev.longhand.lm;

/** Passes an answer on to another sink; a subclass changes what it is about. Of the thread that the other sink is of. */
public abstract class SinkFilter implements Sink {
    protected final Sink sink;

    protected SinkFilter(Sink sink) {
        this.sink = sink;
    }

    @Override
    public void text(String piece) {
        sink.text(piece);
    }

    @Override
    public void token(int id) {
        sink.token(id);
    }

    @Override
    public void reasoning(String piece) {
        sink.reasoning(piece);
    }

    @Override
    public void reading(int done, int total) {
        sink.reading(done, total);
    }

    @Override
    public boolean isCancelled() {
        return sink.isCancelled();
    }
}
