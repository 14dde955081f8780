// Writes normalization.txt, Unicode's data for its four normalization forms, as this program's ICU has them:
//   node make-normalization-table.mjs > normalization.txt
// Lines: "C CLASS FIRST-LAST ..." canonical combining classes; "D CODE CODES" full canonical decompositions, "X" those that are not composed again;
// "K CODE CODES" full compatibility decompositions where they differ. Codes are hexadecimal; the syllables of Hangul follow from a rule and are left out.
const hex = code => code.toString(16).toUpperCase();
const codes = text => [...text].map(letter => letter.codePointAt(0));
const all = [];
for (let code = 0; code <= 0x10ffff; code++) {
    if ((code < 0xd800 || code > 0xdfff) && (code < 0xac00 || code > 0xd7a3)) {
        all.push(code);
    }
}

// ICU tells classes only by the order into which it puts marks. One mark of every class, whose number is part of the standard:
const known = {
    1: 0x334, 6: 0x16ff0, 7: 0x93c, 8: 0x3099, 9: 0x94d, 10: 0x5b0, 11: 0x5b1, 12: 0x5b2, 13: 0x5b3, 14: 0x5b4, 15: 0x5b5, 16: 0x5b6, 17: 0x5b7, 18: 0x5b8,
    19: 0x5b9, 20: 0x5bb, 21: 0x5bc, 22: 0x5bd, 23: 0x5bf, 24: 0x5c1, 25: 0x5c2, 26: 0xfb1e, 27: 0x64b, 28: 0x64c, 29: 0x64d, 30: 0x64e, 31: 0x64f,
    32: 0x650, 33: 0x651, 34: 0x652, 35: 0x670, 36: 0x711, 84: 0xc55, 91: 0xc56, 103: 0xe38, 107: 0xe48, 118: 0xeb8, 122: 0xec8, 129: 0xf71, 130: 0xf72,
    132: 0xf74, 202: 0x321, 214: 0x1dce, 216: 0x31b, 218: 0x302a, 220: 0x316, 222: 0x59a, 224: 0x302e, 226: 0x1d16d, 228: 0x302b, 230: 0x300, 232: 0x315,
    233: 0x35c, 234: 0x35d, 240: 0x345,
};
const swaps = (first, second) => codes(String.fromCodePoint(first, second).normalize("NFD"))[0] !== first;
const classes = new Map(Object.keys(known).map(number => [Number(number), []]));
for (const code of all) {
    if (!/\p{M}/u.test(String.fromCodePoint(code)) || String.fromCodePoint(code).normalize("NFD") !== String.fromCodePoint(code)) {
        continue;
    }

    const isMark = swaps(0x345, code) || swaps(code, 0x334) || code === 0x345 || code === 0x334;
    if (isMark) {
        const number = Object.keys(known).find(number => !swaps(known[number], code) && !swaps(code, known[number]));
        if (number === undefined) {
            throw new Error(`U+${hex(code)} has a class of its own`);
        }

        classes.get(Number(number)).push(code);
    }
}

for (const [number, marks] of classes) {
    const ranges = [];
    for (const mark of marks) {
        const last = ranges.at(-1);
        if (last && last[1] === mark - 1) {
            last[1] = mark;
        } else {
            ranges.push([mark, mark]);
        }
    }

    console.log(`C ${number} ${ranges.map(([first, last]) => `${hex(first)}-${hex(last)}`).join(" ")}`);
}

for (const code of all) {
    const letter = String.fromCodePoint(code);
    const canonical = letter.normalize("NFD");
    const compatible = letter.normalize("NFKD");
    if (canonical !== letter) {
        console.log(`${letter.normalize("NFC") === letter ? "D" : "X"} ${hex(code)} ${codes(canonical).map(hex).join(" ")}`);
    }

    if (compatible !== canonical) {
        console.log(`K ${hex(code)} ${codes(compatible).map(hex).join(" ")}`);
    }
}
