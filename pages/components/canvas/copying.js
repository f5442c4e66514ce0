/* The address of what is on the page now: its link reopens the same state. */

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".copying");
  if (!root || !data) return undefined;
  const button = root.querySelector("button"), told = root.querySelector("span");
  button.textContent = data.text.copy;
  root.hidden = false; // until now its button had no name to be read out
  button.onclick = async () => {
    const address = location.href;
    // A page that came over http from another machine may not write to the clipboard: there the link is shown.
    const done = await navigator.clipboard?.writeText(address).then(() => true, () => false);
    told.textContent = done ? data.text.copied : address;
  };
  return undefined;
}
