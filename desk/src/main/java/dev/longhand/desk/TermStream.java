package dev.longhand.desk;

import java.util.Iterator;
import java.util.List;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.analysis.tokenattributes.PositionIncrementAttribute;

/** Hands the words of one field to the index. Parts of an identifier stand where the whole stands. Used once, by one thread. */
final class TermStream extends TokenStream {
    private final CharTermAttribute term = addAttribute(CharTermAttribute.class);
    private final PositionIncrementAttribute increment = addAttribute(PositionIncrementAttribute.class);
    private final Iterator<Words.Word> words;

    TermStream(List<Words.Word> words) {
        this.words = words.iterator();
    }

    @Override
    public boolean incrementToken() {
        if (!words.hasNext()) {
            return false;
        }
        clearAttributes();
        Words.Word word = words.next();
        term.setEmpty().append(word.stem());
        increment.setPositionIncrement(word.isPart() ? 0 : 1);
        return true;
    }
}
