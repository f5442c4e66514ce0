/* What the drawn components share; each is one script, put together from its files. */

const LEVELS = 101;
const valueOf = (values) => (_, name) => values[name] ?? "";
const fill = (template, values) => (template ?? "").replace(/\{(\w+)\}/g, valueOf(values)).replaceAll(" %", "\u00a0%");
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const grouped = (number) => String(number).replace(/\B(?=(\d{3})+$)/g, "\u202f");
const minus = (text) => String(text).replaceAll("-", "\u2212");
const clamp = (number, least, most) => Math.max(least, Math.min(most, number));

/* "0" and "100" are said only where they are exact. */
const percent = (share) =>
  share > 0 && share < 0.005 ? "<1" : share >= 0.995 && share < 1 ? ">99" : Math.round(share * 100);

const SVG = "http://www.w3.org/2000/svg";

/* An element of SVG with these attributes. */
function made(name, facts) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(facts)) element.setAttribute(key, value);
  return element;
}

function buffer(width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d"), image = context.createImageData(width, height);
  return { canvas, context, image, pixels: new Uint32Array(image.data.buffer) };
}

/* Byte -> colour, in even steps between the stops. */
function colourTable(stops) {
  const { context } = buffer(256, 1), gradient = context.createLinearGradient(0, 0, 256, 0);
  stops.forEach((colour, i) => gradient.addColorStop(i / (stops.length - 1), colour));
  context.fillStyle = gradient;
  context.fillRect(0, 0, 256, 1);
  return new Uint32Array(context.getImageData(0, 0, 256, 1).data.buffer);
}

/* Sets left, top, width, height in CSS pixels. */
function put(element, ...box) {
  ["left", "top", "width", "height"].forEach((side, i) => (element.style[side] = `${box[i]}px`));
}

/* The length of a payload's header, the header, and one zlib stream. It ends in the checksum of its content, so that
   length and checksum seal it: of a payload that comes again nothing is unpacked. */
function unwrap(bytes) {
  const end = 4 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true), packed = bytes.subarray(end);
  const text = new TextDecoder().decode(bytes.subarray(4, end)), seal = `${packed.length} ${packed.slice(-4)}`;
  return { header: JSON.parse(text), packed, seal, payload: text + seal };
}

async function inflate(packed) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/* Undoes a mosaic in place: each level of a cube comes as what it loses against the one before. */
function cubes(body, { matrices }) {
  let i = 0;
  return matrices.map((matrix) => {
    const area = matrix.down * matrix.across, cube = i, first = i + area, end = i + LEVELS * area;
    for (; i < end; i++) body[i] = (i < first ? 255 : body[i - area]) - body[i];
    return { ...matrix, plane: (level) => body.subarray(cube + level * area, cube + (level + 1) * area) };
  });
}

/* The page's colours behind a root: Streamlit gives them as variables, and says nothing of light and dark. */
function themeOf(root) {
  const style = getComputedStyle(root), [r, g, b] = style.backgroundColor.match(/[\d.]+/g).map(Number);
  const read = (name) => style.getPropertyValue(name).trim();
  const scheme = 0.2126 * r + 0.7152 * g + 0.0722 * b < 128 ? "dark" : "light";
  const table = (name) => colourTable(read(name).split(/\s*,\s*/));
  return { scheme, read, table, ink: style.color, sheet: style.backgroundColor, font: style.fontFamily };
}
