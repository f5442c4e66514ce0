/* The four pictures of one matrix: single weights, blocks, rows and columns, heads. A view says what is shown where:
   scale is device pixels a weight, x and y are where the first weight lies, room is the canvas without its bars. */

const GUTTER = 64; // CSS pixels for the bars of rows and columns
const PRINTED = 28; // CSS pixels of a weight from where on its value is printed
const SPREAD = 0.7; // power of a weight's strength
const SHARED = 8; // weights along the side of one pixel, at most

function half(bits) {
  const power = (bits >> 10) & 31, rest = bits & 1023;
  return (bits & 0x8000 ? -1 : 1) * (power ? 2 ** (power - 25) * (1024 + rest) : rest * 2 ** -24);
}

/* float16 bits -> shade: 255 is a largest positive weight, 0 a largest negative one, and small ones are spread so that
   they are seen. The largest of a matrix is what one weight in a thousand passes, found by counting: the bits of a
   magnitude order as the magnitude does. */
function shadeTable(bits) {
  const counts = new Uint32Array(0x8000), table = new Uint8Array(0x10000);
  for (let i = 0; i < bits.length; i++) counts[bits[i] & 0x7fff]++;
  let top = 0x7bff;
  for (let left = bits.length / 1000; top > 1 && (left -= counts[top]) >= 0; ) top--;
  for (let i = 0; i < 0x8000; i++) {
    const strength = Math.round(127 * Math.min(1, half(i) / half(top)) ** SPREAD);
    table[i] = 128 + strength;
    table[i | 0x8000] = 127 - strength;
  }
  return table;
}

/* Shade -> one kept weight and its strength 0..31, in the field of its sign: such numbers add up without a branch. */
const TALLIES = Int32Array.from({ length: 256 }, (_, shade) =>
  shade > 127 ? 1 | (((shade - 128) >> 2) << 7) : 1 | (((127 - shade) >> 2) << 18));

/* What stays of the slider's level, as codes of which those of at least `floor` are kept. */
function sieve({ header, codes, mask }, level) {
  const { kind, rows, columns } = header;
  if (kind !== "lines") return { codes, floor: level };
  const line = codes.subarray(LEVELS * rows + level * columns, LEVELS * rows + (level + 1) * columns);
  mask.fill(0);
  for (let row = 0; row < rows; row++) if (codes[level * rows + row]) mask.set(line, row * columns);
  return { codes: mask, floor: 1 };
}

/* How many weights each field keeps at each level, counted once: a level is then only looked up. */
function countFields({ header: { kind, rows, columns }, codes }, [down, across]) {
  const wide = Math.ceil(columns / across), counts = new Uint32Array(Math.ceil(rows / down) * wide * LEVELS);
  const field = (row, column) => (Math.floor(row / down) * wide + Math.floor(column / across)) * LEVELS;
  if (kind === "lines") {
    const lines = (start, count, size) => (level, first) =>
      sum(codes.subarray(start + level * count + first, start + level * count + Math.min(count, first + size)));
    const inRows = lines(0, rows, down), inColumns = lines(LEVELS * rows, columns, across);
    for (let level = 0; level < LEVELS; level++) {
      for (let column = 0; column < columns; column += across) {
        for (let row = 0, kept = inColumns(level, column); row < rows; row += down) {
          counts[field(row, column) + level] = kept * inRows(level, row);
        }
      }
    }
    return counts;
  }
  for (let row = 0, i = 0; row < rows; row++) {
    for (let column = 0; column < columns; ) {
      const end = Math.min(columns, column + across), at = field(row, column);
      for (; column < end; column++) counts[at + codes[i++]]++;
    }
  }
  // A weight of a rank is kept at this level and at all before.
  for (let i = counts.length - 2; i >= 0; i--) if (i % LEVELS !== LEVELS - 1) counts[i] += counts[i + 1];
  return counts;
}

/* The share of kept weights in each field of so many rows and columns. */
function grid(view, [down, across], level) {
  const { rows, columns } = view.header, wide = Math.ceil(columns / across);
  const counts = (view.counts[`${down} ${across}`] ??= countFields(view, [down, across]));
  const side = (at, size, all) => Math.min(size, all - at * size);
  const shares = new Float64Array(counts.length / LEVELS);
  let kept = 0;
  for (let i = 0; i < shares.length; i++) {
    const count = counts[i * LEVELS + level];
    shares[i] = count / (side(Math.floor(i / wide), down, rows) * side(i % wide, across, columns));
    kept += count;
  }
  return { down, across, wide, kept, shares };
}

/* How many rows and columns a field of a view has; the view of lines has two kinds of fields. */
function fieldsOf({ rows, columns, block, heads, headAxis }, view) {
  if (view === "block") return [[block, block]];
  if (view === "lines") return [[1, columns], [rows, 1]];
  if (view === "head") return [headAxis === "columns" ? [rows, columns / heads] : [rows / heads, columns]];
  return [[rows, columns]];
}

/* The weights that share a pixel, along its side. */
const shared = (scale) => (scale < 1 ? clamp(Math.floor(1 / scale + 1e-6), 1, SHARED) : 1);

