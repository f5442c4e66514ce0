/* A text that is sent at each pause of typing: whoever types on replaces what was not sent yet. */

const PAUSE = 300; // ms

export default function ({ data, parentElement, setStateValue }) {
  const area = parentElement.querySelector(".typing textarea");
  if (!area || !data) return undefined;
  parentElement.querySelector(".typing span").textContent = data.label;
  area.maxLength = data.most;
  // Python's text counts when it is another one than it last said, as after a click on an example.
  if (area.given !== data.text && document.activeElement !== area) area.value = data.text;
  else if (data.fresh !== area.fresh) area.value = data.text;
  Object.assign(area, { given: data.text, fresh: data.fresh });
  area.oninput = () => {
    clearTimeout(area.timer);
    area.timer = setTimeout(() => setStateValue("text", area.value), PAUSE);
  };
  area.onchange = () => {
    clearTimeout(area.timer);
    setStateValue("text", area.value);
  };
  return undefined;
}
