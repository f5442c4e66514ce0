/* The mosaic of every prunable matrix. All a drag needs is in the browser: one density per block for each of 101
   levels. So a drag sends nothing, and only the release tells Python. */

const TALL = [320, 400]; // CSS pixels of mosaic: wanted, and at most for cells of two pixels (1280x720 holds both)
const HEAD = 20, BESIDE = 32; // CSS pixels over the mosaic for its labels, and right of it as in the style sheet
const PATCH = 64; // weights along the side of a full magnifier
const LOOK = 50; // ms until it is looked again whether the figures of this position are here
const PARTS = "slider percent stage sheet cells frame corner block title share weights readout".split(" ");

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".mask-canvas");
  if (!root || !data) return undefined;
  // Streamlit may clean up an overtaken call after the next one ran: only the latest call may release the view.
  const view = (root.view ??= new MaskView(root)), call = Symbol("call");
  Object.assign(view, { call, setStateValue });
  view.show(data);
  return () => call === view.call && view.release();
}

const span = (className, textContent = "") => Object.assign(document.createElement("span"), { className, textContent });
const starts = (sizes, gap) => sizes.map((_, i) => sum(sizes.slice(0, i)) + i * gap);

/* Where each matrix lies, in cells. A column of tall matrices (up) is drawn turned, so that a row stays one layer. */
function arrange({ columnLabels, rowLabels }, matrices) {
  // Gaps are cells too, so that one scaled copy draws all; a classifier of two rows still needs room for its label.
  const gap = Math.max(1, Math.round(matrices[0].across / 6));
  const tall = [], widths = columnLabels.map(() => 0), heights = rowLabels.map(() => 2 * gap);
  for (const m of matrices) tall[m.column] = (tall[m.column] ?? 0) + m.down - m.across;
  const tiles = matrices.map((m) => {
    const turned = tall[m.column] > 0;
    const [width, height] = turned ? [m.down, m.across] : [m.across, m.down];
    const tile = { ...m, turned, width, height };
    widths[m.column] = Math.max(widths[m.column], width);
    heights[m.row] = Math.max(heights[m.row], height);
    return tile;
  });
  const lefts = starts(widths, gap), tops = starts(heights, Math.ceil(gap / 2));
  const middle = ({ row, height }) => tops[row] + ((heights[row] - height) >> 1);
  for (const tile of tiles) Object.assign(tile, { left: lefts[tile.column], top: middle(tile) });
  const width = lefts.at(-1) + widths.at(-1);
  return { tiles, widths, heights, lefts, tops, width, height: tops.at(-1) + heights.at(-1) };
}

/* A row of a layer is named by text.row ("Layer {row}"), or as its matrices are without their column. */
function rowName({ matrices, rowLabels, text }, row) {
  const name = rowLabels[row], { label } = matrices.find((m) => m.row === row);
  const layer = label.charAt(0).toUpperCase() + label.slice(1).replace(/ \S+$/, "");
  return /^\d+$/.test(name) ? fill(text.row ?? layer, { row: name }) : name;
}

/* Copies a plane of bytes through a colour table into a buffer, turned where the drawing is turned. */
function blit(target, plane, { left, top, turned }, [rows, columns], table) {
  const { pixels } = target, stride = target.canvas.width, [stepX, stepY] = turned ? [stride, 1] : [1, stride];
  for (let y = 0, from = 0; y < rows; y++) {
    let to = top * stride + left + y * stepY;
    for (let x = 0; x < columns; x++, to += stepX) pixels[to] = table[plane[from++]];
  }
}

function stretch(source, canvas, smooth) {
  const context = canvas.getContext("2d");
  source.context.putImageData(source.image, 0, 0);
  Object.assign(context, { imageSmoothingEnabled: smooth, globalCompositeOperation: "copy" });
  context.drawImage(source.canvas, 0, 0, canvas.width, canvas.height);
}

