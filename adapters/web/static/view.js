// The messages as elements. Those that look as before are left alone, so that focus and scrolling live on.

import { button, el, icon, iconButton, rendered } from "./dom.js";

export class View {
  /** `act` has what buttons do: say, press, judge, command, consult. */
  constructor({ words, files, act, complain }) {
    Object.assign(this, { words, files, act, complain });
    this.name = "";
    this.node = el("div", { class: "log", role: "log", "aria-live": "off", "aria-label": words.messages, tabindex: 0 });
    this.isAtEnd = true;
    this.node.addEventListener("scroll", () => {
      this.isAtEnd = this.node.scrollHeight - this.node.scrollTop - this.node.clientHeight < 40;
    });
  }

  /** Show a list of messages: { id, look, build }. */
  show(messages) {
    const before = new Map([...this.node.children].map((child) => [child.dataset.id, child]));
    let place = this.node.firstElementChild;
    for (const { id, look, build } of messages) {
      let node = before.get(id);
      before.delete(id);
      if (!node || node.dataset.look !== look) {
        const fresh = build();
        Object.assign(fresh.dataset, { id, look });
        if (node) {
          if (place === node) place = fresh;
          exchange(node, fresh);
        }
        node = fresh;
      }
      if (node === place) place = place.nextElementSibling;
      else this.node.insertBefore(node, place);
    }
    for (const gone of before.values()) gone.remove();
    if (this.isAtEnd) this.toEnd();
  }

  toEnd() {
    this.node.scrollTop = this.node.scrollHeight;
    this.isAtEnd = true;
  }

  greeting(nodes, suggestions) {
    const buttons = suggestions.map((text) => button(text, () => this.act.say(text)));
    return this.message("assistant", this.name, rendered(nodes), [
      buttons.length > 0 && el("div", { class: "ways", role: "group", "aria-label": this.words.suggestions }, buttons),
    ]);
  }

  visitor({ text, files }, isWaiting) {
    const shown = [...(text ? [el("p", { text })] : []), ...files.map((file) => this.file(file))];
    return this.message("visitor", this.words.you, shown, [isWaiting && el("p", { class: "state", text: this.words.sending })]);
  }

  growing({ doing, body }) {
    const sign = el("p", { class: "working" }, el("span", { text: doing || `${this.name} ${this.words.working}` }));
    const node = this.message("assistant growing", this.name, body.length ? rendered(body) : [sign], []);
    node.setAttribute("aria-busy", "true");
    return node;
  }

  answer(item, verdict) {
    return this.message("assistant", this.name, rendered(item.body), [
      ...item.files.map((file) => this.file(file)),
      item.sources.length > 0 && this.sources(item),
      item.choices.length > 0 && this.choices(item),
      item.chosen && el("p", { class: "state", text: `✓ ${item.chosen}` }),
      item.judgeable && this.judgement(item, verdict),
    ]);
  }

  message(kind, author, shown, below) {
    return el(
      "article",
      { class: kind, tabindex: -1 },
      el("h2", { class: "hidden", text: author }),
      shown.length > 0 && el("div", { class: "bubble" }, shown),
      below,
    );
  }

  sources(item) {
    const { words, act } = this;
    const lines = item.sources.map((each) =>
      el(
        "li",
        {},
        `[${each.number}] `,
        button(each.name, () => act.consult(each), { class: "read", "aria-label": `${words.read(each.number)}: ${each.name}` }),
      ),
    );
    return el("div", { class: "sources" }, el("h3", { text: words.sources }), el("ul", {}, lines));
  }

  choices(item) {
    const buttons = item.choices.map((each) => button(each.label, () => this.act.press(item, each)));
    return el("div", { class: "ways", role: "group", "aria-label": this.words.choices }, buttons);
  }

  judgement(item, verdict) {
    const { words, act } = this;
    const thumb = (name, label, value) =>
      iconButton(name, label, () => act.judge(item.turn, verdict === value ? "none" : value), { "aria-pressed": String(verdict === value) });
    return el(
      "div",
      { class: "judgement" },
      thumb("up", item.repeatable ? words.good : words.helpGood, "good"),
      thumb("down", item.repeatable ? words.bad : words.helpBad, "bad"),
      item.repeatable && iconButton("again", words.again, () => act.command("again", item.id)),
      item.sources.length > 0 && button(words.further, () => act.command("further", item.id), { class: "further" }),
    );
  }

  file(file) {
    const { words } = this;
    const save = async () => {
      try {
        el("a", { href: await this.files.address(file.id), download: file.name }).click();
      } catch {
        this.complain(words.downloadFailed(file.name));
      }
    };
    const node = el("div", { class: "file" }, el("button", { type: "button", "aria-label": words.download(file.name), on: { click: save } }, icon("file"), el("span", { text: file.name })));
    if (file.kind === "image") this.preview(file, node, (src) => el("img", { src, alt: file.name }));
    if (file.kind === "audio") this.preview(file, node, (src) => el("audio", { src, controls: true, "aria-label": file.name }));
    return node;
  }

  async preview(file, node, build) {
    try {
      node.prepend(build(await this.files.address(file.id)));
      if (this.isAtEnd) this.toEnd();
    } catch {
      // its name and the button to fetch it stand there all the same
    }
  }
}

/** Put `fresh` where `old` stands; what had the focus there keeps it, found again by its label. */
function exchange(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  old.replaceWith(fresh);
  if (!focused) return;
  const label = focused.getAttribute("aria-label") ?? focused.textContent;
  const same = [...fresh.querySelectorAll(focused.tagName)].find((each) => (each.getAttribute("aria-label") ?? each.textContent) === label);
  (same ?? fresh).focus({ preventScroll: true });
}
