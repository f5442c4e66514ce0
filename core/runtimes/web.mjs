/* Answers for core/runtimes/web.py: reads batches from standard input and writes what the model gives to standard
   output. Both ways a message is the bytes of its header (JSON) as a number of four bytes, the header, and the arrays
   that the header names, one after the other. Arguments: the runtime's module, the model's file. */

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [module, file] = process.argv.slice(2);
const ort = await import(pathToFileURL(module));
ort.env.wasm.numThreads = 1;
ort.env.logLevel = "error";

function send(header, arrays = []) {
  const words = Buffer.from(JSON.stringify(header)), length = Buffer.alloc(4);
  length.writeUInt32LE(words.length);
  const parts = arrays.map((one) => Buffer.from(one.buffer, one.byteOffset, one.byteLength));
  process.stdout.write(Buffer.concat([length, words, ...parts]));
}

function elements(dims) {
  return dims.reduce((product, size) => product * size, 1);
}

async function answer({ feeds }, bytes) {
  const given = {};
  let at = 0;
  for (const [name, dims] of feeds) {
    const end = at + 8 * elements(dims);
    given[name] = new ort.Tensor("int64", new BigInt64Array(bytes.slice(at, end).buffer), dims);
    at = end;
  }
  const found = await session.run(given);
  const all = session.outputNames.map((name) => found[name]);
  send({ outputs: all.map(({ dims, type }) => [dims, type]) }, all.map(({ data }) => data));
}

let session;
try {
  session = await ort.InferenceSession.create(readFileSync(file), { executionProviders: ["wasm"] });
  send({ inputs: session.inputNames });
} catch (error) {
  send({ error: String(error) });
  process.exit(1);
}

let waiting = new Uint8Array(0);
for await (const chunk of process.stdin) {
  waiting = Buffer.concat([waiting, chunk]);
  for (;;) {
    if (waiting.length < 4) break;
    const start = 4 + waiting.readUInt32LE(0);
    if (waiting.length < start) break;
    const header = JSON.parse(waiting.subarray(4, start));
    const end = start + header.feeds.reduce((sum, [, dims]) => sum + 8 * elements(dims), 0);
    if (waiting.length < end) break;
    try {
      await answer(header, new Uint8Array(waiting.subarray(start, end)));
    } catch (error) {
      send({ error: String(error) });
    }
    waiting = waiting.subarray(end);
  }
}
