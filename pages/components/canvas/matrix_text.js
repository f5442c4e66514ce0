/* What is seen of a matrix and what is pointed at, in words and in marks around it. */

const headName = ({ headNames }, head) => headNames?.[head] ?? String(head + 1);

function fieldWords({ name, header }, field, share) {
  const kept = `${percent(share)} %`;
  return name === "head" ? `${fill(header.text.headName, { head: headName(header, field) })}: ${kept}` : kept;
}

/* First and last row and column, from zero and without the last, of what is marked around a weight. */
function fieldAt({ name, header: { rows, columns }, grids: [{ down, across }] }, { row, column }) {
  if (name !== "block" && name !== "head") return [row, row + 1, column, column + 1];
  const top = Math.floor(row / down) * down, left = Math.floor(column / across) * across;
  return [top, Math.min(rows, top + down), left, Math.min(columns, left + across)];
}

/* First and last row and column on the canvas, from zero and without the last. */
function seen(view) {
  const { x, y, room, header: { rows, columns } } = view;
  return [...shown(view, y, room.y, rows, 1), ...shown(view, x, room.x, columns, 1)];
}

/* Lays the paper below the matrix, the mark around what is pointed at, and the window in the small map. */
function mark(view) {
  const { header: { rows, columns }, scale, x, y, room, dpr, spot, name, marker, map, pane, root } = view;
  const lay = (element, [top, bottom, left, right]) => {
    const l = Math.max(0, x + left * scale), t = Math.max(0, y + top * scale);
    const wide = Math.min(room.x, x + right * scale) - l, tall = Math.min(room.y, y + bottom * scale) - t;
    put(element, ...[l, t, Math.max(0, wide), Math.max(0, tall)].map((pixels) => pixels / dpr));
  };
  const zoomed = scale > view.fit, [top, bottom, left, right] = seen(view), small = 84 / Math.max(rows, columns);
  lay(view.paper, [0, rows, 0, columns]);
  view.cells.toggleAttribute("data-zoomed", zoomed);
  // Between small weights a hatch would be one more pattern: there zero is the bare paper.
  root.toggleAttribute("data-bare", scale < 6 * dpr && (name === "weight" || name === "lines"));
  marker.hidden = !spot;
  if (spot) lay(marker, fieldAt(view, spot));
  // A weight of a pixel or two is marked by a ring around it.
  const grow = name === "weight" || name === "lines" ? Math.max(0, 3.5 - scale / dpr / 2) : 0;
  marker.style.setProperty("--grow", `${-grow}px`);
  map.hidden = !zoomed;
  map.style.width = `${Math.max(12, columns * small)}px`;
  map.style.height = `${Math.max(12, rows * small)}px`;
  const sizes = { width: (right - left) / columns, height: (bottom - top) / rows };
  for (const [side, part] of Object.entries({ left: left / columns, top: top / rows, ...sizes })) {
    pane.style[side] = `${100 * part}%`;
  }
}

/* What is pointed at, in words: a weight, a block, a row and a column, or a head. */
function describe(view, { row, column }) {
  const { header, name, grids, sieved, bits } = view, { label, text, columns, rows, heads, headAxis } = header;
  const [top, bottom, left, right] = fieldAt(view, { row, column }), [{ down, across, wide, shares }] = grids;
  const share = shares[Math.floor(row / down) * wide + Math.floor(column / across)];
  const i = row * columns + column, state = sieved.codes[i] >= sieved.floor ? text.kept : text.zero;
  const along = headAxis === "columns" ? column / columns : row / rows;
  const head = heads && headName(header, Math.floor(along * heads + 1e-9));
  const values = { label, state, head, row: row + 1, column: column + 1 };
  Object.assign(values, { value: minus(Number(half(bits[i]).toPrecision(4))) });
  Object.assign(values, { top: top + 1, bottom, left: left + 1, right, percent: percent(share) });
  if (name === "block") return fill(text.hoverBlock, values);
  if (name === "head") return fill(text.hoverStripe, values);
  if (name === "weight") return fill(heads ? text.hoverHead : text.hover, values);
  const [rowPercent, columnPercent] = [shares[row], grids[1].shares[column]].map(percent);
  return fill(text.hoverLines, { ...values, rowPercent, columnPercent });
}

function tell(view) {
  const { header, grids, scale, spot } = view, { text, rows, columns } = header, n = shared(scale);
  const [{ kept }] = grids, total = rows * columns, [top, bottom, left, right] = seen(view);
  const words = fill(text.window, { top: top + 1, bottom, left: left + 1, right });
  const facts = { percent: percent(kept / total), kept: grouped(kept), total: grouped(total) };
  view.share.textContent = fill(text.share, facts);
  view.window.textContent = n > 1 && view.name === "weight" ? `${words} · ${fill(text.mean, { side: n })}` : words;
  view.readout.textContent = spot ? describe(view, spot) : fill(text.picture, header);
  mark(view);
}
