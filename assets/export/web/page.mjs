/* The page of a phone, and of every other browser: the models of bonsai.json answer what is typed and are timed here.
   Nothing leaves the device unless bonsai.json names where measured times are to be sent. */

import { answers } from "./answers.mjs";
import { Crew, megabytes, ways } from "./crew.mjs";
import { picture, told } from "./shown.mjs";
import { Slider } from "./slider.mjs";
import { compared, drift, median, spread } from "./speed.mjs";

const base = new URL(".", location.href).href;
const one = (selector) => document.querySelector(selector);
const facts = await (await fetch("bonsai.json")).json();
const runtime = new URL(facts.runtime, base).href;
const models = facts.models.map((model) => ({ ...model, place: new URL(model.place, base).href }));
const [plain, ...others] = await ways(facts.gpu), crew = new Crew(models, runtime, plain, facts.examples[0]);
let measuring = false, language, texts = [...facts.examples[0]], answering = false, again = false, failure = null, hidden = false, slider = null;
const measured = []; // what was measured in each way, the newest last

/* A sentence in the reader's language; numbers of `values` are written as that language writes them. */
function say(key, values = {}) {
  return facts.words[language][key].replace(/\{(\w+)\}/g, (_, name) => number(values[name]));
}

function number(value, digits = 1) {
  if (typeof value !== "number") return value;
  const places = Number.isInteger(value) ? 0 : digits;
  return value.toLocaleString(language, { minimumFractionDigits: places, maximumFractionDigits: places });
}

/* A label of ours in the reader's language; somebody's own stays as it is. */
function called(label) {
  return facts.translated.includes(label) ? say(`label_${label}`) : label;
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
  one(".lead").textContent = say("lead", { count: models.length, mb: megabytes(models) });
  fill(one(".languages"), ...Object.keys(facts.words).map((name) => {
    const button = made("button", { text: name.toUpperCase(), onclick: () => speak(name), ariaLabel: facts.words[name].name });
    button.setAttribute("aria-pressed", name === chosen);
    return button;
  }));
  one(".start").textContent = say("measure", { seconds: facts.seconds });
  otherWays();
  one(".take .json").textContent = say("take_json");
  one(".take .picture").textContent = say("take_picture");
  one("footer").textContent = say(facts.post ? "foot_class" : "foot");
  fields();
  showFailure();
  ask();
  if (measured.length) show();
  slider?.speak();
}

