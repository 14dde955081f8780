// Puts texts into Unicode's normalization forms.
// Standard input: a JSON list of texts. Standard output: a JSON list of lists: each text in the forms NFC, NFD, NFKC, NFKD.
import { readStandardInput } from "./standard-input.mjs";

const texts = JSON.parse(await readStandardInput());
process.stdout.write(JSON.stringify(texts.map(text => ["NFC", "NFD", "NFKC", "NFKD"].map(form => text.normalize(form)))));
