// Short notices at the edge of the page, read out by screen readers.

import { el } from "./dom.js";

const SECONDS = 6;
const region = el("div", { class: "notices", role: "status", "aria-live": "polite" });

export const notices = region;

export function notify(text, kind = "info") {
  const notice = el("div", { class: `notice ${kind}`, text });
  region.append(notice);
  setTimeout(() => notice.remove(), SECONDS * 1000);
}

/** Run what a person asked for; a refusal is shown to them. Returns whether it was done. */
export async function attempt(work) {
  try {
    await work();
    return true;
  } catch (error) {
    notify(error.message, "problem");
    return false;
  }
}
