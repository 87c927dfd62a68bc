// Every request of the assistant and every delivery to it, newest first, while they happen.

import { get, remove } from "../api.js";
import { button, el, list } from "../dom.js";
import { world } from "../world.js";
import { Reading } from "./reading.js";

const KEPT = 200;
const POLLS = new Set(["getUpdates"]);

export class Journal {
  #platform = "slack";
  #records = [];
  #last = 0;
  #reading;

  constructor() {
    this.filter = el("input", { type: "search", placeholder: "Journal: filter", "aria-label": "Filter the journal", on: { input: () => this.#show() } });
    this.quiet = el("input", { type: "checkbox", checked: true, on: { change: () => this.#show() } });
    this.rows = el("div", { class: "journal-rows", tabindex: "0", role: "region", "aria-label": "Records" });
    this.element = el(
      "section",
      { class: "journal", "aria-label": "Journal" },
      el("div", { class: "row" }, this.filter, el("label", { class: "check" }, this.quiet, "no polling"), button("Clear", () => this.#clear(), { class: "quiet" })),
      this.rows,
    );
    this.#reading = new Reading(this.element, () => this.#read());
    world.addEventListener("change", (event) => event.detail === this.#platform && this.#reading.soon());
  }

  choose(platform) {
    if (platform !== this.#platform) {
      this.#records = [];
      this.#last = 0;
      this.#platform = platform;
    }
    this.#reading.soon();
  }

  async #read() {
    const platform = this.#platform;
    const found = await get(`${platform}/journal?after=${this.#last}`).catch(() => []);
    if (platform !== this.#platform || !found.length) return;
    this.#last = found.at(-1).number;
    this.#records = [...found.toReversed(), ...this.#records].slice(0, KEPT * 5);
    this.#show();
  }

  /** The platform started over, and its journal with it. */
  forget() {
    this.#records = [];
    this.#show();
  }

  async #clear() {
    await remove(`${this.#platform}/journal`);
    this.#records = [];
    this.#show();
  }

  #show() {
    const wanted = this.filter.value.toLowerCase();
    const shown = this.#records
      .filter((each) => !(this.quiet.checked && POLLS.has(each.method)))
      .filter((each) => `${each.method} ${each.outcome} ${each.place}`.toLowerCase().includes(wanted))
      .slice(0, KEPT);
    list(this.rows, shown.length ? shown.map(row) : [{ key: "none", look: "", build: () => el("p", { class: "faint", text: "Nothing yet." }) }]);
  }
}

function row(record) {
  return {
    key: String(record.number),
    look: "",
    build: () => {
      const isFine = /^(ok|200|)$/.test(record.outcome);
      const arrow = record.direction === "request" ? "→" : "←";
      return el(
        "details",
        {},
        el(
          "summary",
          {},
          el("span", { class: `arrow ${record.direction}`, title: record.direction === "request" ? "The assistant called" : "The platform delivered", text: arrow }),
          el("span", { class: "method", title: record.method, text: record.method }),
          el("span", { class: `outcome ${isFine ? "" : "bad"}`, text: record.outcome }),
          el("time", { text: new Date(record.at * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }) }),
        ),
        el("pre", { tabindex: "0", text: JSON.stringify(record.body, null, 2) ?? "" }),
      );
    },
  };
}
