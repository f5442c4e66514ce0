/* All single weights of a model for whoever draws them on this page: unpacked once and left at the window. */

export default async function ({ data }) {
  if (!data) return;
  const { header, packed, seal } = unwrap(data);
  if (window.bonsaiWeights?.seal === seal) return;
  const body = await inflate(packed), { kind } = header, matrices = new Map();
  let i = 0;
  for (const { name, rows, columns } of header.matrices) {
    const size = kind === "lines" ? LEVELS * (rows + columns) : rows * columns;
    matrices.set(name, { kind, rows, columns, kept: body.subarray(i, (i += size)) });
  }
  window.bonsaiWeights = { seal, of: header.of, matrices };
  window.dispatchEvent(new Event("bonsai-weights"));
}