/* First and last line that the canvas shows, in whole steps from the matrix' first line. */
function shown({ scale }, at, room, count, step) {
  const first = Math.floor(Math.max(0, -at) / scale / step) * step;
  return [first, Math.min(count, Math.ceil(Math.max(0, room - at) / scale / step) * step)];
}

/* The part of the canvas that the matrix covers. */
function covered({ header, scale, x, y, room }) {
  const right = Math.min(room.x, x + header.columns * scale), bottom = Math.min(room.y, y + header.rows * scale);
  return { left: Math.max(0, x), top: Math.max(0, y), right, bottom };
}

/* Copies a buffer's pixels, each of so many weights, to where its first weight lies. */
function paste(context, view, frame, [left, top], across, down = across) {
  const { scale, x, y } = view, { canvas } = frame, box = covered(view), side = across * scale;
  frame.context.putImageData(frame.image, 0, 0);
  context.save();
  context.beginPath();
  context.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  context.clip(); // the last field may be a part of one
  context.imageSmoothingEnabled = side < 4 && Math.abs(side - Math.round(side)) > 1e-6;
  context.drawImage(canvas, x + left * scale, y + top * scale, canvas.width * side, canvas.height * down * scale);
  context.restore();
}

/* Lines of paper between fields that have the room for them. */
function cut(context, view, [first, last], [begin, end], across, down) {
  const { scale, x, y, theme } = view, { left, top, right, bottom } = covered(view);
  context.fillStyle = theme.sheet;
  for (let c = first + across; c < last && across * scale >= 8; c += across) {
    context.fillRect(Math.round(x + c * scale) - 1, top, 1, bottom - top);
  }
  for (let r = begin + down; r < end && down * scale >= 8; r += down) {
    context.fillRect(left, Math.round(y + r * scale) - 1, right - left, 1);
  }
}

/* Letters of so many CSS pixels, around the middle of where they are put. */
function write(context, { dpr, theme }, weight, size) {
  const font = `${weight} ${size * dpr}px ${theme.font}`;
  Object.assign(context, { font, textAlign: "center", textBaseline: "middle" });
}

