/* One weight matrix, from all of it to single weights. What is kept at each of 101 levels is in the browser: a drag
   sends nothing, and only the release tells Python. */

const TALL = 420, LOW = 240, PAD = 10; // CSS pixels of the stage: at most, at least, and around the whole matrix
const WIDE = 820; // CSS pixels of a page that has the words beside the picture
const MOST = 40; // CSS pixels of a weight in the closest look
// Device pixels a weight. Whole ones, or whole numbers of weights a pixel: each is exact, and no pattern is made up.
const STOPS = [8, 7, 6, 5, 4, 3, 2].map((n) => 1 / n).concat([1, 2, 3, 4, 6, 8, 12, 18, 26, 40, 60, 80, 120]);
const NOTCH = 40; // wheel travel of one stop, so that a touchpad does not rush through them
const FAR = 16; // steps of an arrow key with Shift
const PARTS = "slider percent views share window stage paper cells marker map pane readout".split(" ");
const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".matrix-view");
  if (!root || !data) return undefined;
  // Streamlit may clean up an overtaken call after the next one ran: only the latest call may release the view.
  const view = (root.view ??= new MatrixView(root)), call = Symbol("call");
  Object.assign(view, { call, setStateValue });
  view.show(data);
  return () => call === view.call && view.release();
}

class MatrixView extends SliderView {
  constructor(root) {
    super();
    this.root = root;
    for (const part of PARTS) this[part] = root.querySelector(`.${part}`);
    const { cells, views } = this, buttons = [...views.children];
    const zooms = { in: () => this.zoom(1), out: () => this.zoom(-1), reset: () => this.reset() };
    Object.assign(this, { buttons, fingers: new Map(), wheeled: 0 });
    this.listen();
    for (const button of buttons) button.onclick = () => this.turn(button.value);
    views.onkeydown = (event) => this.step(event);
    for (const [name, act] of Object.entries(zooms)) root.querySelector(`.${name}`).onclick = act;
    cells.onwheel = (event) => this.wheel(event);
    cells.onpointerdown = (event) => this.press(event);
    cells.onpointermove = (event) => this.move(event);
    cells.onpointerup = cells.onpointercancel = (event) => this.lift(event);
    // What a finger pointed at stays, as there is no hovering.
    cells.onpointerleave = ({ pointerType }) => pointerType === "touch" || this.fingers.size || this.point(null);
    cells.ondblclick = zooms.reset;
    cells.onkeydown = (event) => this.walk(event, zooms);
    this.resize = new ResizeObserver(() => { if (root.clientWidth !== this.width) this.layout(); });
    this.resize.observe(root);
  }

  release() {
    this.root.view = null;
    this.resize.disconnect();
    cancelAnimationFrame(this.pending);
    clearTimeout(this.timer);
  }

  async show(bytes) {
    try {
      const { header, packed, seal, payload } = unwrap(bytes);
      if (payload === this.payload) return this.paint();
      this.payload = payload;
      const body = seal === this.seal ? null : await inflate(packed);
      // The old picture stays until the new one is complete; an overtaken one is dropped.
      if (this.root.view === this && this.payload === payload) this.accept(header, seal, body);
    } catch (error) {
      this.payload = null; // so that the same bytes are tried again
      this.root.dataset.scheme = "failed";
      this.readout.textContent = String(error);
    }
  }

  accept(header, seal, body) {
    const { header: old, slider, root } = this, { text, rows, columns, heads } = header, size = rows * columns;
    this.receive(header, header.maximum ?? 100);
    if (old?.view !== header.view) this.name = header.view;
    if (!heads && this.name === "head") this.name = "weight";
    if (old?.rows !== rows || old?.columns !== columns) Object.assign(this, { scale: 0, spot: null });
    if (body) {
      const lines = header.kind === "lines", end = lines ? LEVELS * (rows + columns) : size;
      const bits = new Uint16Array(body.slice(end).buffer), table = shadeTable(bits), shades = new Uint8Array(size);
      for (let i = 0; i < size; i++) shades[i] = table[bits[i]];
      const mask = lines && new Uint8Array(size);
      Object.assign(this, { seal, bits, shades, mask, codes: body.subarray(0, end), counts: {} });
    }
    Object.assign(this, { header, theme: null, counted: null });
    for (const node of root.querySelectorAll("[data-text]")) {
      node.textContent = node.dataset.word = text[node.dataset.text];
    }
    for (const node of root.querySelectorAll("[data-label]")) node.ariaLabel = node.title = text[node.dataset.label];
    slider.ariaLabel = text.slider;
    this.cells.ariaLabel = fill(text.picture, header);
    Object.assign(this.buttons[3], { ariaDisabled: String(!heads), title: heads ? "" : text.noHeads });
    this.paint();
    this.tellOthers();
  }

