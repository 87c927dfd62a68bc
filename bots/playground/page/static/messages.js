// What the message lists of both platforms have in common.

import { el, iconButton, list } from "./dom.js";

const NEAR = 90; // pixels from the end within which a list follows what is new

/** A list of messages that keeps to its end, and in which the arrow keys move from one message to the next. */
export function messageLog(label) {
  const log = el("div", { class: "log", role: "log", "aria-label": label, tabindex: "-1" });
  let isAtEnd = true;
  log.addEventListener("scroll", () => {
    isAtEnd = isNearEnd(log);
  });
  new ResizeObserver(() => {
    if (isAtEnd) log.scrollTop = log.scrollHeight;
  }).observe(log);
  log.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const here = event.target.closest("article");
    if (!step || event.target !== here) return;
    const all = [...log.querySelectorAll("article")];
    const next = all[all.indexOf(here) + step];
    if (!next) return;
    event.preventDefault();
    here.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
  return log;
}

const isNearEnd = (log) => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;

export function showMessages(log, items, place) {
  const isMoved = log.dataset.place !== place;
  const follows = isMoved || isNearEnd(log);
  log.dataset.place = log.clientHeight ? place : "out of sight";
  list(log, items);
  const all = [...log.querySelectorAll("article")];
  const here = all.find((each) => each.contains(document.activeElement)) ?? all.at(-1);
  for (const each of all) each.tabIndex = each === here ? 0 : -1;
  if (follows) log.scrollTop = log.scrollHeight;
}

/** The buttons that appear over a message; `entries` are [icon, label, press]. */
export function tools(entries) {
  return el("div", { class: "tools", role: "toolbar", "aria-label": "For this message" }, entries.map(([name, label, press]) => iconButton(name, label, press)));
}

/** A row of emoji to choose from, closed by choosing or by Escape. */
export function emojiPicker(emoji, choose, close) {
  const row = el(
    "div",
    { class: "emoji-picker", role: "group", "aria-label": "Choose a reaction", on: { keydown: (event) => { if (event.key === "Escape") { event.stopPropagation(); close(); } } } },
    emoji.map(([name, shown]) => el("button", { type: "button", "aria-label": name, title: name, text: shown, on: { click: () => choose(name) } })),
  );
  queueMicrotask(() => row.firstElementChild.focus());
  return row;
}

/** A labelled select; a person or a place is chosen with it. */
export function chooser(label, options, value, change) {
  return el(
    "label",
    { class: "chooser" },
    el("span", { text: label }),
    el("select", { on: { change: (event) => change(event.target.value) } }, options.map(([id, name]) => el("option", { value: id, selected: id === value, text: name }))),
  );
}

/** Somebody is at work. */
export function dots() {
  return el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i"));
}
