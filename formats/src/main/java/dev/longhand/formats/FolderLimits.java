package dev.longhand.formats;

import dev.longhand.base.Check;

/**
 * What the files of a Hugging Face folder may ask for. Everything is also bounded by the bytes that are really there.
 *
 * @param settingsBytesMax  config.json, tokenizer_config.json, generation_config.json and the chat template, each
 * @param headerBytesMax    the JSON header of one safetensors file, and the index of the shards
 * @param tokenizerBytesMax tokenizer.json
 * @param shardsMax         safetensors files
 * @param tensorsMax        tensors in all shards
 * @param nameBytesMax      bytes of a name: tensor, key, shard
 * @param tokensMax         tokens of a vocabulary; merges may be four times as many
 * @param nestingMax        depth of JSON
 * @param heapBytesMax      memory that the values read from one JSON file may take on the heap
 */
public record FolderLimits(
        int settingsBytesMax, int headerBytesMax, int tokenizerBytesMax, int shardsMax, int tensorsMax, int nameBytesMax,
                int tokensMax,
        int nestingMax, long heapBytesMax) {
    public static final FolderLimits DEFAULT =
            new FolderLimits(4_000_000, 48_000_000, 64_000_000, 1024, 65_536, 1024, 1_000_000, 32, 80_000_000);

    public FolderLimits {
        Check.argument(settingsBytesMax > 0 && headerBytesMax > 0 && tokenizerBytesMax > 0 && shardsMax > 0 && tensorsMax > 0
                && nameBytesMax > 0 && tokensMax > 0 && heapBytesMax > 0, "every limit must be positive");
        Check.argument(nestingMax > 0 && nestingMax <= 256, "nestingMax is %d; it must lie in [1, 256]", nestingMax);
    }
}
