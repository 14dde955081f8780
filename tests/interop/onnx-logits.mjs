// Runs ONNX decoders in onnxruntime. Standard input: one JSON object a line, {"model": PATH, "steps": [{"tokens", "mask", "positions"}]}, each
// of them an array of rows. The steps of a line share one cache, which begins empty. Standard output: one JSON object a line with the names
// of inputs and outputs, the logits of each step (float32, base64) and the shape of the cache after the last.
import { createInterface } from 'node:readline';
import ort from 'onnxruntime-node';

const integers = rows => new ort.Tensor('int64', BigInt64Array.from(rows.flat(), BigInt), [rows.length, rows[0].length]);

for await (const line of createInterface({ input: process.stdin })) {
    const { model, steps } = JSON.parse(line);
    const session = await ort.InferenceSession.create(model);
    const caches = session.inputMetadata.filter(input => input.name.startsWith('past_key_values.'));
    const past = {};
    for (const { name, shape } of caches) {
        const dims = [steps[0].tokens.length, shape[1], 0, shape[3]];
        past[name] = new ort.Tensor('float32', new Float32Array(0), dims);
    }

    const logits = [];
    for (const { tokens, mask, positions } of steps) {
        const output = await session.run({
            input_ids: integers(tokens),
            attention_mask: integers(mask),
            position_ids: integers(positions),
            ...past,
        });
        for (const { name } of caches) {
            past[name] = output[name.replace('past_key_values', 'present')];
        }

        const { data } = output.logits;
        logits.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64'));
    }

    const cache = caches.length > 0 ? past[caches[0].name].dims : [];
    console.log(JSON.stringify({ inputs: session.inputNames, outputs: session.outputNames, logits, cache }));
    await session.release();
}
