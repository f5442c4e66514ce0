/* What a mosaic draws at each level, for the canvas of this page: unpacked once and left at the window. */

export default async function ({ data }) {
  if (!data) return;
  const { header, packed, seal } = unwrap(data);
  if (window.bonsaiPlanes?.seal === seal) return;
  window.bonsaiPlanes = { seal, of: header.of, parts: cubes(await inflate(packed), header) };
  window.dispatchEvent(new Event("bonsai-planes"));
}
