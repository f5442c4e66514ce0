/* The slider of Slide and Matrices: the user moves it, or Python does, and only its release tells Python. */

const KEY_PAUSE = 150; // ms: a held arrow key is one change, not twenty
const USER_WINS = 3000; // ms after an input in which Python does not move the slider

class SliderView {
  listen() {
    const { slider } = this;
    slider.oninput = () => this.slide();
    slider.onchange = () => this.commit();
    slider.onkeydown = slider.onpointerdown = ({ key }) => Object.assign(this, { keyed: !!key, held: !key });
    slider.onpointerup = slider.onpointercancel = () => (this.held = false);
  }

  /* The amount of a new header, before it becomes the view's own. */
  receive({ amount }, maximum) {
    const busy = this.held || performance.now() - this.touched < USER_WINS;
    this.slider.max = maximum;
    if (!this.header || (!busy && amount !== this.header.amount)) {
      this.slider.value = amount;
      this.reported = null;
    }
  }

  touch() {
    this.touched = performance.now();
    clearTimeout(this.timer);
  }

  tellOthers() {
    window.dispatchEvent(new CustomEvent("bonsai-amount", { detail: this.slider.valueAsNumber }));
  }

  commit() {
    this.held = false;
    const amount = this.slider.valueAsNumber, report = () => this.setStateValue("amount", (this.reported = amount));
    clearTimeout(this.timer);
    if (amount !== this.reported) this.timer = setTimeout(report, this.keyed ? KEY_PAUSE : 0);
  }
}
