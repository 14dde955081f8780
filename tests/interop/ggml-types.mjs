// Asks ggml, as node-llama-cpp brings it, for its tensor types: for each name on the standard input its number, elements of a block, and their bytes.
import { readStandardInput } from "./standard-input.mjs";
import {getLlama} from "node-llama-cpp";

const llama = await getLlama({gpu: false, build: "never", logLevel: "error", progressLogs: false});
const bindings = llama._bindings;
const names = JSON.parse(await readStandardInput());
process.stdout.write(JSON.stringify(names.map((name) => {
    const type = bindings.getGgmlType(name);
    return [type, bindings.getBlockSizeForGgmlType(type), bindings.getTypeSizeForGgmlType(type)];
})));
await llama.dispose();
