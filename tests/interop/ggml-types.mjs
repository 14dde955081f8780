// Asks ggml, as node-llama-cpp brings it, for its tensor types: for each name on the standard input its number, elements of a block, and their bytes.
import {getLlama} from "node-llama-cpp";
import {readFileSync} from "node:fs";

const llama = await getLlama({gpu: false, build: "never", logLevel: "error", progressLogs: false});
const bindings = llama._bindings;
const names = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(names.map((name) => {
    const type = bindings.getGgmlType(name);
    return [type, bindings.getBlockSizeForGgmlType(type), bindings.getTypeSizeForGgmlType(type)];
})));
await llama.dispose();
