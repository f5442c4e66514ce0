/* What each word looks at in one head, before and after: a line is as strong as its share of the attention. */

const ROW = 19, WIDE = 340, LEFT = 118, RIGHT = 222; // units of a panel
const LEAST = 0.02; // of the attention: what is less is not drawn
const BEST = 3; // words that are told

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".attention");
  if (!root || !data) return undefined;
  const view = (root.view ??= new Attention(root));
  view.show(data);
  return undefined;
}

class Attention {
  constructor(root) {
    this.root = root;
    this.word = null; // whose lines alone are drawn
    root.onkeydown = (event) => this.press(event);
  }

  show(data) {
    this.data = data;
    this.root.ariaLabel = data.text.label;
    const { length } = data.models[0].tokens;
    if (this.word !== null && this.word >= length) this.word = null;
    this.draw();
  }

  press(event) {
    const { length } = this.data.models[0].tokens;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.word = this.word === null ? (step > 0 ? 0 : length - 1) : (this.word + step + length) % length;
    else if (event.key === "Escape") this.word = null;
    else return;
    event.preventDefault();
    this.draw();
  }

  draw() {
    const { models, text } = this.data;
    this.root.querySelectorAll("figure").forEach((figure, n) => {
      figure.querySelector("figcaption").textContent = models[n].name;
      figure.querySelector("svg, .gone")?.remove();
      figure.append(models[n].shares ? this.panel(models[n]) : this.gone(text.gone));
    });
    this.root.querySelector(".told").textContent = this.word === null ? text.hint : models.map((one) => this.tell(one)).join("\n");
  }

  gone(words) {
    const note = document.createElement("p");
    note.className = "gone";
    note.textContent = words;
    return note;
  }

  panel({ tokens, shares }) {
    const tall = ROW * tokens.length + 4;
    const svg = made("svg", { viewBox: `0 0 ${WIDE} ${tall}`, "aria-hidden": "true" });
    const middle = (place) => ROW * place + ROW / 2 + 2;
    shares.forEach((row, from) => {
      if (this.word !== null && this.word !== from) return;
      row.forEach((share, to) => {
        if (share < LEAST) return;
        const ends = { x1: LEFT, y1: middle(from), x2: RIGHT, y2: middle(to) };
        svg.append(made("line", { ...ends, "stroke-opacity": share, "stroke-width": 0.6 + 3 * share }));
      });
    });
    tokens.forEach((token, place) => {
      const y = middle(place) + 4, lit = this.word === place;
      const from = made("text", { x: LEFT - 6, y, "text-anchor": "end", class: lit ? "from lit" : "from" });
      const to = made("text", { x: RIGHT + 6, y });
      from.textContent = to.textContent = token;
      if (this.word !== null) to.setAttribute("fill-opacity", 0.35 + 0.65 * Math.min(1, 3 * (shares[this.word]?.[place] ?? 0)));
      from.onpointerenter = () => this.choose(place);
      from.onclick = () => this.choose(place);
      svg.append(from, to);
    });
    svg.onpointerleave = () => this.choose(null);
    return svg;
  }

  choose(place) {
    if (place === this.word) return;
    this.word = place;
    this.draw();
  }

  /* In words what the chosen one looks at most. */
  tell({ name, tokens, shares }) {
    const { text } = this.data;
    if (!shares || this.word >= tokens.length) return `${name}: ${text.gone}`;
    const order = shares[this.word].map((share, place) => ({ share, token: tokens[place] })).sort((a, b) => b.share - a.share);
    const seen = order.slice(0, BEST).map(({ share, token }) => `${token} ${Math.round(100 * share)} %`).join(", ");
    return `${name}: ${fill(text.looks, { token: tokens[this.word], seen })}`;
  }
}
