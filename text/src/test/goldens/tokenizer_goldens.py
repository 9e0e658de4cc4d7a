#!/usr/bin/env python3
"""Goldens of the tokenizers: ids of llama.cpp for 2,400 lines of mixed text, for two real models.

    pip install llama-cpp-python==0.3.36 numpy
    python3 tokenizer_goldens.py SMOLLM2.gguf GEMMA3.gguf ../resources/dev/longhand/text/tokenizer-goldens.bin.gz

Lines are made here from seeded pieces: prose, code, numbers, many scripts, emoji, control bytes, odd white space, texts of special
tokens. Each line is tokenized by itself, without BOS, special tokens off. Where a line makes llama.cpp fail (a byte that the
vocabulary has no token for), its count is 0xFFFFFFFF.

Format, little endian, gzipped: u32 lines; per line: u32 bytes, UTF-8; then per model: u32 count, count x u32 id.
"""
import gzip
import random
import struct
import sys

import llama_cpp

FAILED = 0xFFFFFFFF

WORDS = """the of and to in is that for it was on are as with his they at be this from have or by one had not but what all were when
we there can an your which their said if do will each about how up out them then she many some so these would other into has more her
two like him see time could no make than first been its who now people my made over did down only way find use may water long little
very after words called just where most know quantised matmul tokenizer repository citation attention memory ledger throughput
antidisestablishmentarianism supercalifragilistic Donaudampfschifffahrtsgesellschaft naïve façade Zürich São résumé coöperate""".split()

CODE = ["public static void main(String[] args) {", "    return x == null ? 0 : x.length();", "for (int i = 0; i < n; i++) sum += a[i] * b[i];",
        "def f(x: int) -> str:\n    return f\"{x:>10}\"", "\tif err != nil {\n\t\treturn nil, fmt.Errorf(\"open: %w\", err)\n\t}",
        "SELECT id, name FROM users WHERE created_at >= '2026-01-01' AND NOT deleted;", "#include <stdint.h>\n#define MAX(a,b) ((a)>(b)?(a):(b))",
        "<div class=\"row\" id='x1'>&nbsp;<a href=\"#top\">Top</a></div>", "{\"key\": [1, 2.5e-3, null, true], \"s\": \"\\u00e9\\n\"}",
        "fn main() -> Result<(), Box<dyn Error>> { let v: Vec<u8> = vec![0; 1 << 20]; Ok(()) }", "git log --oneline -n 5 | awk '{print $1}'",
        "$\\sum_{i=1}^{n} x_i^2 \\leq \\frac{1}{2}$", "https://example.org/a/b?c=d&e=%20f#g", "0xDEADBEEF 0b1010 1_000_000 3.14159f 1e-9",
        "camelCaseName snake_case_name SCREAMING_SNAKE kebab-case-name", "@Override // TODO later", "if(a&&b||!c)^=~d;", "x<-c(1,2,3)|>mean()",
        "```java\nint x = 1;\n```", "| a | b |\n|---|---|\n| 1 | 2 |", "- [ ] item\n  * nested\n    1. deep", "...!!!???---___===+++***///\\\\\\"]

SCRIPTS = ["这是一个关于注意力机制的测试句子，包含标点符号。", "日本語のテキストとカタカナ、ひらがな。", "한국어 문장도 포함됩니다.", "Это предложение на русском языке.",
           "هذه جملة باللغة العربية.", "זהו משפט בעברית.", "यह हिन्दी में एक वाक्य है।", "นี่คือประโยคภาษาไทย", "Αυτή είναι μια πρόταση.",
           "Đây là câu tiếng Việt có dấu.", "ეს ქართული წინადადებაა.", "Սա հայերեն նախադասություն է։", "এটি একটি বাংলা বাক্য।", "இது ஒரு தமிழ் வாக்கியம்.",
           "ಇದು ಕನ್ನಡ ವಾಕ್ಯ.", "ይህ የአማርኛ ዓረፍተ ነገር ነው።", "ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝕞𝕒𝕥𝕙 𝒍𝒆𝒕𝒕𝒆𝒓𝒔", "Ⅷ ½ ² ₃ ① ㊿ ٣٤٥ ४५६", "ﬁ ﬂ ﬀ ǆ ß ẞ İ ı"]

