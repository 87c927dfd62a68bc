// Building the page out of elements. Text is always a text node: nothing here turns text into HTML.

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  send: "M3 11.5 21 3l-6 18-3.500-7.500z M11.500 13.500 21 3",
  stop: "M7 7h10v10H7z",
  reply: "M9 7 4 12l5 5 M4 12h10a6 6 0 0 1 6 6v1",
  thread: "M4 5h16v10H10l-4 4v-4H4z",
  smile: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z M8.500 14a4.500 4.500 0 0 0 7 0 M9 9.500v.5 M15 9.500v.5",
  edit: "M4 20h4L19 9l-4-4L4 16z M13.500 6.500l4 4",
  trash: "M5 7h14 M9 7V4h6v3 M7 7l1 13h8l1-13",
  inspect: "M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13z M15.500 15.500 21 21",
  attach: "M20 11.500 12 19.500a5 5 0 0 1-7-7l8.500-8.500a3.300 3.300 0 0 1 4.700 4.700L10 17a1.700 1.700 0 0 1-2.400-2.400L15 7.500",
  menu: "M4 7h16 M4 12h16 M4 17h16",
  back: "M15 5l-7 7 7 7",
  close: "M6 6l12 12 M18 6 6 18",
  more: "M12 5v.5 M12 12v.5 M12 19v.5",
  plus: "M12 5v14 M5 12h14",
  up: "M7 11v9H4v-9z M7 11l4-8a2.500 2.500 0 0 1 2.500 2.500V9h5.500a2 2 0 0 1 2 2.300l-1.200 7a2 2 0 0 1-2 1.700H7",
  down: "M17 13V4h3v9z M17 13l-4 8a2.500 2.500 0 0 1-2.500-2.500V15H5a2 2 0 0 1-2-2.300l1.200-7A2 2 0 0 1 6.200 4H17",
  bolt: "M13 3 5 14h6l-1 7 8-11h-6z",
  record: "M5 4h14v16H5z M9 9h6 M9 13h6 M9 17h3",
  help: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z M9.500 9.500a2.500 2.500 0 1 1 3.500 2.300c-.7.300-1 .8-1 1.700 M12 16.500v.5",
  hash: "M5 9h15 M4 15h15 M10 4 8 20 M16 4l-2 16",
  lock: "M6 11h12v9H6z M8.500 11V8a3.500 3.500 0 0 1 7 0v3",
  home: "M4 11l8-7 8 7v9h-5v-6H9v6H4z",
  people: "M9 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6z M3 19a6 6 0 0 1 12 0 M16 5.500a3 3 0 0 1 0 5.500 M17 14a6 6 0 0 1 4 5",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z M12 7v5l3.500 2",
  file: "M6 3h8l4 4v14H6z M14 3v4h4",
  columns: "M4 5h7v14H4z M13 5h7v14h-7z",
  play: "M7 5v14l12-7z",
  download: "M12 4v11 M7 10.500l5 5 5-5 M5 20h14",
  briefcase: "M4 8h16v11H4z M9 8V5h6v3 M4 13h16",
};

/** An element. `props`: `class`, `on` (listeners), `data`, `text`, and attributes; false and null are left out. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "on") for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name === "text") node.textContent = value;
    else if (name === "value") node.value = value;
    else if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== false));
  return node;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button with an icon; its label is read out, and shown when pointed at. */
export function iconButton(name, label, press, props = {}) {
  return el("button", { type: "button", class: "icon-button", "aria-label": label, title: label, ...props, on: { click: press } }, icon(name));
}

export function button(label, press, props = {}) {
  return el("button", { type: "button", ...props, on: { click: press } }, label);
}

/**
 * Make `parent` show one element per item, in order. An element is built anew only when what it shows has changed,
 * so that focus, scrolling and animations live through updates.
 *
 * `items`: { key, look, build(before) }; `look` is compared, `before` is the element that stood there.
 */
export function list(parent, items) {
  const before = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  let place = parent.firstElementChild;
  for (const item of items) {
    let node = before.get(item.key);
    before.delete(item.key);
    if (!node || node.dataset.look !== item.look) {
      const fresh = item.build(node);
      fresh.dataset.key = item.key;
      fresh.dataset.look = item.look;
      if (node) {
        if (place === node) place = fresh;
        exchange(node, fresh);
      }
      node = fresh;
    }
    if (node === place) place = place.nextElementSibling;
    else parent.insertBefore(node, place);
  }
  for (const gone of before.values()) gone.remove();
}

/** Put `fresh` where `old` stands; what had the focus there keeps it, found again by its label. */
function exchange(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  old.replaceWith(fresh);
  if (!focused) return;
  const name = focused.getAttribute("aria-label") ?? focused.textContent;
  const same = [...fresh.querySelectorAll(focused.tagName)].find(
    (each) => (each.getAttribute("aria-label") ?? each.textContent) === name,
  );
  (focused === old ? fresh : same ?? fresh).focus({ preventScroll: true });
}

/** Show these children, unless they look as before. */
export function fill(parent, look, build) {
  if (parent.dataset.look === look) return;
  parent.dataset.look = look;
  const focused = parent.contains(document.activeElement) ? document.activeElement : null;
  const name = focused && (focused.getAttribute("aria-label") ?? focused.textContent);
  parent.replaceChildren(...[build()].flat(Infinity).filter(Boolean));
  if (!focused) return;
  const same = [...parent.querySelectorAll(focused.tagName)];
  same.find((each) => (each.getAttribute("aria-label") ?? each.textContent) === name)?.focus({ preventScroll: true });
}

/** Let what is new in a growing text fade in: everything behind its first `length` characters. */
export function freshen(node, length) {
  const walker = document.createTreeWalker(node, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  let at = 0;
  for (const text of texts) {
    const end = at + text.data.length;
    if (end > length) {
      const tail = at >= length ? text : text.splitText(length - at);
      const span = el("span", { class: "fresh" });
      tail.replaceWith(span);
      span.append(tail);
    }
    at = end;
  }
}

let labels = 0;

/** An id that no other element has. */
export function newId(prefix) {
  labels += 1;
  return `${prefix}-${labels}`;
}

export function time(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

/** A colour of our own for a name: one of ten classes. */
export function tint(name) {
  let sum = 0;
  for (const letter of String(name)) sum = (sum * 31 + letter.codePointAt(0)) % 997;
  return `tint-${sum % 8}`;
}

export function avatar(name, { bot = false } = {}) {
  const letters = name.split(/\s+/).slice(0, 2).map((each) => [...each][0] ?? "").join("");
  return el("span", { class: `avatar ${bot ? "bot" : tint(name)}`, "aria-hidden": "true" }, bot ? icon("bolt") : letters);
}
