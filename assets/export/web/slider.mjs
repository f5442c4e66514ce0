/* What the model answers at every percent that is taken from it, measured beforehand: dragging computes nothing. */

const SHOWN = 8; // sentences whose answer turned

const bytes = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));

/* tracks: the values of tracks.json. */
export class Slider {
  constructor(root, tracks, words) {
    const right = bytes(tracks.right), methods = Object.fromEntries(Object.entries(tracks.methods).map(([name, one]) => (
      [name, { ...one, answers: bytes(one.answers), sure: bytes(one.sure) }]
    )));
    Object.assign(this, { root, tracks, words, right, methods, name: Object.keys(methods)[0] });
    root.hidden = false;
    this.range = root.querySelector("input");
    this.range.oninput = () => {
      this.pending ??= requestAnimationFrame(() => this.draw());
    };
    this.choice = root.querySelector("select");
    this.choice.onchange = () => {
      this.name = this.choice.value;
      this.draw();
    };
    this.speak();
  }

  /* Everything again, in the language that is chosen now. */
  speak() {
    const { say, made } = this.words;
    this.root.querySelector("h2").textContent = say("slide");
    this.root.querySelector(".note").textContent = say("slide_note");
    this.choice.replaceChildren(...Object.keys(this.methods).map((name) => (
      made("option", { value: name, text: say(`method_${name.replaceAll("-", "_")}`), selected: name === this.name })
    )));
    this.choice.ariaLabel = say("slide_method");
    this.draw();
  }

  row(values, place) {
    const count = this.right.length;
    return values.subarray(place * count, (place + 1) * count);
  }

  score(place) {
    const answers = this.row(this.methods[this.name].answers, place);
    return answers.reduce((found, answer, i) => found + (answer === this.right[i]), 0) / answers.length;
  }

  draw() {
    this.pending = null;
    const method = this.methods[this.name], { say, number, made } = this.words, { levels } = method;
    this.range.max = levels.length - 1;
    const place = Number(this.range.value), level = levels[place];
    const percent = (value, digits = 1) => `${number(value, digits)} %`;
    this.range.ariaLabel = say("slide_level");
    this.range.ariaValueText = `${level} %`;
    this.root.querySelector(".level").textContent = say("slide_at", { level });
    const score = 100 * this.score(place), change = score - 100 * this.score(0);
    const points = say(method.better[place] ? "slide_points" : "slide_same", { points: `${change > 0 ? "+" : ""}${number(change)}` });
    const pairs = [
      ["slide_right", `${percent(score)} ${say("interval", { low: number(method.low[place]), high: number(method.high[place]) })}`, place ? points : ""],
      ["slide_left", percent(100 * method.nonzero[place]), ""],
      ["slide_zipped", say("mb", { mb: method.zipped[place] }), ""],
    ];
    this.root.querySelector("dl").replaceChildren(...pairs.flatMap(([key, value, beside]) => [
      made("dt", { text: say(key) }), made("dd", { text: [value, beside].filter(Boolean).join(" · ") }),
    ]));
    this.flips(method, place);
  }

  /* The sentences whose answer is another one than dense's, the newest first. */
  flips(method, place) {
    const { say, made, called } = this.words, { labels, sentences } = this.tracks, count = this.right.length;
    const dense = this.row(method.answers, 0), here = this.row(method.answers, place), found = [];
    for (let i = 0; i < count; i += 1) {
      if (here[i] === dense[i]) continue;
      let since = place;
      while (since > 1 && method.answers[(since - 1) * count + i] === here[i]) since -= 1;
      found.push({ i, since: method.levels[since], sure: method.sure[place * count + i] });
    }
    const named = (answer) => (labels[answer] === undefined ? "–" : called(labels[answer]));
    found.sort((a, b) => b.since - a.since || b.sure - a.sure);
    this.root.querySelector(".turned").textContent = say(found.length ? "slide_turned" : "slide_none", { count: found.length, of: count });
    this.root.querySelector("ol").replaceChildren(...found.slice(0, SHOWN).map(({ i, since, sure }) => made("li", {
      text: say("slide_flip", {
        level: since, text: sentences[i] ?? say("slide_number", { number: i + 1 }), from: named(dense[i]), to: named(here[i]), sure: Math.round(sure / 2.55),
      }),
    })));
  }
}
