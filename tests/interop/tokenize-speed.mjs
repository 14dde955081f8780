// Times npm's tiktoken, one run for each line on the standard input, so that its runs can alternate with ours.
//   node tokenize-speed.mjs ENCODING FILE
// Writes for each line the seconds that encoding the text of FILE took, and the number of ids.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { get_encoding } from "tiktoken";

const [encoding, file] = process.argv.slice(2);
const model = get_encoding(encoding);
const text = readFileSync(file, "utf8");
for await (const _ of createInterface({ input: process.stdin })) {
    const started = performance.now();
    const ids = model.encode_ordinary(text);
    console.log((performance.now() - started) / 1000, ids.length);
}
