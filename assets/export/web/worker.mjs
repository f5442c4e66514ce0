/* Loads models and answers beside the page, so that the page is never held up.

   In:  {id, load: {runtime, place, way}}, {id, ask: {place, texts}}, {id, measure: {places, tokens, seconds}}
   way: {backend: "wasm" or "webgpu", threads}, of the first load; a worker has one.
   Out: {id, done: ...} or {id, failed: {kind, words}}, and before that {id, loaded, total} or {id, round, of}. */

import { encode } from "./tokens.mjs";

const TICKS = 20; // of the clock, which the runs of a model in a round take at least
const WARM_UP = 3, LEAST = 9, MOST = 301; // rounds
const TRIES = 5, PAUSE_MS = 1500; // of a download that breaks off
const models = new Map();
let ort, Tokenizer;

onmessage = async ({ data: { id, load, ask, measure } }) => {
  try {
    const say = (news) => postMessage({ id, ...news });
    const done = load ? await loaded(load, say) : ask ? await asked(ask) : await measured(measure, say);
    postMessage({ id, done });
  } catch (error) {
    postMessage({ id, failed: { kind: error.kind ?? "broken", words: String(error.message ?? error) } });
  }
};

function failure(kind, words) {
  return Object.assign(new Error(words), { kind });
}

async function libraries(runtime, { backend, threads }) {
  if (ort) return;
  // a module of eight bytes that holds one instruction of 128 bits
  const simd = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];
  if (!self.WebAssembly || !WebAssembly.validate(new Uint8Array(simd))) throw failure("simd", "WebAssembly SIMD");
  ({ Tokenizer } = await program(`${runtime}tokenizers.min.mjs`));
  if (backend === "webgpu" && !(await navigator.gpu?.requestAdapter())) throw failure("no_gpu", "WebGPU");
  const found = await program(`${runtime}${backend === "webgpu" ? "ort.webgpu.bundle.min.mjs" : "ort.wasm.bundle.min.mjs"}`);
  // fetched here, since the runtime does not ask twice
  const bytes = await download(`${runtime}ort-wasm-simd-threaded${backend === "webgpu" ? ".asyncify" : ""}.wasm`, () => {});
  found.env.wasm.wasmBinary = bytes.buffer.byteLength === bytes.length ? bytes.buffer : bytes.slice().buffer;
  found.env.wasm.numThreads = threads;
  found.env.logLevel = "error";
  ort = found;
}

/* A program; one that did not come is asked for by another name, as a browser remembers that it failed. */
async function program(address) {
  for (let tries = 0; ; tries += 1) {
    try {
      return await import(tries ? `${address}?again=${tries}` : address);
    } catch (error) {
      if (tries + 1 >= TRIES) throw failure("connection", String(error.message ?? error));
      await new Promise((resolve) => setTimeout(resolve, (tries + 1) * PAUSE_MS));
    }
  }
}

/* place: the model's folder, an address. Returns what it is like. */
async function loaded({ runtime, place, way }, say) {
  if (models.has(place)) return models.get(place).about;
  await libraries(runtime, way);
  const began = performance.now();
  const parts = ["labels.json", "tokenizer.json", "tokenizer_config.json"].map((name) => json(`${place}${name}`));
  const [facts, words, settings] = await Promise.all(parts);
  const bytes = await download(`${place}model.onnx`, say);
  const arrived = performance.now();
  let session;
  try {
    session = await ort.InferenceSession.create(bytes, { executionProviders: [way.backend] });
  } catch (error) {
    throw failure(/memory|alloc|RangeError/i.test(String(error)) ? "memory" : "model_file", String(error));
  }
  const started = performance.now();
  const about = {
    bytes: bytes.length,
    download_ms: arrived - began,
    start_ms: started - arrived,
    ...way,
    runtime: ort.env.versions.web ?? ort.env.versions.common,
  };
  models.set(place, { session, facts, tokenizer: new Tokenizer(words, settings), lower: lowers(words), about });
  return about;
}

/* Does the tokenizer write everything small? */
function lowers({ normalizer }) {
  return /"lowercase":true|"type":"Lowercase"/.test(JSON.stringify(normalizer ?? null));
}

async function json(address) {
  return JSON.parse(new TextDecoder().decode(await download(address, () => {})));
}

async function reached(address, headers) {
  const response = await fetch(address, { headers });
  if (response.status === 404 || response.status === 410) throw failure("gone", address);
  if (!response.ok) throw failure("refused", `${response.status} ${address}`);
  return response;
}