class MaskView extends SliderView {
  constructor(root) {
    super();
    this.root = root;
    for (const part of PARTS) this[part] = root.querySelector(`.${part}`);
    const { cells } = this;
    this.listen();
    cells.onpointermove = cells.onpointerdown = (event) => this.point(event);
    cells.onpointerleave = () => this.choose(this.chosen);
    cells.onkeydown = (event) => this.walk(event);
    this.resize = new ResizeObserver(() => { if (root.clientWidth !== this.width) this.layout(); });
    this.resize.observe(root);
    this.arrived = () => this.chosen && this.choose(this.chosen, this.spot);
    window.addEventListener("bonsai-weights", this.arrived);
    this.refill = () => this.told && this.show(this.told);
    window.addEventListener("bonsai-planes", this.refill);
  }

  release() {
    this.root.view = null;
    this.resize.disconnect();
    window.removeEventListener("bonsai-weights", this.arrived);
    window.removeEventListener("bonsai-planes", this.refill);
    cancelAnimationFrame(this.pending);
    clearTimeout(this.timer);
    clearTimeout(this.watching);
    document.body.removeAttribute("data-bonsai-stale");
  }

  /* The planes come on their own, once; the old picture stays until those of the new one are here. */
  show(told) {
    this.told = told;
    const planes = window.bonsaiPlanes, text = JSON.stringify(told);
    if (planes?.of !== told.of) return;
    if (text === this.payload && planes.seal === this.seal) return this.paint();
    this.payload = text;
    this.accept(told, planes);
  }

  accept(header, { seal, parts }) {
    this.receive(header, header.maximum);
    if (seal !== this.seal) this.spot = null;
    // what is said of a matrix may have changed without its content
    const plan = arrange(header, parts.map((part, i) => ({ ...part, ...header.matrices[i] }))), { text } = header;
    Object.assign(this, { seal, header, plan, scheme: null, atlas: buffer(plan.width, plan.height) });
    this.chosen = plan.tiles.find((tile) => tile.name === this.chosen?.name) ?? plan.tiles[0];
    for (const node of this.root.querySelectorAll("[data-text]")) node.textContent = text[node.dataset.text];
    this.slider.ariaLabel = text.slider;
    this.cells.ariaLabel = text.hint;
    this.papers = plan.tiles.map(() => span("paper hatch"));
    this.rows = plan.heights.map((_, row) => span("row", rowName(header, row)));
    this.columns = header.columnLabels.map((name) => span("column", name));
    this.sheet.replaceChildren(...this.papers, ...this.rows, ...this.columns);
    this.paint();
  }

  /* Colours follow the theme; without a change of theme a rerun of the script touches nothing. */
  paint() {
    const { scheme } = themeOf(this.root);
    if (!this.plan || scheme === this.scheme) return;
    this.root.dataset.scheme = this.scheme = scheme;
    this.table = themeOf(this.root).table("--ramp").fill(0, 0, 1); // byte 0: the hatch below the canvas shows
    // A rank becomes a strength: the weights that go next are the palest dots.
    this.strengths = Array.from({ length: 100 }, (_, rank) => this.table[90 + Math.round(rank * 1.65)]);
    this.layout();
  }

