/* A text, or a pair of texts, as the numbers that a model reads: cut where it is longer than the model takes, as the
   tokenizers library of the desktop cuts it. */

/* tokenizer: of @huggingface/tokenizers. texts: one or two. Returns {ids, types, cut}. */
export function encode(tokenizer, texts, most) {
  const whole = full(tokenizer, texts);
  if (whole.ids.length <= most) return { ...whole, cut: false };
  const parts = texts.map((text) => tokenizer.encode(text, { add_special_tokens: false }).ids);
  const kept = lengths(parts.map((part) => part.length), most - (whole.ids.length - parts.flat().length));
  const stays = []; // places in the whole that are left
  let at = 0;
  for (const [number, part] of parts.entries()) {
    const start = find(whole.ids, part, at);
    for (; at < start + kept[number]; at += 1) stays.push(at);
    at = start + part.length;
  }
  for (; at < whole.ids.length; at += 1) stays.push(at);
  return { ids: stays.map((place) => whole.ids[place]), types: stays.map((place) => whole.types[place]), cut: true };
}

function full(tokenizer, [text, pair = null]) {
  // an empty second text is none for the library, whereas the desktop's ends it with one more special token
  const found = tokenizer.encode(text, { text_pair: pair, return_token_type_ids: true });
  return { ids: [...found.ids], types: [...(found.token_type_ids ?? found.ids.map(() => 0))] };
}

/* Where a part begins among ids, at `from` or later. */
function find(ids, part, from) {
  for (let start = from; start + part.length <= ids.length; start += 1) {
    if (part.every((id, place) => ids[start + place] === id)) return start;
  }
  return from;
}

/* How much of each text stays of so many tokens: the longer of two gives way first. */
export function lengths(counts, room) {
  if (counts.length === 1) return [Math.min(counts[0], room)];
  const [shorter, longer] = counts[0] > counts[1] ? [counts[1], counts[0]] : counts;
  const half = shorter > room ? [longer, longer] : [shorter, Math.max(shorter, room - shorter)];
  const kept = half[0] + half[1] > room ? [Math.floor(room / 2), Math.floor(room / 2) + (room % 2)] : half;
  return counts[0] > counts[1] ? [kept[1], kept[0]] : kept;
}
