/* A bar for each prunable matrix. The bars follow the slider of another view: a level is a plane of the densities that
   are here, so nothing is sent until a bar is chosen. */

const SIDE = 132; // CSS pixels of a picture's longer side
const PARTS = "chart groups card plane cells title shape share readout".split(" ");
const KEYS = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1, Home: -Infinity, End: Infinity };

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".density-bars");
  if (!root || !data) return undefined;
  // Streamlit may clean up an overtaken call after the next one ran: only the latest call may release the view.
  const view = (root.view ??= new DensityBars(root)), call = Symbol("call");
  Object.assign(view, { call, setStateValue });
  view.show(data);
  return () => call === view.call && view.release();
}

/* The share of kept weights: a block at the edge counts for the weights that it has. */
function density({ rows, columns, down, across }, plane, block) {
  let kept = 0;
  for (let row = 0, i = 0; row < down; row++) {
    const tall = Math.min(block, rows - row * block);
    for (let column = 0; column < across; column++) {
      kept += plane[i++] * tall * Math.min(block, columns - column * block);
    }
  }
  return kept / (255 * rows * columns);
}

/* A decimal more than elsewhere, and still "0" and "100" only where they are exact. */
function fine(share) {
  const tenths = Math.round(share * 1000) / 10;
  if (share > 0 && tenths === 0) return "<0.1";
  return share < 1 && tenths === 100 ? ">99.9" : share % 1 ? tenths.toFixed(1) : String(tenths);
}

function element(className, attributes, ...children) {
  const node = Object.assign(document.createElement("div"), { className, ...attributes });
  node.append(...children);
  return node;
}

class DensityBars {
  constructor(root) {
    this.root = root;
    for (const part of PARTS) this[part] = root.querySelector(`.${part}`);
    const { groups, chart } = this, barOf = (event) => event.target.closest(".bar");
    const point = (event) => barOf(event) && this.point(barOf(event));
    groups.onpointerover = point;
    groups.onclick = (event) => barOf(event) && this.choose(barOf(event));
    groups.onkeydown = (event) => this.walk(event);
    chart.onpointerleave = () => this.point(null);
    groups.addEventListener("focusin", point); // these two have no property of their own
    groups.addEventListener("focusout", () => this.point(null));
    this.follow = ({ detail }) => {
      this.level = detail;
      this.pending ??= requestAnimationFrame(() => this.draw());
    };
    window.addEventListener("bonsai-amount", this.follow);
    this.resize = new ResizeObserver(() => this.place());
    this.resize.observe(root);
  }

  release() {
    this.root.view = null;
    window.removeEventListener("bonsai-amount", this.follow);
    this.resize.disconnect();
    cancelAnimationFrame(this.pending);
  }

  async show(bytes) {
    try {
      const { header, packed, seal, payload } = unwrap(bytes);
      if (payload === this.payload) return this.paint();
      this.payload = payload;
      const matrices = seal === this.seal ? null : cubes(await inflate(packed), header);
      // The old bars stay until the new ones are complete; overtaken ones are dropped.
      if (this.root.view === this && this.payload === payload) this.accept(header, seal, matrices);
    } catch (error) {
      this.payload = null; // so that the same bytes are tried again
      this.root.dataset.scheme = "failed";
      this.readout.textContent = String(error);
    }
  }

  accept(header, seal, matrices) {
    const { header: old, root } = this, { text } = header;
    // A slider that speaks is believed before a payload that repeats itself.
    if (old ? header.amount !== old.amount : this.level === undefined) this.level = header.amount;
    if (header.selected !== old?.selected) this.selected = header.selected;
    // The same densities may come with other words; when only the choice is another, the focus stays where it is.
    this.matrices = (matrices ?? this.matrices).map((matrix, i) => ({ ...matrix, ...header.matrices[i] }));
    const { selected, amount, ...rest } = header, built = JSON.stringify(rest) + seal;
    Object.assign(this, { header, seal, scheme: null });
    for (const node of root.querySelectorAll("[data-text]")) node.textContent = text[node.dataset.text];
    for (const node of root.querySelectorAll("[data-label]")) node.ariaLabel = text[node.dataset.label];
    if (built !== this.built) this.build();
    this.built = built;
    this.paint();
  }

