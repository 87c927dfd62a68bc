// The playground's page: two chats side by side, and the tools beside them.

import { readiness } from "./api.js";
import { el, fill, icon, iconButton } from "./dom.js";
import { notices, notify } from "./notices.js";
import { SlackView } from "./slack/view.js";
import { TelegramView } from "./telegram/view.js";
import { Faults } from "./tools/faults.js";
import { help } from "./tools/help.js";
import { Inspector } from "./tools/inspector.js";
import { Session } from "./tools/session.js";
import { world } from "./world.js";

const VIEWS = { slack: SlackView, telegram: TelegramView };
const PEOPLE = { slack: ["U0ANA", "U0BEN"], telegram: [1001, 1002] };
const NAMES = { slack: "Slack", telegram: "Telegram" };
const LAYOUTS = [
  [["slack", "telegram"], "Both"],
  [["slack", "slack"], "2 × Slack"],
  [["telegram", "telegram"], "2 × Telegram"],
];

class App {
  #layout = 0;
  #active = 0;
  #tool = null;
  #tab = 0;
  #views = [];

  constructor() {
    this.tools = { inspector: new Inspector(() => this.#views[this.#active]?.newest()), faults: new Faults(), session: new Session() };
    this.layouts = el("div", { class: "tabs layouts", role: "group", "aria-label": "Chats" });
    this.toolButtons = el("div", { class: "tool-buttons", role: "group", "aria-label": "Tools" });
    this.model = el("p", { class: "model", role: "status" });
    this.errands = el("p", { class: "errands", role: "status" });
    this.chats = el("main", { id: "chats", class: "chats", tabindex: "-1" });
    this.drawer = el("aside", { class: "drawer", "aria-label": "Tools", hidden: true });
    this.tabs = el("nav", { class: "phone-tabs", "aria-label": "Parts of the page" });
    this.help = help();
    this.element = el(
      "div",
      { class: "frame" },
      el(
        "header",
        {},
        el(
          "div",
          { class: "top" },
          el("h1", {}, el("img", { src: "/playground/static/icon.svg", alt: "", width: 26, height: 26 }), "Frontdesk", el("span", { class: "faint", text: "playground" })),
          this.model,
          el("a", { class: "shop", href: "/playground/site", target: "_blank", title: "A host page with the widget, in a new tab", text: "Widget" }),
          this.layouts,
          this.toolButtons,
          iconButton("help", "Keys (?)", () => this.help.showModal()),
        ),
        this.errands,
      ),
      el("div", { class: "stage" }, this.chats, this.drawer),
      this.tabs,
      notices,
      this.help,
    );
  }

  start() {
    this.#arrange(0);
    world.addEventListener("change", (event) => this.#views.filter((each) => each.platform === event.detail).forEach((each) => each.render()));
    world.addEventListener("notice", (event) => notify(event.detail));
    world.addEventListener("connection", () => this.#showModel());
    document.addEventListener("keydown", (event) => this.#key(event));
    world.follow();
  }

  #arrange(number) {
    this.#layout = number;
    const [platforms] = LAYOUTS[number];
    this.#views = platforms.map((platform, slot) => {
      const second = slot === 1 && platforms[0] === platform ? 1 : 0;
      return new VIEWS[platform]({ person: PEOPLE[platform][second], inspect: (target) => this.#inspect(target) });
    });
    this.#active = 0;
    this.chats.replaceChildren(...this.#views.map((each) => each.element));
    for (const [slot, view] of this.#views.entries()) {
      view.element.addEventListener("focusin", () => { this.#active = slot; });
      view.element.addEventListener("pointerdown", () => { this.#active = slot; });
    }
    this.render();
  }

  #inspect(target) {
    this.#open("inspector");
    this.tools.inspector.pin(target);
  }

  /** Open a tool, or close the one that is open; on a phone it takes the page's place. */
  #open(name) {
    this.#tool = name;
    this.#tab = name ?? this.#active;
    this.render();
    if (!name) return;
    this.tools[name].opened();
    this.drawer.focus();
  }

  #show(slot) {
    this.#tab = slot;
    this.#active = slot;
    if (matchMedia("(max-width: 760px)").matches) this.#tool = null;
    this.render();
    this.#views[slot].render();
  }

  async #showModel() {
    if (!world.connected) {
      this.model.className = "model lost";
      this.model.textContent = "Connection lost: is the playground still running?";
      return;
    }
    try {
      const state = await readiness();
      this.model.className = `model ${state.ready ? "ready" : ""}`;
      this.model.textContent = state.ready ? state.model : "starting…";
      this.errands.textContent = state.parts.flows?.detail ?? "";
      if (!state.ready) setTimeout(() => this.#showModel(), 500);
    } catch {
      this.model.textContent = "";
    }
  }

  render() {
    fill(this.layouts, String(this.#layout), () =>
      LAYOUTS.map(([, label], number) => el("button", { type: "button", "aria-pressed": String(number === this.#layout), text: label, on: { click: () => this.#arrange(number) } })),
    );
    fill(this.toolButtons, String(this.#tool), () =>
      Object.entries(this.tools).map(([name, tool]) =>
        el("button", { type: "button", "aria-pressed": String(name === this.#tool), title: `${tool.label} (${name[0]})`, on: { click: () => this.#open(name === this.#tool ? null : name) } }, icon(tool.icon), tool.label),
      ),
    );
    fill(this.drawer, String(this.#tool), () => {
      const tool = this.tools[this.#tool];
      return tool ? [el("div", { class: "tool-head" }, el("h2", { text: tool.label }), iconButton("close", `Close ${tool.label}`, () => { this.#open(null); this.#views[this.#active].focus(); })), tool.element] : [];
    });
    this.drawer.hidden = !this.#tool;
    this.drawer.tabIndex = -1;
    this.element.dataset.tab = typeof this.#tab === "number" ? `chat-${this.#tab}` : "tool";
    const tabs = [...this.#views.map((view, slot) => [slot, NAMES[view.platform], view.platform === "slack" ? "hash" : "send"]), ...Object.entries(this.tools).map(([name, tool]) => [name, tool.label, tool.icon])];
    fill(this.tabs, JSON.stringify([this.#layout, this.#tab]), () =>
      tabs.map(([id, label, symbol]) => el("button", { type: "button", "aria-current": id === this.#tab ? "page" : null, on: { click: () => (typeof id === "number" ? this.#show(id) : this.#open(id)) } }, icon(symbol), label)),
    );
  }

  #key(event) {
    const view = this.#views[this.#active];
    if (event.key === "." && event.ctrlKey) {
      event.preventDefault();
      view.stop();
      return;
    }
    if (this.help.open || event.ctrlKey || event.metaKey || event.altKey) return;
    const isWriting = event.target.matches("input:not([type=checkbox]), textarea, select");
    if (event.key === "Escape") {
      if (isWriting) this.#leave(event.target);
      else if (this.#tool && this.drawer.contains(event.target)) { this.#open(null); view.focus(); }
      return;
    }
    if (isWriting) return;
    const keys = {
      "?": () => this.help.showModal(),
      1: () => { this.#show(0); this.#views[0].focus(); },
      2: () => { this.#show(1); this.#views[1].focus(); },
      i: () => this.#open(this.#tool === "inspector" ? null : "inspector"),
      f: () => this.#open(this.#tool === "faults" ? null : "faults"),
      s: () => this.#open(this.#tool === "session" ? null : "session"),
      l: () => this.#arrange((this.#layout + 1) % LAYOUTS.length),
      w: () => view.who.querySelector("select")?.focus(),
      n: () => { view.nav.classList.add("is-open"); view.nav.querySelector("[aria-current]")?.focus(); },
      ".": () => view.stop(),
    };
    if (!(event.key in keys)) return;
    event.preventDefault();
    keys[event.key]();
  }

  /** From a text field to the newest message of the same chat, or to the tool around it. */
  #leave(field) {
    const log = field.closest(".pane")?.querySelector(".log:not([hidden])");
    const target = [...(log?.querySelectorAll("article") ?? [])].at(-1) ?? field.closest(".tool-body, .chat");
    field.blur();
    if (target?.matches(".chat")) target.tabIndex = -1;
    target?.focus();
  }
}

const app = new App();
document.getElementById("app").replaceWith(app.element);
app.start();
