// Where people write: Enter sends, Shift+Enter begins a new line, @ and / offer what can follow.

import { button, el, icon, iconButton, newId } from "./dom.js";

const TOKEN = /(?:^|\s)([@/][\p{L}\p{N}_]*)$/u;

export class Composer {
  #files = [];
  #choices = [];
  #chosen = 0;

  /**
   * `send(text, files)` resolves to whether it was sent; `offers()` lists { insert, note };
   * `editLast()` is called for the arrow up in an empty field.
   */
  constructor({ label, placeholder, send, offers = () => [], editLast = () => {}, accept = "" }) {
    this.send = send;
    this.offers = offers;
    const id = newId("offers");
    this.field = el("textarea", {
      rows: 1,
      placeholder,
      "aria-label": label,
      "aria-autocomplete": "list",
      "aria-controls": id,
      on: {
        input: () => this.#typed(),
        keydown: (event) => this.#key(event, editLast),
        blur: () => this.#offer([]),
        paste: (event) => this.#attach([...event.clipboardData.files], event),
      },
    });
    this.menu = el("div", { class: "offers", role: "listbox", id, "aria-label": "Suggestions", hidden: true });
    this.attached = el("div", { class: "attached" });
    this.picker = el("input", { type: "file", multiple: true, hidden: true, accept, "aria-label": "Files", on: { change: () => this.#picked() } });
    this.sender = el("button", { type: "button", class: "send", "aria-label": "Send", title: "Send (Enter)", on: { click: () => this.#submit() } }, icon("send"));
    this.above = el("div", { class: "above" });
    this.element = el(
      "div",
      { class: "composer", on: { dragover: (event) => event.preventDefault(), drop: (event) => this.#attach([...event.dataTransfer.files], event) } },
      this.above,
      this.menu,
      this.attached,
      el("div", { class: "row" }, iconButton("attach", "Attach files", () => this.picker.click()), this.picker, this.field, this.sender),
    );
    this.#typed();
  }

  focus() {
    this.field.focus();
  }

  insert(text) {
    this.field.setRangeText(text, this.field.selectionStart, this.field.selectionEnd, "end");
    this.#typed();
    this.focus();
  }

  describe(label, placeholder) {
    if (this.field.placeholder === placeholder) return;
    this.field.placeholder = placeholder;
    this.field.setAttribute("aria-label", label);
  }

  #typed() {
    this.field.style.setProperty("height", "auto");
    if (this.field.scrollHeight) this.field.style.setProperty("height", `${Math.min(this.field.scrollHeight, 180)}px`);
    this.sender.disabled = !this.field.value.trim() && !this.#files.length;
    const token = TOKEN.exec(this.field.value.slice(0, this.field.selectionStart))?.[1];
    const wanted = token?.toLowerCase();
    this.#offer(token ? this.offers().filter((each) => each.insert.toLowerCase().startsWith(wanted) && each.insert.toLowerCase() !== wanted) : []);
  }

  #key(event, editLast) {
    if (event.isComposing) return;
    if (this.#choices.length && this.#choose(event)) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === "ArrowUp" && !this.field.value) {
      event.preventDefault();
      editLast();
    }
  }

  /** Keys while suggestions are open; returns whether the key was used up. */
  #choose(event) {
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) {
      this.#chosen = (this.#chosen + steps[event.key] + this.#choices.length) % this.#choices.length;
      this.#offer(this.#choices, this.#chosen);
    } else if (event.key === "Enter" || event.key === "Tab") this.#take(this.#choices[this.#chosen]);
    else if (event.key === "Escape") this.#offer([]);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  #offer(choices, chosen = 0) {
    this.#choices = choices;
    this.#chosen = chosen;
    this.menu.hidden = !choices.length;
    this.menu.replaceChildren(
      ...choices.map((each, number) =>
        el(
          "div",
          { role: "option", id: `${this.menu.id}-${number}`, "aria-selected": String(number === chosen), on: { mousedown: (event) => { event.preventDefault(); this.#take(each); } } },
          el("strong", { text: each.insert }),
          el("span", { text: each.note ?? "" }),
        ),
      ),
    );
    if (choices.length) this.field.setAttribute("aria-activedescendant", `${this.menu.id}-${chosen}`);
    else this.field.removeAttribute("aria-activedescendant");
  }

  #take(choice) {
    const end = this.field.selectionStart;
    const start = end - TOKEN.exec(this.field.value.slice(0, end))[1].length;
    this.field.setRangeText(`${choice.insert} `, start, end, "end");
    this.#typed();
  }

  #attach(files, event) {
    if (!files.length) return;
    event.preventDefault();
    this.#files.push(...files);
    this.#showFiles();
  }

  #picked() {
    this.#files.push(...this.picker.files);
    this.picker.value = "";
    this.#showFiles();
    this.focus();
  }

  #showFiles() {
    this.attached.replaceChildren(
      ...this.#files.map((file) =>
        el("span", { class: "chip" }, icon("file"), file.name, iconButton("close", `Leave out ${file.name}`, () => { this.#files = this.#files.filter((each) => each !== file); this.#showFiles(); })),
      ),
    );
    this.#typed();
  }

  async #submit() {
    const text = this.field.value.trim();
    const files = this.#files;
    if (!text && !files.length) return;
    this.field.value = "";
    this.#files = [];
    this.#showFiles();
    if (await this.send(text, files)) return;
    this.field.value ||= text; // refused: nothing a person typed is lost
    this.#files = files;
    this.#showFiles();
  }
}

/** A message's text, to be changed in its place: Enter saves, Escape leaves it. */
export function editor(text, save, leave) {
  const field = el("textarea", {
    rows: Math.min(8, text.split("\n").length),
    "aria-label": "New wording",
    value: text,
    on: {
      keydown: (event) => {
        if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
          event.preventDefault();
          save(field.value);
        } else if (event.key === "Escape") {
          event.stopPropagation();
          leave();
        }
      },
    },
  });
  queueMicrotask(() => {
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  });
  return el("div", { class: "editor" }, field, el("div", { class: "row" }, button("Cancel", leave, { class: "quiet" }), button("Save", () => save(field.value), { class: "primary" })));
}