  /* Colours follow the theme; without a change of theme a rerun of the script touches nothing. */
  paint() {
    const theme = themeOf(this.root);
    if (!this.header || theme.scheme === this.theme?.scheme) return;
    this.root.dataset.scheme = theme.scheme;
    const signs = theme.table("--signs"), channels = (colour) => [0, 8, 16].map((shift) => (colour >> shift) & 255);
    const [zero, plus, minus] = [signs[128], signs[255], signs[0]].map(channels);
    const slopes = (end) => end.map((value, i) => (value - zero[i]) / 31);
    const mix = { zero, plus: slopes(plus), minus: slopes(minus) };
    Object.assign(this, { theme, signs, mix, ramp: theme.table("--ramp"), accent: theme.read("--accent") });
    this.layout();
  }

  turn(name) {
    if (name === "head" && !this.header.heads) return;
    Object.assign(this, { name, counted: null });
    this.layout();
  }

  /* The arrow keys choose among the views, as in any group of radio buttons. */
  step(event) {
    const step = sum(ARROWS[event.key] ?? []), open = this.buttons.filter((button) => button.ariaDisabled !== "true");
    if (!step) return;
    event.preventDefault();
    const next = open.at((open.findIndex(({ value }) => value === this.name) + step) % open.length);
    this.turn(next.value);
    next.focus();
  }

  layout() {
    const { header, root, name, stage, cells, scale, fit } = this;
    this.width = root.clientWidth;
    if (!header || !this.width) return;
    root.dataset.view = name;
    root.toggleAttribute("data-wide", this.width >= WIDE);
    for (const button of this.buttons) {
      const chosen = button.value === name;
      Object.assign(button, { ariaChecked: String(chosen), tabIndex: chosen ? 0 : -1 });
    }
    const dpr = (this.dpr = window.devicePixelRatio || 1), gutter = Math.round(name === "lines" ? GUTTER * dpr : 0);
    const width = Math.floor(stage.clientWidth * dpr) - gutter, spare = 2 * PAD * dpr;
    // As high for every matrix of a page: what is below stays where it is when another one is chosen.
    const height = Math.round(clamp(stage.clientWidth, LOW, TALL) * dpr);
    const exact = Math.min((width - spare) / header.columns, (height - spare) / header.rows, MOST * dpr);
    const crisp = STOPS.findLast((stop) => stop <= exact) ?? 0;
    this.fit = crisp >= 0.75 * exact ? crisp : exact; // only a narrow page gives the crispness up
    this.stops = [this.fit, ...STOPS.filter((stop) => stop > this.fit * 1.1 && stop <= MOST * dpr)];
    this.room = { x: width, y: height };
    Object.assign(cells, { width: width + gutter, height: height + gutter });
    for (const side of ["width", "height"]) cells.style[side] = `${cells[side] / dpr}px`;
    stage.style.height = cells.style.height;
    this.place(scale > fit ? Math.max(scale, this.fit) : this.fit, this.x, this.y);
    this.draw();
  }

  /* Puts the matrix' first weight at x, y of the canvas, in device pixels; it is centred where there is room. */
  place(scale, x = 0, y = 0) {
    const { header, room } = this;
    const hold = (at, size, space) => Math.round(size <= space ? (space - size) / 2 : clamp(at, space - size, 0));
    Object.assign(this, { scale, x: hold(x, header.columns * scale, room.x), y: hold(y, header.rows * scale, room.y) });
    this.ask();
  }

  ask() {
    this.pending ??= requestAnimationFrame(() => this.draw());
  }

  slide() {
    this.touch();
    this.ask();
    this.tellOthers();
  }

  draw() {
    this.pending = null;
    if (this.dpr !== window.devicePixelRatio) return this.layout();
    const begin = performance.now(), { header, name, cells, slider } = this, level = slider.valueAsNumber;
    if (this.counted !== level) {
      this.sieved = sieve(this, level);
      this.grids = fieldsOf(header, name).map((size) => grid(this, size, level));
      this.counted = level;
    }
    const context = cells.getContext("2d");
    context.clearRect(0, 0, cells.width, cells.height);
    if (name === "weight") drawWeights(context, this);
    else if (name === "lines") drawLines(context, this);
    else drawFields(context, this);
    slider.style.setProperty("--filled", level / slider.max);
    this.percent.value = slider.ariaValueText = `${level} %`;
    tell(this);
    Object.assign(cells.dataset, { level, scale: this.scale, view: name });
    const costs = (window.bonsaiMatrixRedraws ??= []);
    if (costs.push(performance.now() - begin) > 1000) costs.shift();
  }

