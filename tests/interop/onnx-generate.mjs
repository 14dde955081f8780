// Lets transformers.js write. Standard input: one JSON object a line, {"folder", "prompts": [TEXT], "tokens": N,
// "dtype"}. Standard output: one JSON
// object a line with, for each prompt alone, its ids, the new ids of greedy decoding and the text of both; and the same ids for the prompts
// as one batch, padded, where the tokenizer has a token to pad with.
import { createInterface } from 'node:readline';
import { AutoModelForCausalLM, AutoTokenizer, env } from '@huggingface/transformers';

env.allowRemoteModels = false;

const list = tensor => tensor.tolist().map(row => row.map(Number));

for await (const line of createInterface({ input: process.stdin })) {
    const { folder, prompts, tokens, dtype } = JSON.parse(line);
    const tokenizer = await AutoTokenizer.from_pretrained(folder, { local_files_only: true });
    const model = await AutoModelForCausalLM.from_pretrained(folder, { local_files_only: true, device: 'cpu', ...(dtype && { dtype }) });
    const options = { max_new_tokens: tokens, do_sample: false };
    const alone = [];
    for (const prompt of prompts) {
        const inputs = tokenizer(prompt);
        const [ids] = list(await model.generate({ ...inputs, ...options }));
        const length = inputs.input_ids.dims[1];
        alone.push({ prompt: ids.slice(0, length), continuation: ids.slice(length), text: tokenizer.decode(ids) });
    }

    let batch = null;
    if (tokenizer.pad_token_id !== undefined && tokenizer.pad_token_id !== null && prompts.length > 1) {
        tokenizer.padding_side = 'left';
        const inputs = tokenizer(prompts, { padding: true });
        const length = inputs.input_ids.dims[1];
        batch = list(await model.generate({ ...inputs, ...options })).map(ids => ids.slice(length));
    }

    console.log(JSON.stringify({ alone, batch }));
    await model.dispose();
}
