// Drives llama.cpp as node-llama-cpp brings it, prebuilt. Reads requests from the standard input and answers on the standard output:
//   [{model, texts, sequences, prompts, count}] -> [{tokens, special, logits, generated, decoded, begin, end}]
// tokens: of each text, without and with special tokens parsed; logits: of each sequence at each of its positions;
// generated: `count` greedy tokens after each prompt, end-of-text tokens included; decoded: their text.
import { readStandardInput } from "./standard-input.mjs";
import {getLlama} from "node-llama-cpp";

const llama = await getLlama({gpu: false, build: "never", logLevel: "error", progressLogs: false});
const answers = [];
for (const request of JSON.parse(await readStandardInput()))
    answers.push(await answer(request));

process.stdout.write(JSON.stringify(answers));
await llama.dispose();

async function answer(request) {
    const model = await llama.loadModel({modelPath: request.model, useMmap: false});
    const addon = model._model;

    // A cache of float32, for its usual float16 is coarser than the weights; the model's own context length, for positions beyond it do not exist.
    const context = await model.createContext({
        contextSize: model.trainContextSize,
        batchSize: model.trainContextSize,
        sequences: 1,
        flashAttention: false,
        threads: 1,
        experimentalKvCacheKeyType: "F32",
        experimentalKvCacheValueType: "F32",
    });
    const sequence = context.getSequence();
    const sampler = new llama._bindings.AddonSampler(addon);
    sampler.applyConfig({});

    // The likeliest token and the logits at the wanted positions among `tokens`, which follow `start` others.
    async function decode(tokens, start, wanted) {
        context._ctx.initBatch(tokens.length);
        const places = context._ctx.addToBatch(sequence._sequenceId, start, Uint32Array.from(tokens), Uint32Array.from(wanted));
        await context._ctx.decodeBatch();
        const rows = [];
        for (const place of places) {
            const [token, , , pairs] = await context._ctx.sampleToken(place, sampler, false, false, true);
            const logits = [];
            for (let i = 0; i < pairs.length; i += 2)
                logits[pairs[i]] = pairs[i + 1];

            rows.push({token, logits});
        }

        return rows;
    }

    const result = {
        tokens: (request.texts ?? []).map((text) => Array.from(addon.tokenize(text, false))),
        special: (request.texts ?? []).map((text) => Array.from(addon.tokenize(text, true))),
        logits: [],
        generated: [],
        decoded: [],
        begin: model.tokens.bos,
        end: model.tokens.eos,
    };
    for (const tokens of request.sequences ?? []) {
        result.logits.push((await decode(tokens, 0, tokens.keys())).map((row) => row.logits));
        context._ctx.disposeSequence(sequence._sequenceId);
    }

    for (const prompt of request.prompts ?? []) {
        const generated = [];
        let next = prompt;
        let position = 0;
        while (generated.length < request.count) {
            const [row] = await decode(next, position, [next.length - 1]);
            position += next.length;
            next = [row.token];
            generated.push(row.token);
        }

        context._ctx.disposeSequence(sequence._sequenceId);
        result.generated.push(generated);
        result.decoded.push(addon.detokenize(Uint32Array.from(generated), true));
    }

    await model.dispose();
    return result;
}