  reset() {
    this.place(this.fit);
  }

  /* The weight below a point of the canvas stays there. */
  zoom(step, at) {
    const { scale, stops, x, y, room, spot } = this;
    const marked = spot && { x: x + (spot.column + 0.5) * scale, y: y + (spot.row + 0.5) * scale };
    const from = at ?? marked ?? { x: room.x / 2, y: room.y / 2 }, now = stops.findLastIndex((stop) => stop <= scale);
    const next = stops[clamp(now + step, 0, stops.length - 1)], ratio = next / scale;
    this.place(next, from.x - (from.x - x) * ratio, from.y - (from.y - y) * ratio);
  }

  wheel(event) {
    if (event.deltaY >= 0 && this.scale <= this.fit) return; // the page scrolls on
    event.preventDefault();
    const travel = event.deltaY * (event.deltaMode ? 30 : 1);
    this.wheeled = (travel * this.wheeled < 0 ? 0 : this.wheeled) + travel;
    if (Math.abs(this.wheeled) < NOTCH) return;
    this.zoom(this.wheeled < 0 ? 1 : -1, this.at(event));
    this.wheeled = 0;
    this.point(event);
  }

  at({ offsetX, offsetY }) {
    return { x: offsetX * this.dpr, y: offsetY * this.dpr };
  }

  press(event) {
    const at = this.at(event);
    this.cells.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, at);
    Object.assign(this, { spread: null, grip: { x: this.x - at.x, y: this.y - at.y } });
    this.point(event);
  }

  move(event) {
    const { fingers, cells, grip, scale } = this, at = this.at(event);
    if (fingers.has(event.pointerId)) fingers.set(event.pointerId, at);
    if (fingers.size === 2) return this.pinch();
    if (fingers.size && scale > this.fit) {
      cells.dataset.dragged = "";
      this.place(scale, at.x + grip.x, at.y + grip.y);
    }
    this.point(event);
  }

  pinch() {
    const [a, b] = this.fingers.values(), spread = Math.hypot(a.x - b.x, a.y - b.y);
    const ratio = spread / (this.spread ??= spread);
    if (ratio > 0.75 && ratio < 1.33) return;
    this.zoom(ratio > 1 ? 1 : -1, { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
    this.spread = spread;
  }

  lift(event) {
    this.fingers.delete(event.pointerId);
    delete this.cells.dataset.dragged;
    for (const at of this.fingers.values()) this.grip = { x: this.x - at.x, y: this.y - at.y };
  }

  point(event) {
    const { header: { rows, columns }, scale, x, y, name } = this, at = event && this.at(event);
    const line = (position, from, count) => Math.floor((position - from) / scale);
    const spot = at && { row: line(at.y, y), column: line(at.x, x) };
    const held = spot && { row: clamp(spot.row, 0, rows - 1), column: clamp(spot.column, 0, columns - 1) };
    const inside = spot && held.row === spot.row && held.column === spot.column;
    this.spot = inside || name === "lines" ? held : null; // a bar speaks for its line
    tell(this);
  }

  /* The arrow keys go from weight to weight, or from block to block; the view follows. */
  walk(event, zooms) {
    const act = { "+": zooms.in, "=": zooms.in, "-": zooms.out, 0: zooms.reset }[event.key], step = ARROWS[event.key];
    if (!act && !step) return;
    event.preventDefault();
    if (act) return act();
    const { header: { rows, columns }, name, grids, scale, room } = this, far = event.shiftKey ? FAR : 1;
    const [down, across] = name === "block" || name === "head" ? [grids[0].down, grids[0].across] : [1, 1];
    const middle = (at, space, count) => clamp(Math.floor((space / 2 - at) / scale), 0, count - 1);
    const from = this.spot ?? { row: middle(this.y, room.y, rows), column: middle(this.x, room.x, columns) };
    const row = clamp(from.row + step[0] * down * far, 0, rows - 1);
    const column = clamp(from.column + step[1] * across * far, 0, columns - 1);
    const follow = (at, line, space) => clamp(at, -line * scale, space - (line + 1) * scale);
    this.spot = { row, column };
    this.place(scale, follow(this.x, column, room.x), follow(this.y, row, room.y));
  }
}
