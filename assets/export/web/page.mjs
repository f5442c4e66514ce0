/* The page of a phone, and of every other browser: the models of bonsai.json answer what is typed and are timed here.
   Nothing leaves the device unless bonsai.json names where measured times are to be sent. */

import { answers } from "./answers.mjs";
import { picture, told } from "./shown.mjs";
import { compared, drift, median } from "./speed.mjs";

const base = new URL(".", location.href).href, PAUSE_MS = 150;
const one = (selector) => document.querySelector(selector);
const facts = await (await fetch("bonsai.json")).json();
const worker = new Worker("worker.mjs", { type: "module" });
const waiting = new Map(); // what the worker has been asked and not answered
const runtime = new URL(facts.runtime, base).href;
const models = facts.models.map((model) => ({ ...model, place: new URL(model.place, base).href }));
let language, count = 0, texts = [...facts.examples[0]], newest = 0, measured = null, failure = null, hidden = false;

worker.onmessage = ({ data: { id, done, failed, ...news } }) => {
  const { resolve, reject, hear } = waiting.get(id);
  if (done !== undefined || failed) waiting.delete(id);
  if (failed) reject(failed);
  else if (done !== undefined) resolve(done);
  else hear(news);
};

function call(request, hear = () => {}) {
  const id = (count += 1);
  worker.postMessage({ id, ...request });
  return new Promise((resolve, reject) => waiting.set(id, { resolve, reject, hear }));
}

/* A sentence in the reader's language; numbers of `values` are written as that language writes them. */
function say(key, values = {}) {
  return facts.words[language][key].replace(/\{(\w+)\}/g, (_, name) => number(values[name]));
}

function number(value, digits = 1) {
  if (typeof value !== "number") return value;
  const places = Number.isInteger(value) ? 0 : digits;
  return value.toLocaleString(language, { minimumFractionDigits: places, maximumFractionDigits: places });
}

function fill(element, ...children) {
  element.replaceChildren(...children);
  return element;
}

function made(tag, { text, kind, ...rest }) {
  const found = Object.assign(document.createElement(tag), rest);
  if (text !== undefined) found.textContent = text;
  if (kind) found.className = kind;
  return found;
}

function speak(chosen) {
  language = chosen;
  document.documentElement.lang = chosen;
  document.title = `BERT Bonsai · ${facts.title[chosen]}`;
  one("h1").textContent = facts.title[chosen];
  one(".lead").textContent = say("lead", { count: models.length, mb: total() });
  fill(one(".languages"), ...Object.keys(facts.words).map((name) => {
    const button = made("button", { text: name.toUpperCase(), onclick: () => speak(name), ariaLabel: facts.words[name].name });
    button.setAttribute("aria-pressed", name === chosen);
    return button;
  }));
  one(".start").textContent = say("measure", { seconds: facts.seconds });
  one(".take .json").textContent = say("take_json");
  one(".take .picture").textContent = say("take_picture");
  one("footer").textContent = say(facts.post ? "foot_class" : "foot");
  fields();
  showFailure();
  if (models.every((model) => model.about)) ready();
  if (measured) show();
}

function total() {
  return models.reduce((sum, model) => sum + model.mb, 0);
}

function fields() {
  fill(one(".fields"), ...texts.map((text, place) => {
    const label = made("label", { text: say(texts.length > 1 ? `text_${place + 1}` : "text") });
    const field = made("textarea", { value: text, rows: 2, maxLength: 20000, spellcheck: false });
    field.oninput = () => {
      texts[place] = field.value;
      later();
    };
    label.append(field);
    return label;
  }));
  fill(one(".examples"), ...facts.examples.map((example) => made("button", {
    text: example.join(" / "),
    onclick: () => {
      texts = [...example];
      fields();
      ask();
    },
  })));
}

let timer;
function later() {
  clearTimeout(timer);
  timer = setTimeout(ask, PAUSE_MS);
}

/* The answers of all models to what is typed; what was typed meanwhile wins. */
async function ask() {
  if (!models.every((model) => model.about)) return;
  const mine = (newest += 1), given = texts.map((text) => text.toWellFormed?.() ?? text);
  if (!given.every((text) => text.trim())) {
    fill(one(".answers"), made("p", { text: say("empty"), kind: "small" }));
    return;
  }
  const found = [];
  for (const { place } of models) {
    found.push(await call({ ask: { place, texts: given } }));
    if (mine !== newest) return;
  }
  fill(one(".answers"), ...answers(models, found, facts, { say, number, made, language }));
}

function ready() {
  one(".loading").hidden = true;
  one(".start").disabled = false;
  ask();
}

function showFailure() {
  if (!failure) return;
  one(".loading").hidden = false;
  one(".loading p").textContent = say(failure.kind in facts.words[language] ? failure.kind : "broken", { words: failure.words });
  Object.assign(one(".loading button"), { hidden: false, textContent: say("again"), onclick: load });
}

