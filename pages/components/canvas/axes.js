/* Parallel coordinates: a line for each result over several axes; a range on an axis leaves only what lies in it. */

const WIDE = 720, TALL = 220, TOP = 26, BOTTOM = 24, SIDE = 56; // units of the picture
const REACH = 22, STEP = 0.05; // of an axis to the pointer, and of a key as a share of the axis

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".axes");
  if (!root || !data) return undefined;
  const view = (root.view ??= new Axes(root));
  view.send = (ranges) => setStateValue("ranges", ranges);
  view.show(data);
  return undefined;
}

class Axes {
  constructor(root) {
    this.root = root;
    this.svg = root.querySelector("svg");
    this.svg.setAttribute("viewBox", `0 0 ${WIDE} ${TALL}`);
    this.ranges = {};
  }

  show(data) {
    const { seal } = this;
    this.data = data;
    this.seal = JSON.stringify([data.axes, data.text]);
    if (this.seal !== seal) this.draw();
    this.filter();
  }

  /* The share of an axis at which a value stands, from 0 at its foot. */
  share(axis, value) {
    const { low, high, log } = axis, scale = log ? Math.log : Number;
    return high > low ? (scale(value) - scale(low)) / (scale(high) - scale(low)) : 0.5;
  }

  x(place) {
    const { length } = this.data.axes;
    return SIDE + (place * (WIDE - 2 * SIDE)) / Math.max(1, length - 1);
  }

  y(share) {
    return TALL - BOTTOM - share * (TALL - TOP - BOTTOM);
  }

  draw() {
    const { axes, text } = this.data, count = axes[0].values.length;
    this.svg.replaceChildren();
    this.svg.setAttribute("aria-label", text.label);
    this.lines = Array.from({ length: count }, (_, n) => {
      const places = axes.flatMap((axis, place) => {
        const value = axis.values[n];
        return value === null ? [] : [`${this.x(place).toFixed(1)} ${this.y(this.share(axis, value)).toFixed(1)}`];
      });
      return this.svg.appendChild(made("path", { class: "line", d: `M${places.join("L")}` }));
    });
    this.rails = axes.map((axis, place) => this.rail(axis, place));
  }

  rail(axis, place) {
    const { text } = this.data, x = this.x(place), facts = { class: "axis", tabindex: 0, role: "slider", "aria-label": axis.name };
    const group = this.svg.appendChild(made("g", facts));
    const write = (y, words, name) => {
      const label = group.appendChild(made("text", { x, y, "text-anchor": "middle", class: name }));
      label.textContent = words;
    };
    group.append(made("line", { class: "rail", x1: x, x2: x, y1: this.y(0), y2: this.y(1) }));
    group.append(made("rect", { class: "range", x: x - 7, width: 14, y: 0, height: 0 }));
    group.append(made("rect", { class: "hit", x: x - REACH, width: 2 * REACH, y: this.y(1), height: this.y(0) - this.y(1) }));
    write(12, axis.name, "name");
    write(TOP - 4, axis.shown[1], "end");
    write(TALL - BOTTOM + 13, axis.shown[0], "end");
    group.querySelector(".hit").onpointerdown = (event) => this.drag(event, place);
    group.ondblclick = () => this.clear(place);
    group.onkeydown = (event) => this.press(event, place);
    return group;
  }

  at(event) {
    const box = this.svg.getBoundingClientRect(), y = ((event.clientY - box.top) * TALL) / box.height;
    return clamp((this.y(0) - y) / (this.y(0) - this.y(1)), 0, 1);
  }

  drag(event, place) {
    const from = this.at(event), target = event.currentTarget;
    target.setPointerCapture(event.pointerId);
    target.onpointermove = (moved) => this.set(place, from, this.at(moved));
    target.onpointerup = () => {
      target.onpointermove = target.onpointerup = null;
      const [low, high] = this.ranges[place] ?? [0, 0];
      if (high - low < 0.01) this.clear(place);
      else this.send(this.ranges);
    };
  }

  set(place, one, other) {
    this.ranges = { ...this.ranges, [place]: [Math.min(one, other), Math.max(one, other)] };
    this.filter();
  }

  clear(place) {
    delete this.ranges[place];
    this.ranges = { ...this.ranges };
    this.filter();
    this.send(this.ranges);
  }

  press(event, place) {
    const step = { ArrowUp: STEP, ArrowDown: -STEP }[event.key], [low, high] = this.ranges[place] ?? [0, 1];
    if (event.key === "Escape") this.clear(place);
    else if (!step) return;
    else if (event.shiftKey) this.set(place, clamp(low + step, 0, high), high);
    else this.set(place, low, clamp(high + step, low, 1));
    event.preventDefault();
    if (step) this.send(this.ranges);
  }

  /* What lies in all ranges is in colour; the rest is pale. */
  filter() {
    const { axes, text } = this.data, ranges = Object.entries(this.ranges);
    let left = 0;
    this.lines.forEach((line, n) => {
      const inside = ranges.every(([place, [low, high]]) => {
        const value = axes[place].values[n];
        if (value === null) return false;
        const share = this.share(axes[place], value);
        return share >= low - 1e-9 && share <= high + 1e-9;
      });
      line.classList.toggle("out", !inside);
      if (inside) left++;
    });
    this.rails.forEach((rail, place) => {
      const [low, high] = this.ranges[place] ?? [0, 0], box = rail.querySelector(".range");
      box.setAttribute("y", this.y(high));
      box.setAttribute("height", this.y(low) - this.y(high));
      rail.setAttribute("aria-valuetext", this.ranges[place] ? `${Math.round(100 * low)}–${Math.round(100 * high)} %` : "–");
    });
    this.root.querySelector(".told").textContent = fill(ranges.length ? text.left : text.hint, { left, all: this.lines.length });
  }
}
