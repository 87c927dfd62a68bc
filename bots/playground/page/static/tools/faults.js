// A bad day on the platform, to be switched on and off: faults, rate limits, the clock; and the journal below.

import { post, remove } from "../api.js";
import { button, el, fill, list } from "../dom.js";
import { attempt, notify } from "../notices.js";
import { world } from "../world.js";
import { Journal } from "./journal.js";

const FAULTS = [
  ["too_many_requests", "Too many requests", "Calls are refused with 429 and told to wait.", ["retry_after", "wait, seconds", 5]],
  ["server_error", "Server errors", "Calls are answered with 500, and nothing is done."],
  ["drop_after_commit", "Lost answers", "Calls are carried out, but the connection breaks before the answer."],
  ["delay", "Slow answers", "Calls are answered late.", ["seconds", "seconds", 2]],
  ["duplicate_delivery", "Delivered twice", "Every event reaches the assistant twice."],
  ["reorder_delivery", "Out of order", "An event is held back until the next one is through."],
  ["delay_delivery", "Late delivery", "Events reach the assistant late.", ["seconds", "seconds", 2]],
  ["socket_loss", "Lost connection", "The connection on which events come is cut."],
  ["stream_expiry", "Expired streams", "The platform ends an answer while it is being written."],
];
const LIMITS = [[0, "Off"], [0.2, "× 0.2"], [1, "As documented"]];
const STEPS = [[-60, "− 1 min"], [60, "+ 1 min"], [600, "+ 10 min"], [3600, "+ 1 h"]];
const NAMES = { slack: "Slack", telegram: "Telegram" };

export class Faults {
  label = "Faults";
  icon = "bolt";
  #platform = "slack";
  #fields = { slack: {}, telegram: {} };
  #offset = { slack: 0, telegram: 0 };
  #resetting = false;

  constructor() {
    this.journal = new Journal();
    this.head = el("div", { class: "tool-head-extra" });
    this.rows = el("div", { class: "fault-rows" });
    this.limits = el("div", { class: "tabs", role: "group", "aria-label": "Rate limits" });
    this.clock = el("div", { class: "clock" });
    this.element = el(
      "div",
      { class: "tool faults" },
      this.head,
      el(
        "div",
        { class: "tool-body", tabindex: "0", role: "region", "aria-label": "Faults" },
        el("section", { class: "card" }, el("h3", { text: "What goes wrong" }), this.rows),
        el("section", { class: "card" }, el("h3", { text: "Rate limits" }), this.limits, el("h3", { text: "Clock of the platform" }), this.clock),
      ),
      this.journal.element,
    );
    world.addEventListener("change", (event) => event.detail === this.#platform && this.render());
    this.render();
  }

  opened() {
    this.render();
    this.journal.choose(this.#platform);
  }

  render() {
    const state = world.state[this.#platform];
    if (!state) return;
    fill(this.head, JSON.stringify([this.#platform, this.#resetting]), () => [
      el("div", { class: "tabs", role: "group", "aria-label": "Platform" }, Object.entries(NAMES).map(([id, name]) => button(name, () => this.#choose(id), { "aria-pressed": String(id === this.#platform) }))),
      button(this.#resetting ? "Really start over?" : "Start over", () => this.#reset(), { class: this.#resetting ? "danger" : "quiet" }),
    ]);
    list(this.rows, FAULTS.map((fault) => this.#row(fault, state.faults.find((each) => each.kind === fault[0]))));
    fill(this.limits, JSON.stringify(state.limits), () =>
      LIMITS.map(([scale, label]) => button(label, () => attempt(() => post(`${this.#platform}/limits`, { scale }).then(() => world.refresh(this.#platform))), { "aria-pressed": String(scale === state.limits) })),
    );
    const offset = Math.round(this.#offset[this.#platform]);
    fill(this.clock, JSON.stringify([this.#platform, offset]), () => [
      el("p", { class: "faint", text: offset ? `${offset > 0 ? "Ahead" : "Behind"} by ${spoken(Math.abs(offset))}` : "Shows the real time" }),
      el("div", { class: "tabs", role: "group", "aria-label": "Move the clock" }, STEPS.map(([seconds, label]) => button(label, () => this.#move(seconds)))),
    ]);
  }

  #row([kind, title, explanation, field], active) {
    const platform = this.#platform;
    return {
      key: kind,
      look: JSON.stringify([platform, active]),
      build: (before) => {
        const kept = (this.#fields[platform][kind] ??= { method: "*", remaining: "", more: field?.[2] });
        const input = (name, label, type) =>
          el("label", {}, el("span", { text: label }), el("input", { type, value: kept[name], min: type === "number" ? 0 : null, disabled: Boolean(active), placeholder: name === "remaining" ? "always" : null, on: { input: (event) => { kept[name] = event.target.value; event.target.closest("details").firstElementChild.textContent = reach(kept, field); } } }));
        return el(
          "div",
          { class: `fault ${active ? "on" : ""}` },
          el("button", { type: "button", role: "switch", "aria-checked": String(Boolean(active)), "aria-label": title, on: { click: () => this.#toggle(kind, field, kept, active) } }, el("i")),
          el("div", {}, el("strong", { text: title }), el("p", { class: "faint", text: active && active.remaining !== null ? `Strikes ${active.remaining} more times.` : explanation })),
          el(
            "details",
            { open: before?.querySelector("details").open },
            el("summary", { text: reach(kept, field), "aria-label": `${title}: where and how often` }),
            el("div", { class: "fields" }, input("method", "only", "text"), input("remaining", "times", "number"), field ? input("more", field[1], "number") : null),
          ),
        );
      },
    };
  }

  async #toggle(kind, field, kept, active) {
    const platform = this.#platform;
    await attempt(() =>
      active
        ? remove(`${platform}/faults/${active.id}`)
        : post(`${platform}/faults`, {
            kind,
            method: kept.method || "*",
            ...(kept.remaining ? { remaining: Number(kept.remaining) } : {}),
            ...(field ? { [field[0]]: Number(kept.more) } : {}),
          }),
    );
    world.refresh(platform);
  }

  #choose(platform) {
    this.#platform = platform;
    this.#resetting = false;
    this.render();
    this.journal.choose(platform);
  }

  async #move(seconds) {
    const platform = this.#platform;
    await attempt(async () => {
      const { now } = await post(`${platform}/clock`, { advance: seconds });
      this.#offset[platform] = now - Date.now() / 1000;
    });
    this.render();
  }

  async #reset() {
    if (!this.#resetting) {
      this.#resetting = true;
      this.render();
      return;
    }
    this.#resetting = false;
    if (await attempt(() => post(`${this.#platform}/reset`, {}))) {
      this.#offset[this.#platform] = 0;
      this.journal.forget();
      notify(`${NAMES[this.#platform]} is as a newcomer finds it.`);
    }
    this.render();
  }
}

/** Where a fault strikes and how often, in a few words. */
function reach(kept, field) {
  const where = kept.method && kept.method !== "*" ? kept.method : "everywhere";
  const often = kept.remaining ? `${kept.remaining} times` : "until switched off";
  return [where, often, field ? `${kept.more} s` : ""].filter(Boolean).join(" · ");
}

function spoken(seconds) {
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
