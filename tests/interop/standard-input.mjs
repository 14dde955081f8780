// Everything that comes on standard input, as text. readFileSync(0) fails with EAGAIN when the writer of a pipe takes its time.
export async function readStandardInput() {
    const chunks = [];
    for await (const chunk of process.stdin) {
        chunks.push(chunk);
    }

    return Buffer.concat(chunks).toString("utf8");
}