/* The bytes of a file; where the connection breaks off, it goes on from there. */
async function download(address, say) {
  let whole = new Uint8Array(0), at = 0, total = 0, tries = 0;
  for (;;) {
    try {
      const response = await reached(address, at ? { Range: `bytes=${at}-` } : {});
      if (response.status !== 206) at = 0; // the server has no ranges: from the start
      if (!at) {
        const packed = (response.headers.get("Content-Encoding") ?? "identity") !== "identity";
        total = packed ? 0 : Number(response.headers.get("Content-Length"));
        whole = new Uint8Array(total || 1 << 20);
      }
      const reader = response.body.getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        if (at + part.value.length > whole.length) whole = grown(whole, at + part.value.length);
        whole.set(part.value, at);
        at += part.value.length;
        tries = 0;
        say({ loaded: at, total });
      }
      if (!total || at >= total) return whole.subarray(0, at);
      throw failure("connection", `${at} of ${total} bytes`);
    } catch (error) {
      if (error.kind && error.kind !== "connection") throw error;
      tries += 1;
      if (tries >= TRIES) throw failure("connection", String(error.message ?? error));
      await new Promise((resolve) => setTimeout(resolve, tries * PAUSE_MS));
    }
  }
}

function grown(bytes, least) {
  const larger = new Uint8Array(Math.max(least, 2 * bytes.length));
  larger.set(bytes);
  return larger;
}

function feeds(session, ids, types) {
  const numbers = (values) => new ort.Tensor("int64", BigInt64Array.from(values, BigInt), [1, values.length]);
  const rows = { input_ids: ids, attention_mask: ids.map(() => 1), token_type_ids: types };
  return Object.fromEntries(session.inputNames.map((name) => [name, numbers(rows[name])]));
}

function model(place) {
  const found = models.get(place);
  if (!found) throw failure("gone", place);
  return found;
}

async function asked({ place, texts }) {
  const { session, facts, tokenizer, lower } = model(place);
  const began = performance.now();
  // at the end of a word JavaScript writes this letter small in another way than the desktop
  const given = lower ? texts.map((text) => text.replaceAll("Σ", "σ")) : texts;
  const { ids, types, cut } = encode(tokenizer, given, facts.max_tokens);
  const found = await session.run(feeds(session, ids, types));
  const ms = performance.now() - began;
  return { logits: Array.from(found[facts.outputs[0]].data), ids, cut, ms };
}

/* The step of the clock in ms: 0.005 to 0.1, and 16 in browsers that hide how fast a device is. */
function tick() {
  let least = 100;
  for (let count = 0; count < 5; count += 1) {
    const start = performance.now();
    let now = start;
    while (now === start) now = performance.now();
    least = Math.min(least, now - start);
  }
  return least;
}

/* Each model by turns on one sentence of so many tokens, for about so many seconds. Returns ms of each, and how much of
   the time the page was in sight and the clock ran as expected. */
async function measured({ places, tokens, seconds }, say) {
  const given = places.map((place) => {
    const { session, facts } = model(place);
    const ids = Array.from({ length: Math.min(tokens, facts.max_tokens) }, (_, i) => (i * 7) % 20);
    return [session, feeds(session, ids, ids.map(() => 0))];
  });
  const runs = []; // of each model in a round: enough that the clock's steps are small beside them
  const least = TICKS * tick();
  for (const [session, fed] of given) {
    for (let round = 0; round < WARM_UP; round += 1) await session.run(fed);
    let count = 0;
    const start = performance.now();
    while (performance.now() - start < least) {
      await session.run(fed);
      count += 1;
    }
    runs.push(Math.max(1, count));
  }
  const times = places.map(() => []), began = performance.now();
  let round = 0;
  for (; round < MOST; round += 1) {
    const passed = performance.now() - began;
    if (round >= LEAST && passed > 1000 * seconds) break;
    say({ round, of: Math.max(LEAST, Math.min(MOST, passed ? Math.round((round * 1000 * seconds) / passed) : MOST)) });
    const order = [...given.keys()];
    if (round % 2) order.reverse();
    for (const which of order) {
      const start = performance.now();
      for (let run = 0; run < runs[which]; run += 1) await given[which][0].run(given[which][1]);
      times[which].push((performance.now() - start) / runs[which]);
    }
  }
  const wall_ms = performance.now() - began, busy_ms = times.reduce((sum, one, which) => sum + runs[which] * one.reduce((all, ms) => all + ms, 0), 0);
  const { backend, threads } = models.get(places[0]).about;
  return { times, runs, wall_ms, busy_ms, tokens, backend, threads };
}
