// What the keys do.

import { button, el } from "../dom.js";

const KEYS = [
  ["?", "This overview"],
  ["1  2", "Write in the left or the right chat"],
  ["i", "Inspector: the turn behind an answer"],
  ["f", "Faults and journal"],
  ["s", "Session: save and replay"],
  ["w", "Choose who you are"],
  ["n", "Choose a channel or chat"],
  ["l", "Two platforms, or two people on one"],
  [".  or  Ctrl .", "Stop the answer being written"],
  ["Enter", "Send; Shift Enter begins a new line"],
  ["↑", "In an empty field: change your last message"],
  ["↑  ↓", "On a message: go to the one before or after"],
  ["Esc", "Leave what you are in"],
];

export function help() {
  const dialog = el(
    "dialog",
    { class: "help", "aria-label": "Keys" },
    el("h2", { text: "Keys" }),
    el("p", { class: "faint", text: "Letters work while you are not writing; Esc leaves a text field." }),
    el("dl", {}, KEYS.map(([keys, meaning]) => [el("dt", {}, keys.split("  ").map((each) => (each === "or" ? " or " : el("kbd", { text: each })))), el("dd", { text: meaning })])),
    button("Close", () => dialog.close(), { class: "primary" }),
  );
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  return dialog;
}
