// Encodes strings with tokenizers that nobody here wrote and compares the ids with ours.
//   node tokenize.mjs CLIENT ENCODING FILE
// ENCODING is a name, or for tiktoken a JSON file with "bpe_ranks" and "pat_str".
// FILE holds numbers of 32 bits, little-endian; for each string the number of its UTF-16 units, the units, two in a number, the number of ids, the ids.
// Writes one JSON object: how many strings and ids were compared, how many differ, and the first of those.
import { readFileSync } from "node:fs";

const [client, encoding, file] = process.argv.slice(2);
const encode = await encoder(client, encoding);
const bytes = readFileSync(file);
const numbers = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
const result = { strings: 0, ids: 0, different: 0, examples: [] };
for (let at = 0; at < numbers.length; ) {
    const units = numbers[at++];
    const text = bytes.toString("utf16le", 4 * at, 4 * at + 2 * units);
    at += Math.ceil(units / 2);
    const count = numbers[at++];
    const theirs = encode(text);
    let same = theirs.length === count;
    for (let i = 0; same && i < count; i++) {
        same = theirs[i] === numbers[at + i];
    }

    if (!same) {
        result.different++;
        if (result.examples.length < 20) {
            result.examples.push({ text: text.toWellFormed(), ours: [...numbers.subarray(at, at + count)], theirs: [...theirs] });
        }
    }

    at += count;
    result.strings++;
    result.ids += theirs.length;
}

console.log(JSON.stringify(result));

async function encoder(client, encoding) {
    switch (client) {
        case "tiktoken": {
            const { get_encoding, Tiktoken } = await import("tiktoken");
            const own = encoding.endsWith(".json") ? JSON.parse(readFileSync(encoding, "utf8")) : null;
            const model = own ? new Tiktoken(own.bpe_ranks, {}, own.pat_str) : get_encoding(encoding);
            return text => model.encode_ordinary(text);
        }
        case "js-tiktoken": {
            const { getEncoding } = await import("js-tiktoken");
            const model = getEncoding(encoding);
            return text => model.encode(text, [], []);
        }
        case "gpt-tokenizer": {
            const names = { gpt2: "r50k_base" };
            const model = await import(`gpt-tokenizer/encoding/${names[encoding] ?? encoding}`);
            return text => model.encode(text, { disallowedSpecial: new Set() });
        }
        default:
            throw new Error(`unknown client ${client}`);
    }
}
