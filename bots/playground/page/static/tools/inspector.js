// The turn behind an answer: how it was made, from what, how long it took, and what went over the wire.

import { get } from "../api.js";
import { button, el, fill } from "../dom.js";
import { world } from "../world.js";
import { Reading } from "./reading.js";

const PAUSE = 250; // milliseconds between two readings of a running turn
const AGAIN = 2000; // milliseconds between two readings when nothing seems to happen
const CALLS = 40;

export class Inspector {
  label = "Inspector";
  icon = "inspect";
  #pinned = null;
  #shown = "";
  #reading;

  /** `newest()` finds the newest answer in the chat a person looks at. */
  constructor(newest) {
    this.newest = newest;
    this.head = el("div", { class: "tool-head-extra" });
    this.body = el("div", { class: "tool-body", tabindex: "0", role: "region", "aria-label": "The turn behind an answer" });
    this.element = el("div", { class: "tool inspector" }, this.head, this.body);
    this.#reading = new Reading(this.element, () => this.#read(), PAUSE);
    world.addEventListener("change", () => this.#reading.soon());
    setInterval(() => this.#reading.soon(), AGAIN); // what the store learns without a change on the platform, a judgement for example
  }

  /** Keep to one answer. */
  pin(target) {
    this.#pinned = target;
    this.#reading.soon();
  }

  opened() {
    this.#reading.soon();
  }

  async #read() {
    const target = this.#pinned ?? this.newest();
    fill(this.head, JSON.stringify([Boolean(this.#pinned), Boolean(target)]), () =>
      this.#pinned ? [el("span", { class: "faint", text: "The answer you chose" }), button("Follow the newest", () => this.pin(null), { class: "quiet" })] : el("span", { class: "faint", text: "Follows the newest answer in the chat you are in" }),
    );
    if (!target) return this.#say("Ask something: the turn behind the answer appears here.");
    try {
      const record = await get(`turn?${new URLSearchParams(target)}`);
      this.#show(record, await callsFor(target, record));
    } catch {
      this.#say("No turn stands behind this message.");
    }
  }

  #say(text) {
    this.#shown = text;
    fill(this.body, text, () => el("p", { class: "empty faint", text }));
  }

  #show(record, calls) {
    const look = JSON.stringify([record, calls.map((each) => each.number)]);
    if (look === this.#shown) return;
    this.#shown = look;
    const open = new Set([...this.body.querySelectorAll("details[open]")].map((each) => each.dataset.name));
    const top = this.body.scrollTop;
    fill(this.body, look, () => [facts(record), timings(record), words(record), passages(record), payloads(record, calls)]);
    for (const each of this.body.querySelectorAll("details")) if (open.has(each.dataset.name)) each.open = true;
    this.body.scrollTop = top;
  }
}

/** The calls that name the post, or the turn: the one that puts a post up does not know the post's id yet. */
async function callsFor(target, record) {
  const found = await get(`${target.platform}/journal?${new URLSearchParams({ direction: "request", place: target.channel })}`);
  const names = (call, id) => JSON.stringify(call.body ?? "").includes(id);
  return found.filter((each) => names(each, target.post) || names(each, record.id)).slice(-CALLS);
}

const section = (title, ...children) => el("section", { class: "card" }, el("h3", { text: title }), ...children);
const pair = (name, value) => (value === "" || value === null || value === undefined ? [] : [el("dt", {}, name), el("dd", {}, value)]);

const STATES = { answered: "good", stopped: "warn", failed: "bad", running: "busy" };
const JUDGED = { good: "👍 good", bad: "👎 bad" };

function facts(record) {
  const evidence = record.evidence ?? {};
  return section(
    "Turn",
    el(
      "dl",
      {},
      pair("Outcome", el("span", { class: `state ${STATES[record.state] ?? ""}`, text: record.state.replaceAll("_", " ") })),
      pair("Why", record.reason),
      pair("Route", record.route || (record.state === "running" ? "on its way" : "")),
      pair("Model", record.model && el("code", { text: record.model })),
      pair("Prompt version", evidence.prompt_version === undefined ? "" : String(evidence.prompt_version)),
      pair("Finished because", evidence.finish),
      pair("Attempt", record.attempt > 1 ? String(record.attempt) : ""),
      pair("Judged", record.verdicts.map((each) => JUDGED[each] ?? each).join(", ")),
      pair("Id", el("code", { class: "id", text: record.id })),
    ),
  );
}

function timings(record) {
  const usage = record.evidence?.usage;
  const at = (moment) => (moment ? Date.parse(moment) / 1000 : null);
  const [arrived, began, ended, sent] = [record.arrived_at, record.began_at, record.ended_at, record.sent_at].map(at);
  const parts = [
    ["Waited", arrived && began - arrived, "phase-wait"],
    ["First word", usage?.first_token_seconds, "phase-first"],
    usage ? ["Writing", usage.seconds - usage.first_token_seconds, "phase-write"] : ["Answering", ended && ended - began, "phase-write"],
    ["Delivery", sent && ended ? Math.max(0, sent - ended) : null, "phase-send"],
  ].filter(([, seconds]) => typeof seconds === "number" && seconds >= 0);
  const total = parts.reduce((sum, [, seconds]) => sum + seconds, 0);
  if (!parts.length) return null;
  const bar = el("div", { class: "bar", "aria-hidden": "true" });
  for (const [, seconds, kind] of parts) {
    const piece = el("span", { class: kind });
    piece.style.setProperty("flex-grow", String((100 * seconds) / (total || 1) + 1));
    bar.append(piece);
  }
  return section(
    "Time",
    bar,
    el("dl", { class: "timings" }, parts.map(([name, seconds, kind]) => pair(el("span", { class: `key ${kind}` }, name), duration(seconds))), sent && arrived ? pair("From question to answer", duration(sent - arrived)) : []),
    usage ? el("dl", {}, Object.entries(usage).filter(([name]) => name.includes("token") && !name.includes("seconds")).map(([name, value]) => pair(name.replaceAll("_", " "), String(value))), usage.seconds > usage.first_token_seconds ? pair("tokens a second", (usage.generated_tokens / usage.seconds).toFixed(1)) : []) : null,
  );
}

const duration = (seconds) => (seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(2)} s`);

function words(record) {
  return section(
    "Words",
    record.question ? [el("h4", { text: "Question" }), el("p", { class: "quote", text: record.question })] : null,
    record.prompt ? more("Prompt, as the model read it", record.prompt, true) : null,
    record.reply ? more("Reply, as Markdown", record.reply) : null,
    !record.question && !record.prompt && !record.reply ? el("p", { class: "faint", text: record.state === "running" ? "Being written." : "None are kept: a command or a notice." }) : null,
  );
}

function passages(record) {
  const evidence = record.evidence ?? {};
  const found = evidence.passages ?? [];
  if (!found.length) return section("Passages", el("p", { class: "faint", text: "None: the answer comes from the model alone." }));
  const cited = evidence.cited ?? [];
  const check = evidence.check;
  const limits = evidence.thresholds ?? {};
  return section(
    "Passages",
    el(
      "dl",
      {},
      pair("Answered with", evidence.outcome),
      pair("Check", check && `${check.supported ? "passed" : "not passed"}, support ${check.support}${check.faults.length ? `: ${check.faults.join(", ")}` : ""}${check.rewritten ? ", written again" : ""}`),
      pair("Answers from", limits.answer === undefined ? "" : `relevance ${limits.answer}`),
      Object.entries(evidence.seconds ?? {}).map(([name, seconds]) => pair(name, duration(seconds))),
    ),
    el("ol", { class: "passages" }, found.map((each) => passage(each, cited.includes(each.id)))),
  );
}

function passage(found, isCited) {
  const scores = [["relevance", found.relevance], ["BM25", found.bm25], ["cosine", found.similarity]];
  return el(
    "li",
    {},
    el("strong", { text: found.document }),
    found.place ? `, ${found.place}` : "",
    isCited ? el("span", { class: "state good", text: "shown" }) : null,
    el("p", { class: "faint" }, scores.filter(([, score]) => typeof score === "number").map(([name, score]) => `${name} ${Number(score.toPrecision(3))}`).join(" · ")),
    el("p", { class: "faint" }, `source ${found.source}, passage `, el("code", { class: "id", text: `${found.id} ${found.digest}` })),
  );
}

function payloads(record, calls) {
  return section(
    "Raw payloads",
    record.raw.map((each, number) => more(`Event ${number + 1} from the platform`, pretty(each))),
    calls.map((each) => more(`${each.method} → ${each.outcome || "ok"}`, JSON.stringify(each.body, null, 2), false, `call ${each.number}`)),
    !record.raw.length && !calls.length ? el("p", { class: "faint", text: "None are kept." }) : null,
  );
}

function more(title, text, open = false, name = title) {
  return el("details", { open, data: { name } }, el("summary", { text: title }), el("pre", { tabindex: "0", text }));
}

function pretty(json) {
  try {
    return JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}
