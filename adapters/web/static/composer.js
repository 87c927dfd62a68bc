// Where a visitor writes: the field, files to go along, Send and Stop.

import { button, el, icon, iconButton } from "./dom.js";
import { Recorder } from "./recorder.js";

export class Composer {
  /** `say(text, files)` sends; `stop()` stops the answer; `complain(sentence)` tells what is wrong. */
  constructor({ words, files, say, stop, complain }) {
    Object.assign(this, { words, files, say, complain });
    this.limits = { text: 4000, files: 5, bytes: Infinity }; // until the server has told
    this.types = null;
    this.attached = [];
    this.field = el("textarea", {
      id: "field",
      rows: 1,
      placeholder: words.placeholder,
      enterkeyhint: "send",
      on: { keydown: (event) => this.key(event), input: () => this.fit(), paste: (event) => this.take(event.clipboardData.files, event) },
    });
    this.picker = el("input", { type: "file", multiple: true, hidden: true, on: { change: () => this.picked() } });
    this.chips = el("ul", { class: "chips" });
    this.recorder = new Recorder({ words, done: (file) => this.add([file]), complain });
    this.stopper = iconButton("stop", words.stop, stop, { hidden: true });
    this.node = el(
      "div",
      { class: "composer" },
      this.chips,
      el("label", { for: "field", class: "hidden", text: words.write }),
      el(
        "div",
        { class: "row" },
        iconButton("attach", words.attach, () => this.picker.click()),
        this.field,
        this.recorder.node,
        this.stopper,
        iconButton("send", words.send, () => this.submit(), { class: "icon primary" }),
      ),
      this.picker,
    );
    this.listenForDrops(document);
  }

  /** Files may be dropped anywhere on the page. */
  listenForDrops(page) {
    const mark = (isOver) => page.body.classList.toggle("dropping", isOver);
    page.addEventListener("dragover", (event) => {
      event.preventDefault();
      mark(true);
    });
    page.addEventListener("dragleave", () => mark(false));
    page.addEventListener("drop", (event) => {
      event.preventDefault();
      mark(false);
      this.take(event.dataTransfer.files, event);
    });
  }

  configure({ limits, types }) {
    this.limits = limits;
    this.types = new Set(types);
    this.picker.accept = types.join(",");
    this.field.maxLength = limits.text;
  }

  key(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.submit();
  }

  submit() {
    const text = this.field.value.trim();
    if (text.length > this.limits.text) return this.complain(this.words.tooLong(this.limits.text));
    if (this.attached.some((each) => !each.kept) || !(text || this.attached.length)) return undefined;
    this.complain("");
    this.say(text, this.attached.map((each) => each.kept));
    this.attached = [];
    this.field.value = "";
    this.fit();
    this.show();
    return this.field.focus();
  }

  /** As high as the text, up to a third of the window. */
  fit() {
    this.field.style.setProperty("height", "auto");
    this.field.style.setProperty("height", `${Math.min(this.field.scrollHeight + 2, innerHeight / 3)}px`);
  }

  picked() {
    this.add([...this.picker.files]);
    this.picker.value = "";
  }

  take(list, event) {
    if (!list.length) return;
    event.preventDefault();
    this.add([...list]);
  }

  add(files) {
    const { words, limits } = this;
    for (const file of files) {
      if (this.attached.length >= limits.files) return this.complain(words.tooMany(limits.files));
      if (this.types && !this.types.has(file.type)) this.complain(words.wrongType(file.name));
      else if (file.size > limits.bytes) this.complain(words.tooLarge(file.name, limits.bytes >> 20));
      else this.send({ file, kept: null });
    }
    return undefined;
  }

  async send(entry) {
    this.attached.push(entry);
    entry.bar = el("progress", { "aria-label": this.words.uploading(entry.file.name), max: 1, value: 0 });
    this.show();
    try {
      entry.kept = await this.files.send(entry.file, (share) => (entry.bar.value = share));
    } catch (status) {
      this.drop(entry);
      this.complain(this.reason(status, entry.file));
    }
    this.show();
  }

  reason(status, { name }) {
    if (status === 413) return this.words.full(name);
    if (status === 415) return this.words.wrongType(name);
    return status === 429 ? this.words.tooOften(name) : this.words.uploadFailed(name);
  }

  /** What could not be sent, to be changed and sent again. */
  restore(text) {
    this.field.value ||= text;
    this.fit();
  }

  drop(entry) {
    this.attached = this.attached.filter((each) => each !== entry);
    this.show();
  }

  show() {
    this.chips.replaceChildren(
      ...this.attached.map((entry) =>
        el(
          "li",
          { "aria-busy": !entry.kept && "true" },
          icon("file"),
          el("span", { text: entry.file.name }),
          !entry.kept && entry.bar,
          button("×", () => this.drop(entry), { "aria-label": this.words.remove(entry.file.name) }),
        ),
      ),
    );
  }
}
