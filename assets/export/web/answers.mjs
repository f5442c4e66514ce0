/* What the numbers of a model mean, as a card beside the others: a label, several labels, or a number. */

/* logits -> {labels, shares}: how sure the model is of each label, of several labels each by itself. */
export function shares(logits, head) {
  if (head === "multi-label") return logits.map((value) => 1 / (1 + Math.exp(-value)));
  const most = Math.max(...logits), parts = logits.map((value) => Math.exp(value - most));
  const sum = parts.reduce((a, b) => a + b, 0);
  return parts.map((part) => part / sum);
}

export function meaning(logits, { head, labels }) {
  if (head === "regression") return { value: logits[0] };
  const found = shares(logits, head);
  if (head === "multi-label") return { names: labels.filter((_, place) => found[place] > 0.5) };
  const best = found.indexOf(Math.max(...found));
  return { name: labels[best], share: found[best] };
}

/* A card a model; the first is dense, and those that answer otherwise are marked. */
export function answers(models, found, facts, { say, number, made, called, language }) {
  const meant = found.map(({ logits }) => meaning(logits, facts));
  const words = meant.map((one) => inWords(one, { say, number, called }));
  return models.map((model, place) => {
    const card = made("article", { kind: place && words[place] !== words[0] ? "differs" : "" });
    const { share } = meant[place], { ms, cut } = found[place];
    card.append(made("h2", { text: `${model.sign} · ${model.name[language]}` }), made("div", { text: words[place], kind: "label" }));
    const small = [share === undefined ? "" : say("sure", { share: 100 * share }), say("took", { ms }), say("mb", { mb: model.mb })];
    card.append(made("div", { text: small.filter(Boolean).join(" · "), kind: "small" }));
    if (!model.good) card.append(made("div", { text: say("not_good"), kind: "small" }));
    if (cut) card.append(made("div", { text: say("cut", { most: facts.max_tokens }), kind: "small" }));
    if (place && words[place] !== words[0]) card.append(made("div", { text: say("differs", { first: models[0].sign }), kind: "small" }));
    return card;
  });
}

function inWords(meant, { say, number, called }) {
  if ("value" in meant) return number(meant.value, 2);
  if ("names" in meant) return meant.names.length ? meant.names.map(called).join(", ") : say("none");
  return called(meant.name);
}