  layout() {
    const { plan, root } = this;
    this.width = root.clientWidth;
    if (!plan || !this.width) return;
    const dpr = (this.dpr = window.devicePixelRatio || 1);
    const indent = Math.max(...this.rows.map((name) => name.offsetWidth)) + 10;
    const room = this.width - 8 - indent;
    const smallest = BESIDE + PATCH * (room > plan.width * 2 + BESIDE + 5 * PATCH ? 5 : 3);
    const wide = room - smallest >= plan.width * 1.9;
    root.toggleAttribute("data-wide", wide);
    // Whole device pixels a cell keep the picture crisp; only a narrow page gives that up.
    const fit = ((room - (wide ? smallest : 0)) * dpr) / plan.width;
    const [wanted, most] = TALL.map((tall) => Math.floor((tall * dpr) / plan.height)), two = 2 * Math.floor(dpr);
    const high = Math.max(1, wanted, Math.min(most, two));
    const x = fit < 2 * dpr ? fit : Math.min(Math.floor(fit), Math.max(high, two));
    this.cell = { x: x / dpr, y: Math.min(high, x) / dpr };
    const width = plan.width * this.cell.x, height = plan.height * this.cell.y;
    this.size(this.cells, width, height, indent, HEAD);
    put(this.stage, null, null, indent + width, HEAD + height);
    this.dot = wide ? Math.max(3, Math.min(5, Math.floor((room - width - BESIDE) / PATCH))) : 3;
    root.style.setProperty("--dot", `${this.dot}px`);
    plan.tiles.forEach((tile, i) => put(this.papers[i], ...this.box(tile)));
    this.rows.forEach((name, i) => put(name, 0, HEAD + (plan.tops[i] + plan.heights[i] / 2) * this.cell.y));
    this.columns.forEach((name, i) => put(name, indent + (plan.lefts[i] + plan.widths[i] / 2) * this.cell.x));
    this.choose(this.chosen, this.spot);
  }

  size(canvas, width, height, left, top) {
    Object.assign(canvas, { width: Math.round(width * this.dpr), height: Math.round(height * this.dpr) });
    put(canvas, left, top, canvas.width / this.dpr, canvas.height / this.dpr);
  }

  /* The box of a tile, or of cells of it, in CSS pixels of the stage. */
  box(tile, x = 0, y = 0, width = tile.width, height = tile.height) {
    const left = this.cells.offsetLeft + (tile.left + x) * this.cell.x;
    return [left, HEAD + (tile.top + y) * this.cell.y, width * this.cell.x, height * this.cell.y];
  }

  slide() {
    this.touch();
    this.pending ??= requestAnimationFrame(() => this.draw());
    this.mark();
    this.tellOthers();
  }

  /* Figures of another position are greyed and say so, from the first movement until those of this one are here. */
  mark() {
    clearTimeout(this.watching);
    const shown = document.querySelector("[data-bonsai-figures]")?.dataset.bonsaiFigures;
    const stale = shown !== undefined && shown !== this.slider.value;
    document.body.toggleAttribute("data-bonsai-stale", stale);
    if (!stale) return;
    document.body.style.setProperty("--bonsai-stale", JSON.stringify(fill(this.header.text.stale, { amount: shown })));
    this.watching = setTimeout(() => this.mark(), LOOK);
  }

  draw() {
    this.pending = null;
    if (this.dpr !== window.devicePixelRatio) return this.layout();
    const begin = performance.now(), { chosen } = this, level = this.slider.valueAsNumber;
    for (const tile of this.plan.tiles) blit(this.atlas, tile.plane(level), tile, [tile.down, tile.across], this.table);
    stretch(this.atlas, this.cells, this.cell.x * this.dpr < 2 && this.cell.x * this.dpr !== 1);
    blit(this.patch, ...this.magnified(chosen, level));
    stretch(this.patch, this.weights, false);
    this.percent.value = this.slider.ariaValueText = `${level} %`;
    this.slider.style.setProperty("--filled", level / this.slider.max);
    this.tell();
    this.cells.dataset.level = level;
    const costs = (window.bonsaiRedraws ??= []);
    if (costs.push(performance.now() - begin) > 1000) costs.shift();
  }

  /* The first row and column under the magnifier: around the block that was pointed at last, on whole blocks. */
  window({ name, patch, down, across, turned }) {
    const { block } = this.header, { x = 0, y = 0 } = this.focus?.name === name ? this.focus : {};
    const [row, column] = turned ? [x, y] : [y, x], shown = patch.map((size) => Math.ceil(size / block));
    const first = (at, count, all) => block * clamp(at - (count >> 1), 0, Math.max(0, all - count));
    return [first(row, shown[0], down), first(column, shown[1], across)];
  }