async function load() {
  failure = null;
  one(".loading button").hidden = true;
  const bar = one(".loading progress"), parts = models.map(() => 0);
  const whole = 1e6 * total();
  for (const [place, model] of models.entries()) {
    try {
      model.about ??= await call({ load: { runtime, place: model.place } }, ({ loaded }) => {
        parts[place] = loaded;
        const bytes = parts.reduce((sum, part) => sum + part, 0);
        bar.value = Math.min(1, bytes / whole);
        one(".loading p").textContent = say("loading", { name: model.name[language], mb: bytes / 1e6, total: whole / 1e6 });
      });
      parts[place] = 1e6 * model.mb;
    } catch (error) {
      failure = error;
      showFailure();
      return;
    }
  }
  ready();
}

document.addEventListener("visibilitychange", () => {
  hidden ||= document.hidden;
});

one(".start").onclick = async () => {
  const bar = one(".measure progress"), button = one(".start");
  button.disabled = true;
  bar.hidden = false;
  hidden = document.hidden;
  const places = models.map((model) => model.place), { tokens, seconds } = facts;
  const lock = await navigator.wakeLock?.request("screen").catch(() => null); // a screen that goes dark slows it down
  try {
    const found = await call({ measure: { places, tokens, seconds } }, ({ round, of }) => {
      bar.value = round / of;
      one(".measure .told").textContent = say("measuring", { left: Math.max(0, Math.ceil(seconds * (1 - round / of))) });
    });
    measured = { ...found, hidden, ...device() };
    show();
    if (facts.post) await send();
  } catch (error) {
    one(".measure .told").textContent = say(error.kind === "post" ? "not_sent" : "broken", { words: error.words ?? String(error) });
  }
  lock?.release();
  bar.hidden = true;
  button.disabled = false;
};

function device() {
  const { hardwareConcurrency: cores = 0, deviceMemory: memory = 0, userAgent, userAgentData } = navigator;
  const mobile = userAgentData?.mobile ?? /Mobi|Android|iPhone|iPad/.test(userAgent);
  return { cores, memory, agent: userAgent.slice(0, 300), mobile, measured_at: new Date().toISOString() };
}

/* A name at random, as long as this page is open: a second measurement takes the place of the first. */
function identity() {
  const key = "bonsai-device", name = () => Array.from(crypto.getRandomValues(new Uint8Array(8)), (one) => one.toString(16).padStart(2, "0")).join("");
  try {
    return sessionStorage[key] ??= name();
  } catch { // the browser keeps nothing
    return (measured.id ??= name());
  }
}

/* What was measured as plain values: the file that is taken along, and what is sent. */
function record() {
  const { times, ...rest } = measured, { runtime } = models[0].about;
  return {
    id: identity(),
    ...rest,
    runtime,
    task: facts.task,
    models: models.map(({ key, mb, about }, place) => ({
      key, mb, download_ms: about.download_ms, start_ms: about.start_ms, times_ms: times[place].map((ms) => Math.round(1e4 * ms) / 1e4),
    })),
  };
}

function rows() {
  const [dense] = measured.times;
  return models.map((model, place) => ({
    model, ms: median(measured.times[place]), ...(place ? compared(dense, measured.times[place]) : {}),
  }));
}

function show() {
  const found = rows(), words = { say, number, made, language };
  one(".measure .told").textContent = say("measured", {
    tokens: measured.tokens, rounds: measured.times[0].length, threads: measured.threads,
  });
  told(one(".bars"), one(".measure table"), found, words);
  const slower = drift(measured.times[0]);
  one(".warnings").textContent = [
    measured.hidden ? say("hidden") : "",
    measured.wall_ms > 1.3 * measured.busy_ms ? say("busy") : "",
    slower > 1.15 ? say("slower_by", { percent: Math.round(100 * (slower - 1)) }) : "",
  ].filter(Boolean).join(" ");
  Object.assign(one(".take"), { hidden: false });
  one(".take .json").onclick = () => save(new Blob([JSON.stringify(record(), null, 1)], { type: "application/json" }), "json");
  one(".take .picture").onclick = () => picture(facts.title[language], found, words).toBlob((blob) => save(blob, "png"));
}

async function send() {
  const response = await fetch(facts.post, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(record()),
  }).catch((error) => {
    throw Object.assign(error, { kind: "post", words: String(error) });
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw Object.assign(new Error(), { kind: "post", words: answer[language] ?? String(response.status) });
  one(".measure .told").textContent += ` ${say("sent", { name: answer.name[language] })}`;
}

function save(blob, ending) {
  const link = made("a", { href: URL.createObjectURL(blob), download: `bonsai-measured.${ending}` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

if ("serviceWorker" in navigator && window.isSecureContext && facts.offline) navigator.serviceWorker.register("offline.js");
const wanted = new URLSearchParams(location.search).get("lang") ?? navigator.language.slice(0, 2);
speak(wanted in facts.words ? wanted : Object.keys(facts.words)[0]);
load();