  /* A group for each role with a bar for each layer; what belongs to no layer comes last. */
  build() {
    const { header: { columnLabels, rowLabels, text }, matrices } = this;
    const groups = [...columnLabels, text.others].map((name) => ({ name, members: [] }));
    for (const matrix of matrices) {
      groups[rowLabels[matrix.row] ? matrix.column : columnLabels.length].members.push(matrix);
    }
    const bar = (matrix) => {
      const node = element("bar", { role: "option", tabIndex: -1, matrix }, document.createElement("i"));
      node.dataset.name = matrix.name;
      return node;
    };
    const filled = groups.filter(({ members }) => members.length).map(({ name, members }) => {
      const caption = Object.assign(document.createElement("span"), { textContent: name, ariaHidden: "true" });
      const bars = element("bars", {}, ...members.map(bar));
      const group = element("group", { role: "group", ariaLabel: name }, bars, caption);
      group.style.setProperty("--count", members.length);
      return group;
    });
    this.groups.replaceChildren(...filled);
    this.shown = null;
    this.bars = [...this.groups.querySelectorAll(".bar")];
  }

  /* Colours follow the theme; without a change of theme a rerun of the script touches nothing. */
  paint() {
    const theme = themeOf(this.root);
    if (!this.header || theme.scheme === this.scheme) return;
    this.root.dataset.scheme = this.scheme = theme.scheme;
    this.ramp = theme.table("--ramp").fill(0, 0, 1); // none kept is clear: the hatch below the canvas shows
    this.draw();
  }

  draw() {
    this.pending = null;
    if (!this.ramp) return;
    const { header: { block, text }, bars, level, selected } = this, begin = performance.now();
    for (const bar of bars) {
      const { matrix } = bar, share = density(matrix, matrix.plane(level), block), chosen = matrix.name === selected;
      bar.style.setProperty("--share", share);
      bar.toggleAttribute("data-zero", share === 0);
      bar.share = share;
      bar.ariaLabel = fill(text.hover, { ...matrix, percent: fine(share) });
      bar.ariaSelected = String(chosen);
      if (chosen || !this.tab) this.tab = bar;
    }
    this.root.dataset.level = level;
    this.keep(bars.includes(this.tab) ? this.tab : bars[0]);
    this.tell();
    const costs = (window.bonsaiBarsRedraws ??= []);
    if (costs.push(performance.now() - begin) > 1000) costs.shift();
  }

  /* One bar of the list is on the way of the Tab key. */
  keep(tab) {
    for (const bar of this.bars) bar.tabIndex = bar === tab ? 0 : -1;
    this.tab = tab;
  }

  /* The bar that is pointed at: in words below, with its picture beside it. */
  tell() {
    const { shown, card, bars, selected, header, cells, ramp } = this;
    const said = shown ?? bars.find((bar) => bar.matrix.name === selected);
    this.readout.textContent = said?.ariaLabel ?? "";
    card.hidden = !shown;
    if (!shown) return;
    const { matrix } = shown, { down, across, label } = matrix, facts = { ...matrix, percent: fine(shown.share) };
    const picture = buffer(across, down), plane = matrix.plane(this.level);
    for (let i = 0; i < plane.length; i++) picture.pixels[i] = ramp[plane[i]];
    Object.assign(cells, { width: across, height: down }).getContext("2d").putImageData(picture.image, 0, 0);
    const cell = SIDE / Math.max(down, across);
    Object.assign(cells.style, { width: `${Math.max(8, across * cell)}px`, height: `${Math.max(8, down * cell)}px` });
    this.title.textContent = label;
    this.shape.textContent = fill(header.text.shape, facts);
    this.share.textContent = fill(header.text.share, facts);
    this.place();
  }

  /* The card stands beside its bar, on the side that has the room. */
  place() {
    const { shown, card, chart } = this;
    if (!shown || card.hidden) return;
    const bar = shown.getBoundingClientRect(), whole = chart.getBoundingClientRect(), gap = 10;
    const right = bar.right - whole.left + gap, left = bar.left - whole.left - gap - card.offsetWidth;
    const most = whole.width - card.offsetWidth;
    const beside = right <= most ? right : left >= 0 ? left : Math.max(0, Math.min(most, right));
    const top = right <= most || left >= 0 ? "0" : "calc(var(--tall) + 40px)";
    Object.assign(card.style, { left: `${beside}px`, top });
  }

  point(bar) {
    if (this.shown === bar) return;
    this.shown?.removeAttribute("data-shown");
    this.shown = bar ?? this.bars.find((each) => each.matches(":focus-visible")) ?? null;
    this.shown?.setAttribute("data-shown", "");
    this.tell();
  }

  choose(bar) {
    const { name } = bar.matrix;
    if (name !== this.selected) this.setStateValue("matrix", (this.selected = name));
    this.tab = bar;
    this.draw();
  }

  walk(event) {
    const bar = event.target.closest(".bar"), step = KEYS[event.key];
    if (!bar || (!step && event.key !== "Enter" && event.key !== " ")) return;
    event.preventDefault();
    if (!step) return this.choose(bar);
    const next = this.bars[clamp(this.bars.indexOf(bar) + step, 0, this.bars.length - 1)];
    this.keep(next);
    next.focus();
  }
}