  /* What the magnifier shows: ranks of single weights (of removed rows and columns all go at once) and how these are
     coloured; until they are here, and for a model too large for them, the density of their blocks. */
  magnified(tile, level) {
    const [rows, columns] = tile.patch, [top, left] = this.window(tile), place = { ...tile, left: 0, top: 0 };
    const known = window.bonsaiWeights?.of === this.header.of && window.bonsaiWeights.matrices.get(tile.name);
    const values = (at) => Uint8Array.from({ length: rows * columns }, (_, i) => at(Math.floor(i / columns), i % columns));
    this.weights.dataset.known = !!known;
    if (!known) {
      const { block } = this.header, plane = tile.plane(level);
      const at = (row, column) => plane[Math.floor((top + row) / block) * tile.across + Math.floor((left + column) / block)];
      return [values(at), place, tile.patch, this.table];
    }
    const { kept } = known, down = level * known.rows, across = LEVELS * known.rows + level * known.columns;
    const stays = (row, column) => (kept[down + top + row] && kept[across + left + column] ? 99 : 0);
    const rank = (row, column) => kept[(top + row) * known.columns + left + column];
    const dots = this.strengths.map((colour, at) => (at < level ? 0 : colour));
    return [values(known.kind === "lines" ? stays : rank), place, tile.patch, dots];
  }

  tell() {
    const { chosen, spot, header: { text } } = this, plane = chosen.plane(this.slider.valueAsNumber), { label } = chosen;
    const kept = percent(sum(plane) / plane.length / 255);
    this.share.textContent = `${kept} % ${text.kept}`;
    this.title.textContent = fill(this.weights.dataset.known === "true" ? text.zoom : text.blocks, this.ends);
    // Row and column are those of the stored matrix, also where it is drawn turned.
    const [row, column] = chosen.turned ? [spot?.x, spot?.y] : [spot?.y, spot?.x];
    const share = percent(plane[row * chosen.across + column] / 255);
    const values = spot ? { label, row: row + 1, column: column + 1, percent: share } : { label, percent: kept };
    this.readout.textContent = fill(spot ? text.hover : text.matrixKept, values);
  }

  /* Puts a matrix under the magnifier and marks it, with the block under the pointer if there is one. */
  choose(tile, spot) {
    Object.assign(this, { chosen: tile, spot, focus: spot ? { ...spot, name: tile.name } : this.focus });
    const [columns, rows] = tile.turned ? tile.patch : tile.patch.toReversed(), { block } = this.header;
    const [top, left] = this.window(tile), [x, y] = tile.turned ? [top, left] : [left, top];
    this.patch = buffer(columns, rows);
    this.size(this.weights, columns * this.dot, rows * this.dot);
    put(this.frame, ...this.box(tile));
    put(this.corner, ...this.box(tile, x / block, y / block, columns / block, rows / block));
    this.block.hidden = !spot;
    if (spot) put(this.block, ...this.box(tile, spot.x, spot.y, 1, 1));
    const ends = { top: top + 1, bottom: top + tile.patch[0], left: left + 1, right: left + tile.patch[1] };
    this.ends = { ...tile, ...ends };
    this.draw();
  }

  point(event) {
    const x = Math.floor(event.offsetX / this.cell.x), y = Math.floor(event.offsetY / this.cell.y);
    const { tiles, lefts, tops } = this.plan, within = (at, size) => Math.max(0, Math.min(at, size - 1));
    const row = tops.findLastIndex((top) => y >= top), column = lefts.findLastIndex((left) => x >= left);
    const tile = tiles.find((t) => t.row === row && t.column === column);
    if (tile) this.choose(tile, { x: within(x - tile.left, tile.width), y: within(y - tile.top, tile.height) });
  }

  /* The arrow keys go from matrix to matrix. */
  walk(event) {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!step) return;
    event.preventDefault();
    const { row, column } = this.chosen, near = (t) => t.row === row + step[0] && t.column === column + step[1];
    this.choose(this.plan.tiles.find(near) ?? this.chosen);
  }
}