EMOJI = ["😀", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪🇫🇷", "❤️", "☃", "→", "✓", "∀x∈ℝ", "€100", "№5", "…", "“quoted”", "‘it’s’", "—dash–", "\u200b", "\u200d", "\ufeff", "\u00a0"]

SPACES = [" ", "  ", "   ", "\t", "\t\t", "\n", "\n\n", "\n\n\n", "\r\n", "\r", " \n", "\n ", "  \t ", "\u3000", "\u2003", "\x0b", "\x0c", "\x85", "\u2028"]

CONTRACTIONS = ["I'm", "don't", "we've", "they'll", "he'd", "it's", "you're", "'S", "I'M", "DON'T", "WE'LL", "'tis", "rock 'n' roll", "''''", "a'b'c"]

SPECIAL = ["<|im_end|>", "<|im_start|>user", "<|endoftext|>", "<bos>", "<eos>", "<start_of_turn>model", "</s>", "<s>", "[INST]", "<unk>", "<0x0A>",
           "\u2581", "\u2581\u2581", "<table>", "</table>", "<h1>", "<b>bold</b>", "<unused7>", "[multimodal]", "<|", "|>", "<mask>"]

CONTROL = ["\x01", "\x02", "\x03", "\x04", "\x05", "\x06", "\x07", "\x08", "\x0e", "\x1b[31m", "\x1f", "\x7f", "\x80", "\x9f", "\u0300", "a\u0301", "\ufffd", "\ufffe",
           "\U0010ffff", "\U000e0001"]


def number(r):
    return r.choice([str(r.randrange(10)), str(r.randrange(100)), str(r.randrange(10**6)), str(r.randrange(10**15)), f"{r.random():.7f}",
                     f"{r.randrange(10**9):,}", f"{r.randrange(24):02}:{r.randrange(60):02}", f"-{r.randrange(1000)}%", f"v{r.randrange(9)}.{r.randrange(20)}.{r.randrange(99)}"])


def word(r):
    w = r.choice(WORDS)
    return r.choice([w, w, w, w, w.capitalize(), w.upper(), w + r.choice(",.;:!?)"), "(" + w, '"' + w + '"', w + "-" + r.choice(WORDS)])


def run(r):
    return r.choice(["a", "=", " ", "-", "\n", "x", "é", "中", "0", "😀", "ab", "\t", "#", " a"]) * r.randrange(2, 90)


def line(r):
    kinds = [lambda: word(r), lambda: number(r), lambda: r.choice(CODE), lambda: r.choice(SCRIPTS), lambda: r.choice(EMOJI), lambda: r.choice(CONTRACTIONS),
             lambda: r.choice(SPECIAL), lambda: r.choice(CONTROL), lambda: run(r), lambda: chr(r.choice([r.randrange(0x20, 0x250), r.randrange(0x370, 0x2fff), r.randrange(0x3000, 0xd7ff)]))]
    weights = r.choice([[20, 1, 0, 0, 0, 1, 0, 0, 0, 0], [4, 3, 2, 2, 2, 1, 0, 0, 1, 1], [1, 1, 6, 0, 0, 0, 0, 0, 1, 0], [1, 1, 0, 8, 2, 0, 0, 0, 0, 0],
                        [2, 1, 1, 1, 1, 1, 4, 1, 1, 1], [1, 0, 0, 0, 1, 0, 0, 5, 0, 4]])
    spaces = r.choice([[" "], [" "], [" ", "  ", "\n"], SPACES, [""], ["", " "]])
    return "".join(r.choices(kinds, weights)[0]() + r.choice(spaces) for _ in range(r.randrange(1, 25)))


def tokenize(model, text):
    raw = text.encode()
    buffer = (llama_cpp.llama_token * (len(raw) + 16))()
    n = llama_cpp.llama_tokenize(model._model.vocab, raw, len(raw), buffer, len(buffer), False, False)
    return None if n < 0 else list(buffer[:n])


def main():
    r = random.Random(20261123)
    lines = ["", " ", "\n", "a"] + WORDS + CODE + SCRIPTS + EMOJI + SPACES + CONTRACTIONS + SPECIAL + CONTROL
    while len(lines) < 2400:
        lines.append(line(r))
    lines = [text for text in lines if "\0" not in text]
    models = [llama_cpp.Llama(path, vocab_only=True, verbose=False) for path in sys.argv[1:3]]
    failed = 0
    with gzip.GzipFile(sys.argv[3], "wb", mtime=0) as out:
        out.write(struct.pack("<I", len(lines)))
        for text in lines:
            raw = text.encode()
            out.write(struct.pack("<I", len(raw)) + raw)
            for model in models:
                ids = tokenize(model, text) if raw else []
                failed += ids is None
                out.write(struct.pack("<I", FAILED) if ids is None else struct.pack(f"<I{len(ids)}I", len(ids), *ids))
    print(len(lines), "lines,", failed, "failed")


main()