/* A colour that can be read on this one, given as a pixel. */
function inkOn(pixel) {
  const [r, g, b] = [0, 8, 16].map((shift) => (((pixel >> shift) & 255) / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b < 0.2 ? "#fff" : "#10181a";
}

/* A kept weight has the colour of its sign, stronger the larger it is; one that is zero is clear, down to the paper. */
function drawWeights(context, view) {
  const { header: { rows, columns }, scale, x, y, room } = view, n = shared(scale);
  const across = shown(view, x, room.x, columns, n), down = shown(view, y, room.y, rows, n);
  const width = Math.ceil((across[1] - across[0]) / n), height = Math.ceil((down[1] - down[0]) / n);
  if (view.frame?.canvas.width !== width || view.frame.canvas.height !== height) view.frame = buffer(width, height);
  if (n === 1) colourWeights(view, across, down);
  else mixWeights(view, across, down, n);
  paste(context, view, view.frame, [across[0], down[0]], n);
  cut(context, view, across, down, 1, 1);
  if (view.name === "weight" && scale >= PRINTED * view.dpr) printWeights(context, view, across, down);
}

function colourWeights({ header: { columns }, sieved, shades, signs, frame }, [left, right], [top, bottom]) {
  const { codes, floor } = sieved, { pixels } = frame;
  for (let row = top, to = 0; row < bottom; row++) {
    for (let i = row * columns + left, end = row * columns + right; i < end; i++) {
      pixels[to++] = codes[i] >= floor ? signs[shades[i]] : 0;
    }
  }
}

/* Where weights share a pixel it is their mean: as clear as many of them are zero, in the mean colour of the others. */
function mixWeights({ header: { columns }, sieved, shades, mix, frame }, [left, right], [top, bottom], n) {
  const { codes, floor } = sieved, { canvas, pixels } = frame, { zero, plus, minus } = mix, below = floor - 1;
  const totals = new Int32Array(canvas.width);
  for (let row = top, to = 0; row < bottom; row += n) {
    const low = Math.min(row + n, bottom);
    totals.fill(0);
    for (let r = row; r < low; r++) {
      for (let x = 0, i = r * columns + left, last = r * columns + right; i < last; x++) {
        let total = 0;
        for (const end = Math.min(i + n, last); i < end; i++) {
          total += TALLIES[shades[i]] & ((below - codes[i]) >> 31); // all bits of a kept one, none of another
        }
        totals[x] += total;
      }
    }
    for (let x = 0; x < totals.length; x++) {
      const total = totals[x], kept = total & 127, up = ((total >>> 7) & 2047) / kept, under = (total >>> 18) / kept;
      const red = zero[0] + up * plus[0] + under * minus[0], green = zero[1] + up * plus[1] + under * minus[1];
      const blue = zero[2] + up * plus[2] + under * minus[2];
      const share = Math.round((255 * kept) / ((low - row) * Math.min(n, right - left - x * n)));
      pixels[to++] = kept && ((share << 24) | (blue << 16) | (green << 8) | red);
    }
  }
}

function printWeights(context, view, [left, right], [top, bottom]) {
  const { header: { columns }, sieved: { codes, floor }, bits, shades, signs, scale, x, y } = view;
  write(context, view, "", 10);
  for (let row = top; row < bottom; row++) {
    for (let column = left, i = row * columns + left; column < right; column++, i++) {
      if (codes[i] < floor) continue;
      context.fillStyle = inkOn(signs[shades[i]]);
      const value = minus(half(bits[i]).toFixed(3)).replace("0.", "."); // three places fit; the readout says all
      context.fillText(value, x + (column + 0.5) * scale, y + (row + 0.5) * scale);
    }
  }
}

/* Each block or head in the colour of its density, with its words where there is room. */
function drawFields(context, view) {
  const { header, scale, x, y, room, ramp, dpr, theme, grids: [{ down, across, wide, shares }] } = view;
  const [left, right] = shown(view, x, room.x, header.columns, across);
  const [top, bottom] = shown(view, y, room.y, header.rows, down);
  const frame = buffer(Math.ceil((right - left) / across), Math.ceil((bottom - top) / down));
  const each = (act) => {
    for (let row = Math.round(top / down), i = 0; row * down < bottom; row++) {
      for (let c = Math.round(left / across); c * across < right; c++) act(row, c, row * wide + c, i++);
    }
  };
  const colour = (share) => share && ramp[Math.max(1, Math.round(share * 255))];
  each((row, column, field, i) => (frame.pixels[i] = colour(shares[field])));
  paste(context, view, frame, [left, top], across, down);
  cut(context, view, [left, right], [top, bottom], across, down);
  if (Math.min(across, down) * scale < (view.name === "head" ? 15 : 34) * dpr) return;
  write(context, view, "600", 12);
  // The words stand in the middle of what is seen of a field, turned where it is a narrow column.
  const part = (from, length, space) => [Math.max(0, from), Math.min(space, from + length)];
  each((row, column, field) => {
    const text = fieldWords(view, field, shares[field]), width = context.measureText(text).width + 8 * dpr;
    const [l, r] = part(x + column * across * scale, across * scale, room.x);
    const [t, b] = part(y + row * down * scale, down * scale, room.y), turned = r - l < width && b - t >= width;
    if (Math.min(r - l, b - t) < 15 * dpr || (r - l < width && !turned)) return;
    context.save();
    context.translate((l + r) / 2, (t + b) / 2);
    if (turned) context.rotate(-Math.PI / 2);
    if (!shares[field]) { // paper below the words: a hatch is hard to read on
      context.fillStyle = theme.sheet;
      context.fillRect(-width / 2, -9 * dpr, width, 18 * dpr);
    }
    context.fillStyle = shares[field] ? inkOn(colour(shares[field])) : theme.ink;
    context.fillText(text, 0, dpr);
    context.restore();
  });
}

/* The matrix, faint, with a bar for each row on its right and for each column below it. */
function drawLines(context, view) {
  const { header, grids, scale, x, y, room, dpr, theme, accent } = view, long = (GUTTER - 14) * dpr;
  drawWeights(context, view);
  const { left, top, right, bottom } = covered(view), gap = 6 * dpr, middle = bottom + gap + 5 * dpr;
  Object.assign(context, { fillStyle: theme.sheet, globalAlpha: 0.5 });
  context.fillRect(left, top, right - left, bottom - top);
  const strip = (across, { shares }, at, count, size, start) => {
    const [first, last] = shown(view, at, size, count, shared(scale)), line = scale >= 8 ? 1 : 0;
    const begin = Math.max(0, at), end = Math.min(size, at + count * scale);
    const edge = (i) => clamp(Math.floor(at + i * scale + 1e-6), begin, end);
    const box = (from, length, width) =>
      across ? context.fillRect(from, start, width, length) : context.fillRect(start, from, length, width);
    Object.assign(context, { fillStyle: theme.ink, globalAlpha: 0.09 });
    box(begin, long, end - begin);
    Object.assign(context, { fillStyle: accent, globalAlpha: 1 });
    for (let from = first, to = first; from < last; from = to) {
      while (to < last && (to === from || edge(to) === edge(from))) to++; // those that share a pixel are their mean
      const mean = sum(shares.subarray(from, to)) / (to - from);
      if (mean) box(edge(from), Math.max(mean * long, 1), edge(to) - edge(from) - line);
    }
  };
  strip(false, grids[0], y, header.rows, room.y, right + gap);
  strip(true, grids[1], x, header.columns, room.x, bottom + gap);
  // One origin in the corner serves both scales.
  write(context, view, "", 11);
  context.fillStyle = theme.ink;
  const ticks = [["0", "left", 0, middle], ["100 %", "right", long, middle], ["100 %", "left", 0, bottom + gap + long]];
  for (const [words, textAlign, over, under] of ticks) {
    context.textAlign = textAlign;
    context.fillText(words, right + gap + over, under - (under > middle ? 4 * dpr : 0));
  }
}
