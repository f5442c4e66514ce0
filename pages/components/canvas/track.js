/* What every position of the slider answers: all of it is here, so a drag sends nothing. */

const SHOWN = 8; // sentences of a list

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".track");
  if (!root || !data) return undefined;
  // Streamlit may clean up an overtaken call after the next one ran: only the latest call may release the view.
  const view = (root.view ??= new Track(root)), call = Symbol("call");
  Object.assign(view, { call });
  view.show(data);
  return () => call === view.call && view.release();
}

// as the page's language writes numbers
const written = (number, digits) =>
  number.toLocaleString(document.documentElement.lang || "en", { minimumFractionDigits: digits, maximumFractionDigits: digits, useGrouping: false });
const fixed = (number, digits = 1) => minus(written(number, digits));

class Track {
  constructor(root) {
    this.root = root;
    this.follow = ({ detail }) => {
      this.level = detail;
      this.pending ??= requestAnimationFrame(() => this.draw());
    };
    window.addEventListener("bonsai-amount", this.follow);
  }

  release() {
    this.root.view = null;
    window.removeEventListener("bonsai-amount", this.follow);
    cancelAnimationFrame(this.pending);
  }

  async show(bytes) {
    try {
      const { header, packed, payload } = unwrap(bytes);
      if (payload === this.payload) return this.paint();
      this.payload = payload;
      const body = await inflate(packed);
      if (this.root.view === this && this.payload === payload) this.accept(header, body);
    } catch (error) {
      this.payload = null; // so that the same bytes are tried again
      this.root.dataset.scheme = "failed";
      this.root.querySelector(".between").textContent = String(error);
    }
  }

  accept(header, body) {
    const { levels, count, text } = header, size = levels.length * count, old = this.header;
    if (old ? header.amount !== old.amount : this.level === undefined) this.level = header.amount;
    let from = 0;
    const take = (length) => body.subarray(from, (from += length));
    Object.assign(this, { header, answers: take(size), sure: take(size), right: take(count), kind: take(count) });
    this.sentences = JSON.parse(new TextDecoder().decode(body.subarray(from)));
    for (const name of ["accuracy", "loss", "weights", "zipped"]) {
      this.root.querySelector(`.${name} dt`).textContent = text[name];
    }
    this.root.querySelector(".kinds h4").textContent = text.kinds;
    this.root.querySelector(".kinds").hidden = header.kinds.length < 2;
    this.lines = this.rows(".flips ol", SHOWN, ["b", "q", "i"]);
    this.bars = this.rows(".kinds ul", header.kinds.length, ["span", "i", "b"]);
    this.paint();
    this.draw();
  }

  /* So many lines of a list, made once. */
  rows(list, count, parts) {
    const made = Array.from({ length: count }, () => {
      const line = document.createElement("li");
      line.append(...parts.map((part) => document.createElement(part)));
      return line;
    });
    this.root.querySelector(list).replaceChildren(...made);
    return made;
  }

  paint() {
    this.root.dataset.scheme = themeOf(this.root).scheme;
  }

  draw() {
    this.pending = null;
    if (!this.header) return;
    const begin = performance.now(), place = this.header.levels.indexOf(this.level);
    this.root.dataset.level = this.level;
    if (place < 0) this.between();
    else this.measured(place);
    const costs = (window.bonsaiTrackRedraws ??= []);
    if (costs.push(performance.now() - begin) > 1000) costs.shift();
  }

  row(place) {
    const { count } = this.header;
    return this.answers.subarray(place * count, (place + 1) * count);
  }

  /* Of how many examples the answer is right. */
  score(place) {
    const row = this.row(place);
    let found = 0;
    for (let i = 0; i < row.length; i++) if (row[i] === this.right[i]) found++;
    return found / row.length;
  }

  /* A position that was not measured: those that were on both sides, and no number of its own. */
  between() {
    const { levels, text } = this.header, say = (place) => fixed(100 * this.score(place));
    const above = levels.findIndex((level) => level > this.level), below = above < 0 ? levels.length - 1 : above - 1;
    const words = above < 0
      ? fill(text.beyond, { low: say(below), below: levels[below] })
      : fill(text.between, { low: say(below), below: levels[below], high: say(above), above: levels[above] });
    this.tell(words);
  }

