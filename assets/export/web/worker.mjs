/* Loads models and answers beside the page, so that the page is never held up.

   In:  {id, load: {runtime, place, way}}, {id, ask: {place, texts}}, {id, measure: {places, tokens, seconds}}
   way: {backend: "wasm" or "webgpu", threads}, of the first load; a worker has one.
   Out: {id, done: ...} or {id, failed: {kind, words}}, and before that {id, loaded, total} or {id, round, of}. */

import { encode } from "./tokens.mjs";

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
  ({ Tokenizer } = await import(`${runtime}tokenizers.min.mjs`));
  if (backend === "webgpu" && !(await navigator.gpu?.requestAdapter())) throw failure("no_gpu", "WebGPU");
  ort = await import(`${runtime}${backend === "webgpu" ? "ort.webgpu.bundle.min.mjs" : "ort.wasm.bundle.min.mjs"}`);
  ort.env.wasm.wasmPaths = { wasm: `${runtime}ort-wasm-simd-threaded${backend === "webgpu" ? ".asyncify" : ""}.wasm` };
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = "error";
}

/* place: the model's folder, an address. Returns what it is like. */
async function loaded({ runtime, place, way }, say) {
  if (models.has(place)) return models.get(place).about;
  const began = performance.now();
  const [facts, words, settings] = await Promise.all(
    ["labels.json", "tokenizer.json", "tokenizer_config.json"].map((name) => json(`${place}${name}`)),
  );
  const bytes = await download(`${place}model.onnx`, say);
  const arrived = performance.now();
  await libraries(runtime, way);
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
  models.set(place, { session, facts, tokenizer: new Tokenizer(words, settings), about });
  return about;
}

async function json(address) {
  const response = await reached(address, {});
  return response.json();
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
  const { session, facts, tokenizer } = model(place);
  const began = performance.now();
  const { ids, types, cut } = encode(tokenizer, texts, facts.max_tokens);
  const found = await session.run(feeds(session, ids, types));
  const ms = performance.now() - began;
  return { logits: Array.from(found[facts.outputs[0]].data), ids, cut, ms };
}

/* Each model by turns on one sentence of so many tokens, for about so many seconds. Returns ms of each, and how much of
   the time the page was in sight and the clock ran as expected. */
async function measured({ places, tokens, seconds }, say) {
  const given = places.map((place) => {
    const { session, facts } = model(place);
    const ids = Array.from({ length: Math.min(tokens, facts.max_tokens) }, (_, i) => (i * 7) % 20);
    return [session, feeds(session, ids, ids.map(() => 0))];
  });
  for (let round = 0; round < WARM_UP; round += 1) for (const [session, fed] of given) await session.run(fed);
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
      await given[which][0].run(given[which][1]);
      times[which].push(performance.now() - start);
    }
  }
  const wall_ms = performance.now() - began, busy_ms = times.flat().reduce((sum, ms) => sum + ms, 0);
  const { backend, threads } = models.get(places[0]).about;
  return { times, wall_ms, busy_ms, tokens, backend, threads };
}
