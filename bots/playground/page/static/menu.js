// A menu behind three dots, which closes after each choice.

import { act } from "./api.js";
import { button, el, icon } from "./dom.js";
import { attempt } from "./notices.js";

/**
 * `entries(doing, naming)` lists what is in it: `doing(label, action, wish)` is done at once,
 * `naming(label, action, wish, field)` asks for a name first.
 */
export function menu(platform, entries) {
  const node = el("details", { class: "menu" }, el("summary", { class: "icon-button", "aria-label": "More", title: "More" }, icon("more")));
  const perform = async (action, wish) => {
    node.open = false;
    await attempt(() => act(platform, action, wish));
  };
  const doing = (label, action, wish) => button(label, () => perform(action, wish));
  const naming = (label, action, wish, field) => {
    const name = el("input", { type: "text", "aria-label": `${label}: name`, placeholder: `${label}…`, maxlength: 64 });
    const finish = () => name.value.trim() && perform(action, { ...wish, [field]: name.value.trim() });
    name.addEventListener("keydown", (event) => event.key === "Enter" && finish());
    return el("div", { class: "naming" }, name, button("Create", finish, { class: "quiet" }));
  };
  node.append(el("div", { class: "menu-items" }, entries(doing, naming)));
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !node.open) return;
    event.stopPropagation();
    node.open = false;
    node.firstElementChild.focus();
  });
  node.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !node.contains(event.relatedTarget)) node.open = false;
  });
  return node;
}
