/* The tree of all results: pointing at a leaf tells it and lights its way from dense; a click or Enter chooses it. */

const SHARP = 2; // pixels of a PNG for each unit of the picture

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".tree");
  if (!root || !data) return undefined;
  const view = (root.view ??= new Tree(root));
  view.choose = (key) => setTriggerValue("leaf", key);
  view.show(data);
  return undefined;
}

class Tree {
  constructor(root) {
    this.root = root;
    this.picture = root.querySelector(".picture");
    this.tip = root.querySelector(".tip");
    this.picture.onpointerover = ({ target }) => target.dataset.key !== undefined && this.point(target);
    this.picture.onclick = ({ target }) => target.dataset.key && this.choose(target.dataset.key);
    this.picture.onkeydown = (event) => this.press(event);
    for (const button of root.querySelectorAll(".take button")) button.onclick = () => this.take(button.dataset.as);
  }

  show(data) {
    this.picture.ariaLabel = data.text.label;
    this.name = data.name;
    this.root.classList.toggle("small", data.small);
    for (const button of this.root.querySelectorAll(".take button")) {
      button.title = data.text.take.replace("{form}", button.textContent);
    }
    if (data.svg === this.svg) return;
    this.svg = data.svg;
    const drawn = new DOMParser().parseFromString(data.svg, "image/svg+xml").documentElement;
    this.picture.replaceChildren(document.importNode(drawn, true));
    requestAnimationFrame(() => { // once it is laid out the trunk is in sight
      this.picture.scrollLeft = (this.picture.scrollWidth - this.picture.clientWidth) / 2;
    });
    this.leaves = [...this.picture.querySelectorAll("[data-key]")];
    this.wood = new Map([...this.picture.querySelectorAll("[data-to]")].map((one) => [one.dataset.to, one]));
    this.nodes = new Map([...this.picture.querySelectorAll("[data-place]")].map((one) => [one.dataset.place, one]));
    for (const leaf of this.leaves) { // told at once below the picture, where the browser's own hint would come late
      leaf.words = leaf.querySelector("title").textContent;
      leaf.querySelector("title").remove();
    }
    this.current = this.leaves.find((leaf) => leaf.classList.contains("chosen"));
    if (this.current) this.point(this.current);
    else this.tip.textContent = data.text.hint;
  }

  /* Tell a leaf, and light the wood that leads to it. */
  point(leaf) {
    for (const lit of this.picture.querySelectorAll(".lit")) lit.classList.remove("lit");
    this.current = leaf;
    this.tip.textContent = leaf.words;
    leaf.classList.add("lit");
    for (let place = leaf.dataset.place; place > 0; ) {
      const wood = this.wood.get(place);
      wood.classList.add("lit");
      place = wood.dataset.from;
    }
  }

  press(event) {
    const at = this.leaves.indexOf(this.current), { key } = event;
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: 10, ArrowDown: -10 }[key];
    if (step) this.point(this.leaves[(at + step + this.leaves.length) % this.leaves.length]);
    else if (key === "Home" || key === "End") this.point(this.leaves.at(key === "Home" ? 0 : -1));
    else if ((key === "Enter" || key === " ") && this.current) this.choose(this.current.dataset.key);
    else return;
    event.preventDefault();
  }

  /* A file of the picture as it stands alone, in daylight. */
  async take(form) {
    const alone = new Blob([this.svg], { type: "image/svg+xml" });
    if (form === "svg") return this.save(alone, "svg");
    const url = URL.createObjectURL(alone), image = new Image();
    image.src = url;
    await image.decode();
    const { width, height } = this.picture.querySelector("svg").viewBox.baseVal;
    const canvas = Object.assign(document.createElement("canvas"), { width: SHARP * width, height: SHARP * height });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    URL.revokeObjectURL(url);
    canvas.toBlob((blob) => this.save(blob, "png"));
    return undefined;
  }

  save(blob, ending) {
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob) });
    link.download = `${this.name}.${ending}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  }
}
