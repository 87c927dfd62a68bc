// What was played, as a scenario file: saved, changed by hand, replayed as a test.

import { lines, post } from "../api.js";
import { button, el, fill, icon, list } from "../dom.js";
import { attempt } from "../notices.js";
import { recorder } from "../recorder.js";

const NAMES = { slack: "Slack", telegram: "Telegram" };

export class Session {
  label = "Session";
  icon = "record";
  #platform = "slack";
  #isByHand = false;
  #results = [];

  constructor() {
    this.head = el("div", { class: "tool-head-extra" });
    this.steps = el("ol", { class: "steps" });
    this.note = el("p", { class: "faint" });
    this.text = el("textarea", { class: "script", rows: 12, spellcheck: "false", "aria-label": "The scenario file", placeholder: "Play something in the chats: it is written down here.", on: { input: () => { this.#isByHand = true; this.render(); } } });
    this.actions = el("div", { class: "row wrap" });
    this.picker = el("input", { type: "file", accept: ".yaml,.yml", hidden: true, "aria-label": "A scenario file", on: { change: () => this.#opened() } });
    this.results = el("div", { class: "results", role: "status", "aria-live": "polite" });
    this.element = el(
      "div",
      { class: "tool session" },
      this.head,
      el(
        "div",
        { class: "tool-body", tabindex: "0", role: "region", "aria-label": "Recorded session" },
        el("section", { class: "card" }, el("h3", { text: "What was played" }), this.steps, this.note),
        el("section", { class: "card" }, el("h3", { text: "As a scenario file" }), this.text, this.actions, this.picker, this.results),
      ),
    );
    recorder.addEventListener("change", () => this.#recorded());
    this.render();
  }

  opened() {
    const other = this.#platform === "slack" ? "telegram" : "slack";
    if (!recorder.steps[this.#platform].length && recorder.steps[other].length) this.#platform = other;
    this.#recorded();
  }

  async #recorded() {
    this.render();
    if (this.#isByHand) return;
    const platform = this.#platform;
    const steps = recorder.steps[platform];
    const count = steps.length;
    if (!count) {
      this.text.value = "";
      return this.render();
    }
    await attempt(async () => {
      const { text } = await post("scenario", { title: titleOf(steps), steps });
      if (platform === this.#platform && count === recorder.steps[platform].length && !this.#isByHand) this.text.value = text;
    });
    this.render();
  }

  render() {
    const steps = recorder.steps[this.#platform];
    const missed = recorder.missed[this.#platform];
    fill(this.head, JSON.stringify([this.#platform, steps.length]), () => [
      el("div", { class: "tabs", role: "group", "aria-label": "Platform" }, Object.entries(NAMES).map(([id, name]) => button(name, () => this.#choose(id), { "aria-pressed": String(id === this.#platform) }))),
      button("Forget", () => this.#forget(), { class: "quiet", disabled: !steps.length }),
    ]);
    list(this.steps, steps.map((step, number) => ({ key: String(number), look: JSON.stringify(step), build: () => el("li", {}, sentence(step)) })));
    this.note.textContent = missed
      ? `${missed} ${missed === 1 ? "action is" : "actions are"} not among them: scenarios speak in the direct chat, in #general or the group, and in one thread or topic; without files and commands.`
      : steps.length ? "" : "Nothing yet. Whatever you do in a chat is written down as you do it.";
    this.note.hidden = !this.note.textContent;
    const isEmpty = !this.text.value.trim();
    fill(this.actions, JSON.stringify([isEmpty, this.#isByHand, steps.length]), () => [
      el("button", { type: "button", class: "primary", disabled: isEmpty, on: { click: () => this.#save() } }, icon("download"), "Save"),
      ...Object.entries(NAMES).map(([id, name]) => el("button", { type: "button", class: "quiet", disabled: isEmpty, on: { click: () => this.#replay(id) } }, icon("play"), `Replay on ${name}`)),
      button("Open a file", () => this.picker.click(), { class: "quiet" }),
      this.#isByHand && steps.length ? button("Write it anew", () => { this.#isByHand = false; this.#recorded(); }, { class: "quiet" }) : null,
    ]);
    list(this.results, this.#results.map((each) => ({ key: each.id, look: JSON.stringify(each), build: () => result(each) })));
  }

  #choose(platform) {
    this.#platform = platform;
    this.#isByHand = false;
    this.#recorded();
  }

  #forget() {
    this.#isByHand = false;
    recorder.forget(this.#platform);
  }

  #save() {
    const address = URL.createObjectURL(new Blob([this.text.value], { type: "application/yaml" }));
    el("a", { href: address, download: `${fileName(this.text.value)}.yaml` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }

  async #opened() {
    const [file] = this.picker.files;
    this.picker.value = "";
    if (!file) return;
    this.text.value = await file.text();
    this.#isByHand = true;
    this.render();
  }

  async #replay(platform) {
    const outcome = { id: `${Date.now()}`, platform, state: "busy", words: "opening a fresh playground…" };
    this.#results = [outcome, ...this.#results].slice(0, 6);
    this.render();
    this.results.firstElementChild.scrollIntoView({ block: "nearest" });
    try {
      for await (const line of lines("replay", { text: this.text.value, platform })) {
        if (line.step) outcome.words = `step ${line.step} of ${line.of}`;
        else [outcome.state, outcome.words] = line.error ? ["bad", line.error] : ["good", "passed"];
        this.render();
      }
    } catch (error) {
      [outcome.state, outcome.words] = ["bad", error.message];
    }
    if (outcome.state === "busy") [outcome.state, outcome.words] = ["bad", "broken off"];
    this.render();
  }
}

const VERBS = {
  says: (words) => ["says ", el("q", { text: words })],
  edits: (words) => ["changes it to ", el("q", { text: words })],
  deletes: () => "takes it back",
  presses: (words) => ["presses ", el("q", { text: words })],
  stops: () => "presses Stop",
  rates: (verdict) => (verdict === "good" ? "gives a thumbs-up" : "gives a thumbs-down"),
  sees: (words) => (words ? ["sees ", el("q", { text: words })] : "sees an answer"),
};

function sentence(step) {
  const verb = Object.keys(VERBS).find((each) => each in step);
  return [el("strong", { text: step.who }), " ", VERBS[verb](step[verb]), step.in ? el("span", { class: "faint", text: ` in the ${step.in}` }) : "", step.to_the_assistant === false ? el("span", { class: "faint", text: ", not to the assistant" }) : ""];
}

function result(outcome) {
  return el("p", { class: `result ${outcome.state}` }, el("strong", { text: NAMES[outcome.platform] }), " ", el("span", { text: outcome.words }));
}

function titleOf(steps) {
  const first = steps.find((each) => each.says);
  return first ? `${first.who} asks: ${first.says.replace(/\s+/g, " ").slice(0, 60)}` : "A recorded session";
}

function fileName(text) {
  const title = /^title:\s*(.+)$/m.exec(text)?.[1] ?? "session";
  return title.toLowerCase().replace(/[^a-z0-9]+/g, "-").slice(0, 50).replace(/^-+|-+$/g, "") || "session";
}
