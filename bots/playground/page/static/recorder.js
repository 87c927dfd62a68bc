// What people do and what they are answered, as the steps of a scenario (`frontdesk playground replay`).

import { world } from "./world.js";

const LENGTH = 60; // characters of an answer that a scenario asks for
const MARKS = /[*_`~[\]()#>|\n\\•◦▪\u200b-\u200d\u2060]+|(?:^|\n)\s*[-+\d.]+\s/;

class Recorder extends EventTarget {
  /** Steps by platform. */
  steps = { slack: [], telegram: [] };
  /** How many actions took place where scenarios do not reach, by platform. */
  missed = { slack: 0, telegram: 0 };
  #watched = new Map();
  /** Conversations with a stopped answer: what is said after it depends on how far it came. */
  #loose = new Set();

  constructor() {
    super();
    world.addEventListener("change", (event) => this.#look(event.detail));
  }

  /**
   * A person did something.
   *
   * `step`: a verb and its value; `where`: { who, at, key, before, newest(state) } with the newest answer there, if any,
   * as it was before the person did it. Without `at`, scenarios do not reach there. `isAnswered`: whether an answer is to be waited for.
   */
  did(platform, where, step, isAnswered = false) {
    if (!where.at) {
      this.missed[platform] += 1;
    } else {
      this.#add(platform, where, step);
      const key = `${platform} ${where.key}`;
      this.#watched.delete(key);
      if (step.stops) {
        this.#loose.add(key);
        this.#add(platform, where, { sees: "Stopped" });
      } else if (isAnswered) this.#watched.set(key, { platform, where, before: look(where.before) });
    }
    this.dispatchEvent(new Event("change"));
    this.#look(platform); // a quick answer may stand there already
  }

  forget(platform) {
    this.steps[platform] = [];
    this.missed[platform] = 0;
    for (const [key, watch] of this.#watched) if (watch.platform === platform) this.#watched.delete(key);
    this.dispatchEvent(new Event("change"));
  }

  #add(platform, where, step) {
    this.steps[platform].push({ who: where.who, ...(where.at === "direct" ? {} : { in: where.at }), ...step });
  }

  #look(platform) {
    for (const [key, watch] of this.#watched) {
      if (watch.platform !== platform) continue;
      const newest = watch.where.newest(world.state[platform]);
      if (!newest?.finished || look(newest) === watch.before) continue;
      this.#watched.delete(key);
      this.#add(platform, watch.where, { sees: this.#loose.has(key) ? "" : fragment(newest.text) });
      this.dispatchEvent(new Event("change"));
    }
  }
}

const look = (answer) => (answer ? `${answer.id} ${answer.text}` : "");

/** Words of an answer that read the same on every platform: without marks, within one line. */
export function fragment(text) {
  const pieces = text.split(MARKS).map((each) => each.trim()).filter(Boolean);
  const piece = pieces.find((each) => each.length >= 12) ?? pieces.sort((a, b) => b.length - a.length)[0] ?? "";
  return piece.length <= LENGTH ? piece : piece.slice(0, piece.lastIndexOf(" ", LENGTH) + 1 || LENGTH).trim();
}

export const recorder = new Recorder();
