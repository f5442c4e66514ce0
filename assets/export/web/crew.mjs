/* The models of a page in a worker of their own, which runs them one way: WebAssembly on so many threads, or WebGPU. */

/* What this browser has, the plainest first, on which every device can be compared: {backend, threads}. */
export async function ways(withGpu) {
  const cores = Math.min(4, navigator.hardwareConcurrency || 1), found = [{ backend: "wasm", threads: 1 }];
  if (self.crossOriginIsolated && cores > 1) found.push({ backend: "wasm", threads: cores });
  const gpu = withGpu && (await navigator.gpu?.requestAdapter().catch(() => null)); // some have the name and no more
  return gpu ? [...found, { backend: "webgpu", threads: 1 }] : found;
}

export class Crew {
  /* first: a text to begin with, whose answer is not shown. */
  constructor(models, runtime, way, first) {
    Object.assign(this, { models, runtime, way, first, count: 0, waiting: new Map() });
    this.begin();
  }

  begin() {
    this.abouts = this.models.map(() => null);
    this.worker = new Worker("worker.mjs", { type: "module" });
    this.worker.onmessage = ({ data: { id, done, failed, ...news } }) => {
      const { resolve, reject, hear } = this.waiting.get(id);
      if (done !== undefined || failed) this.waiting.delete(id);
      if (failed) reject(failed);
      else if (done !== undefined) resolve(done);
      else hear(news);
    };
    this.worker.onerror = ({ message }) => { // its program did not come, or it ran out of memory
      for (const { reject } of this.waiting.values()) reject({ kind: "connection", words: message ?? "" });
      this.waiting.clear();
      this.end();
      this.begin();
    };
  }

  get ready() {
    return this.abouts.every(Boolean);
  }

  call(request, hear = () => {}) {
    const id = (this.count += 1);
    this.worker.postMessage({ id, ...request });
    return new Promise((resolve, reject) => this.waiting.set(id, { resolve, reject, hear }));
  }

  /* All models, of which those that have come stay; hear: (model, MB so far, MB in all). */
  async load(hear) {
    const parts = this.models.map(({ mb }, place) => (this.abouts[place] ? mb : 0)), total = megabytes(this.models);
    hear(this.models[0], 0, total);
    for (const [place, model] of this.models.entries()) {
      if (this.abouts[place]) continue;
      this.abouts[place] = await this.call({ load: { runtime: this.runtime, place: model.place, way: this.way } }, ({ loaded }) => {
        parts[place] = loaded / 1e6;
        hear(model, parts.reduce((sum, part) => sum + part, 0), total);
      });
      parts[place] = model.mb;
      await this.ask(model, this.first); // which is slower than all others
    }
  }

  ask(model, texts) {
    return this.call({ ask: { place: model.place, texts } });
  }

  measure(tokens, seconds, hear) {
    return this.call({ measure: { places: this.models.map(({ place }) => place), tokens, seconds } }, hear);
  }

  end() {
    this.worker.terminate();
  }
}

export function megabytes(models) {
  return models.reduce((sum, { mb }) => sum + mb, 0);
}
