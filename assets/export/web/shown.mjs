/* Measured times as bars with a table beside them, and as a picture to take along. */

const LONGEST = 74; // letters of a model's name in a picture
const VERDICTS = { faster: "faster", slower: "slower", same: "no_difference", busy: "no_verdict" };

function ratio({ ratio: value, low, high, verdict }, { say, number }) {
  if (value === undefined) return "";
  return `${number(value, 2)}x ${say("interval", { low: number(low, 2), high: number(high, 2) })} · ${say(VERDICTS[verdict])}`;
}

/* groups: {way, rows} of each way that was measured; rows: {model, ms, ratio, low, high, verdict}, the dense one first. */
export function told(bars, table, groups, words) {
  const { say, number, made, language } = words, every = groups.flatMap(({ rows }) => rows);
  const longest = Math.max(...every.map(({ ms }) => ms)), named = groups.length > 1;
  bars.replaceChildren(...groups.flatMap(({ way, rows }) => [
    ...(named ? [made("h3", { text: way })] : []),
    ...rows.flatMap((row, place) => {
      const bar = made("div", { kind: place ? "bar" : "bar dense" }), box = made("div", {});
      bar.style.width = `${(100 * row.ms) / longest}%`;
      box.style.alignSelf = "center";
      box.append(bar);
      return [made("span", { text: row.model.sign }), box, made("span", { text: say("ms", { ms: row.ms }) })];
    }),
  ]));
  bars.ariaLabel = every.map((row) => `${row.model.name[language]}: ${say("ms", { ms: row.ms })}`).join("; ");
  table.hidden = false;
  const cells = (tag, texts) => {
    const line = made("tr", {});
    line.append(...texts.map((text) => made(tag, { text })));
    return line;
  };
  table.tHead.replaceChildren(cells("th", ["model", "ms_title", "against", "mb_title"].map((key) => say(key, { first: every[0].model.sign }))));
  table.tBodies[0].replaceChildren(...groups.flatMap(({ way, rows }) => rows.map((row) => cells("td", [
    [row.model.sign, row.model.name[language], ...(named ? [way] : [])].join(" · "), number(row.ms), ratio(row, words), number(row.model.mb),
  ]))));
}

/* A canvas of 1200 x 630 points, as posts take them. */
export function picture(title, { way, tokens, rows }, words) {
  const { say, language } = words, canvas = Object.assign(document.createElement("canvas"), { width: 1200, height: 630 });
  const pen = canvas.getContext("2d"), longest = Math.max(...rows.map(({ ms }) => ms));
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, 1200, 630);
  const write = (text, x, y, size, weight = 400, colour = "#1c2321") => {
    pen.font = `${weight} ${size}px system-ui, sans-serif`;
    pen.fillStyle = colour;
    pen.fillText(text, x, y, 1120);
  };
  write(title, 40, 76, 40, 700);
  write(`${say("picture", { tokens })}, ${way}`, 40, 120, 24, 400, "#55605c");
  const step = Math.min(120, 420 / rows.length), against = say("against", { first: rows[0].model.sign });
  rows.forEach((row, place) => {
    const y = 180 + place * step, name = row.model.name[language];
    const short = name.length > LONGEST ? `${name.slice(0, LONGEST - 1)}…` : name;
    write(`${row.model.sign} · ${short} · ${say("ms", { ms: row.ms })}`, 40, y, 24, 600);
    pen.fillStyle = place ? "#2f6b4f" : "#6b7280";
    pen.fillRect(40, y + 12, (1120 * row.ms) / longest, step / 3);
    if (place) write(`${against}: ${ratio(row, words)}`, 40, y + 12 + step / 3 + 24, 20, 400, "#55605c");
  });
  write(`BERT Bonsai · ${new Date().toLocaleDateString(language)} · ${navigator.userAgent}`, 40, 612, 15, 400, "#55605c");
  return canvas;
}
