// Encodes texts with Hugging Face's tokenizer for JavaScript from a tokenizer.json.
//   node tokenizer-file.mjs TOKENIZER_JSON
// Standard input: a JSON list of texts. Standard output: a JSON list of { ids, template, decoded }: the ids without and with what the post-processor adds,
// and the text of the former.
import { readStandardInput } from "./standard-input.mjs";
import { readFileSync } from "node:fs";
import { Tokenizer } from "@huggingface/tokenizers";

const tokenizer = new Tokenizer(JSON.parse(readFileSync(process.argv[2], "utf8")), { clean_up_tokenization_spaces: false });
const texts = JSON.parse(await readStandardInput());
const results = texts.map(text => {
    const ids = tokenizer.encode(text, { add_special_tokens: false }).ids;
    return {
        ids,
        template: tokenizer.encode(text).ids,
        decoded: ids.length === 0 ? "" : tokenizer.decode(ids, { skip_special_tokens: false, clean_up_tokenization_spaces: false }),
    };
});
process.stdout.write(JSON.stringify(results));