  tell(words) {
    const note = this.root.querySelector(".between");
    note.textContent = words;
    note.hidden = !words;
    for (const part of this.root.querySelectorAll(".figures, .what")) part.hidden = !!words;
  }

  measured(place) {
    const { header } = this, { text, losses, nonzero, zipped, low, high, better } = header;
    const score = 100 * this.score(place), before = 100 * this.score(0);
    this.tell("");
    const differs = better[place] === 0 ? "" : better[place] > 0 ? "better" : "worse";
    const change = fill(differs ? text.points : text.same, { points: signed(score - before) });
    const interval = fill(text.interval, { low: fixed(low[place]), high: fixed(high[place]), count: header.count });
    const by = header.seeds.map((row) => row[place]), ends = { low: fixed(Math.min(...by)), high: fixed(Math.max(...by)) };
    const spread = by.length ? ` · ${fill(text.seeds, { ...ends, count: by.length })}` : "";
    this.figure("accuracy", `${fixed(score)} %`, place ? change : "", interval + spread, differs);
    this.figure("loss", fixed(losses[place], 3), "", fill(text.dense, { value: fixed(losses[0], 3) }));
    this.figure("weights", `${fixed(100 * nonzero[place])} %`, "", text.all);
    this.figure("zipped", `${fixed(zipped[place])} MB`, "", fill(text.dense, { value: `${fixed(zipped[0])} MB` }));
    this.flips(place);
    this.byKind(place);
  }

  figure(name, value, change, note, differs = "") {
    const part = this.root.querySelector(`.${name}`);
    part.querySelector(".value").textContent = value;
    part.querySelector(".change").textContent = change;
    part.querySelector(".beside").textContent = note;
    if (differs) part.dataset.differs = differs;
    else delete part.dataset.differs;
  }

  /* The examples whose answer is another one than dense's; since: the first place from which it has stayed this one. */
  flipped(place) {
    const { levels, count } = this.header, row = this.row(place), found = [];
    for (let i = 0; i < count; i++) {
      if (row[i] === this.answers[i]) continue;
      let since = place;
      while (since > 1 && this.answers[(since - 1) * count + i] === row[i]) since--;
      found.push({ i, since: levels[since], answer: row[i], sure: this.sure[place * count + i] });
    }
    return found.sort((a, b) => b.since - a.since || b.sure - a.sure);
  }

  flips(place) {
    const { labels, text } = this.header, found = this.flipped(place);
    const named = (number) => labels[number] ?? "–";
    this.root.querySelector(".flips h4").textContent = fill(found.length ? text.flips : text.none, { count: found.length });
    this.lines.forEach((line, n) => {
      const flip = found[n];
      line.hidden = !flip;
      if (!flip) return;
      const [since, words, answer] = line.children, sentence = this.sentences[flip.i];
      since.textContent = `${flip.since} %`;
      words.textContent = words.title = sentence ?? fill(text.number, { number: flip.i + 1 });
      const facts = { from: named(this.answers[flip.i]), to: named(flip.answer), sure: Math.round(flip.sure / 2.55) };
      answer.textContent = fill(text.flip, facts);
      line.toggleAttribute("data-right", flip.answer === this.right[flip.i]);
    });
  }

  /* Right answers by kind, the worst change against dense first. */
  byKind(place) {
    const { kinds } = this.header;
    if (kinds.length < 2) return;
    const row = this.row(place), shares = kinds.map((name) => ({ name, count: 0, right: 0, before: 0 }));
    for (let i = 0; i < row.length; i++) {
      const kind = shares[this.kind[i]];
      kind.count++;
      if (row[i] === this.right[i]) kind.right++;
      if (this.answers[i] === this.right[i]) kind.before++;
    }
    const worst = ({ right, before, count }) => (right - before) / count;
    shares.sort((a, b) => worst(a) - worst(b) || a.name.localeCompare(b.name));
    this.bars.forEach((bar, n) => {
      const { name, right, before, count } = shares[n], [label, share, value] = bar.children;
      label.textContent = label.title = name;
      share.style.setProperty("--share", right / count);
      value.textContent = `${fixed((100 * right) / count, 0)} % (${signed((100 * (right - before)) / count, 0)})`;
    });
  }
}

function signed(number, digits = 1) {
  const rounded = Number(number.toFixed(digits)) || 0; // -0 is 0
  return minus(`${rounded > 0 ? "+" : ""}${written(rounded, digits)}`);
}