function fields() {
  fill(one(".fields"), ...texts.map((text, place) => {
    const label = made("label", { text: say(texts.length > 1 ? `text_${place + 1}` : "text") });
    const field = made("textarea", { value: text, rows: 2, maxLength: 20000, spellcheck: false });
    field.oninput = () => {
      texts[place] = field.value;
      ask();
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

/* The answers of all models to what is typed, at each key; what was typed meanwhile is asked as soon as they are there. */
async function ask() {
  if (!crew.ready) return;
  again = answering;
  if (answering) return;
  const given = texts.map((text) => text.toWellFormed?.() ?? text);
  if (!given.every((text) => text.trim())) {
    fill(one(".answers"), made("p", { text: say("empty"), kind: "small" }));
    return;
  }
  answering = true;
  try {
    const found = [];
    for (const model of models) found.push(await crew.ask(model, given));
    fill(one(".answers"), ...answers(models, found, facts, { say, number, made, called, language }));
  } catch (error) {
    fill(one(".answers"), made("p", { text: say("broken", { words: error.words ?? String(error) }), kind: "small" }));
  }
  answering = false;
  if (again) ask();
}

function ready() {
  one(".loading").hidden = true;
  able(true);
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
  const bar = one(".loading progress");
  try {
    await crew.load((model, mb, total) => {
      bar.value = Math.min(1, mb / total);
      one(".loading p").textContent = say("loading", { name: model.name[language], mb, total });
    });
    ready();
  } catch (error) {
    failure = error;
    showFailure();
  }
}

/* A button for each other way that this browser has; where it has no threads, why. */
function otherWays() {
  const buttons = others.map((way) => made("button", { text: say("measure_way", { way: inWords(way) }), onclick: () => measure(way), disabled: !crew.ready || measuring }));
  const why = self.crossOriginIsolated || !navigator.hardwareConcurrency ? [] : [made("span", { text: say("no_threads"), kind: "small" })];
  fill(one(".ways"), ...buttons, ...why);
}

function inWords({ backend, threads }) {
  return backend === "webgpu" ? say("gpu") : say(threads > 1 ? "threads" : "one_thread", { count: threads });
}

document.addEventListener("visibilitychange", () => {
  hidden ||= document.hidden;
});

one(".start").onclick = () => measure(plain);

async function measure(way) {
  const bar = one(".measure progress"), note = one(".measure .told");
  able(false);
  Object.assign(bar, { hidden: false, value: 0 });
  const { tokens, seconds } = facts, own = way === plain ? crew : new Crew(models, runtime, way, facts.examples[0]);
  const lock = await navigator.wakeLock?.request("screen").catch(() => null); // a screen that goes dark slows it down
  try {
    await own.load((model, mb, total) => {
      note.textContent = say("loading", { name: model.name[language], mb, total });
    });
    hidden = document.hidden;
    const found = await own.measure(tokens, seconds, ({ round, of }) => {
      bar.value = round / of;
      note.textContent = say("measuring", { left: Math.max(0, Math.ceil(seconds * (1 - round / of))) });
    });
    const earlier = measured.findIndex((one) => inWords(one) === inWords(way));
    if (earlier >= 0) measured.splice(earlier, 1);
    measured.push({ ...found, hidden, abouts: own.abouts, ...device() });
    show();
    if (facts.post) await send();
  } catch (error) {
    const known = error.kind === "post" ? "not_sent" : error.kind in facts.words[language] ? error.kind : "broken";
    note.textContent = say(known, { words: error.words ?? String(error) });
  }
  lock?.release();
  if (own !== crew) own.end();
  bar.hidden = true;
  able(true);
}

function able(yes) {
  measuring = !yes;
  for (const button of document.querySelectorAll(".start, .ways button")) button.disabled = !yes;
}

function device() {
  const { hardwareConcurrency: cores = 0, deviceMemory: memory = 0, userAgent, userAgentData } = navigator;
  const mobile = userAgentData?.mobile ?? /Mobi|Android|iPhone|iPad/.test(userAgent);
  return { cores, memory, agent: userAgent.slice(0, 300), mobile, measured_at: new Date().toISOString() };
}

/* A name at random, as long as this page is open: a second measurement takes the place of the first. */
let unkept;
function identity() {
  const key = "bonsai-device", name = () => Array.from(crypto.getRandomValues(new Uint8Array(8)), (one) => one.toString(16).padStart(2, "0")).join("");
  try {
    return sessionStorage[key] ??= name();
  } catch { // the browser keeps nothing
    return (unkept ??= name());
  }
}

/* What was measured as plain values: the file that is taken along, and what is sent. */
function record({ times, runs, abouts, ...rest }) {
  return {
    id: identity(),
    ...rest,
    runtime: abouts[0].runtime,
    task: facts.task,
    models: models.map(({ key, mb }, place) => ({
      key, mb, download_ms: abouts[place].download_ms, start_ms: abouts[place].start_ms, runs: runs[place], times_ms: times[place].map((ms) => Math.round(1e4 * ms) / 1e4),
    })),
  };
}

function rows(one) {
  const { times } = one, sound = doubts(one).length ? { verdict: "busy" } : {};
  return models.map((model, place) => ({
    model, ms: median(times[place]), ...(place ? { ...compared(times[0], times[place]), ...sound } : {}),
  }));
}

/* Why nothing follows from these times, in words; the same rule as core/phones/device.py has. */
function doubts({ hidden, wall_ms, busy_ms, times }) {
  const slower = drift(times[0]);
  return [
    hidden ? say("hidden") : "",
    busy_ms < 0.8 * wall_ms || spread(times[0]) > 0.3 ? say("busy") : "",
    slower > 1.15 ? say("slower_by", { percent: Math.round(100 * (slower - 1)) }) : "",
  ].filter(Boolean);
}

function show() {
  const groups = measured.map((one) => ({ way: inWords(one), rows: rows(one) })), words = { say, number, made, language };
  const newest = measured.at(-1), sound = groups.filter((_, place) => !doubts(measured[place]).length);
  const [best] = sound.flatMap(({ way, rows }) => rows.map((row) => ({ way, ...row }))).sort((a, b) => a.ms - b.ms);
  one(".measure .told").textContent = say("measured", {
    tokens: newest.tokens, rounds: newest.times[0].length, way: inWords(newest),
  });
  one(".best").textContent = !best || sound.length * models.length < 2 ? "" : say("best", { name: `${best.model.sign} · ${best.model.name[language]}`, way: best.way, ms: best.ms });
  told(one(".bars"), one(".measure table"), groups, words);
  one(".warnings").textContent = doubts(newest).join(" ");
  Object.assign(one(".take"), { hidden: false });
  one(".take .json").onclick = () => save(new Blob([JSON.stringify(measured.map(record), null, 1)], { type: "application/json" }), "json");
  one(".take .picture").onclick = () => picture(facts.title[language], { ...groups.at(-1), tokens: newest.tokens }, words).toBlob((blob) => save(blob, "png"));
}

async function send() {
  const response = await fetch(facts.post, {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(record(measured.at(-1))),
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
if (facts.tracks) slider = new Slider(one(".slide"), await (await fetch(facts.tracks)).json(), { say, number, made, called });
