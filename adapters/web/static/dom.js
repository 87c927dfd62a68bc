// Making elements. Nothing here turns text into HTML.

/** An element. `props`: `class`, `text`, `on` (listeners), and attributes; false and null are left out. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "on") for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else if (name === "text") node.textContent = value;
    else if (name === "class") node.className = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((each) => each !== null && each !== undefined && each !== false));
  return node;
}

export const button = (label, press, props = {}) => el("button", { type: "button", ...props, on: { click: press } }, label);

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  send: "M3 11.5 21 3l-6 18-3.500-7.500z M11.500 13.500 21 3",
  stop: "M7 7h10v10H7z",
  attach: "M20 11.500 12 19.500a5 5 0 0 1-7-7l8.500-8.500a3.300 3.300 0 0 1 4.700 4.700L10 17a1.700 1.700 0 0 1-2.400-2.400L15 7.500",
  microphone: "M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3 M6 11a6 6 0 0 0 12 0 M12 17v4",
  close: "M6 6l12 12 M18 6 6 18",
  up: "M7 11v9H4v-9z M7 11l4-8a2.500 2.500 0 0 1 2.500 2.500V9h5.500a2 2 0 0 1 2 2.300l-1.200 7a2 2 0 0 1-2 1.700H7",
  down: "M17 13V4h3v9z M17 13l-4 8a2.500 2.500 0 0 1-2.500-2.500V15H5a2 2 0 0 1-2-2.300l1.200-7A2 2 0 0 1 6.200 4H17",
  again: "M19 12a7 7 0 1 1-2-5l2 2 M19 4v5h-5",
  file: "M6 3h8l4 4v14H6z M14 3v4h4",
};

export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button with an icon; its label is read out, and shown when pointed at. */
export const iconButton = (name, label, press, props = {}) =>
  button(icon(name), press, { class: "icon", "aria-label": label, title: label, ...props });

const TAGS = new Set("p strong em s code pre ul ol li blockquote table thead tbody tr th td a br hr".split(" "));
const SCHEMES = new Set(["http:", "https:", "mailto:", "tel:"]);

/** Elements for a text that the server has parsed: strings, and `[tag, attributes, ...children]`. */
export const rendered = (nodes) => nodes.map((node) => (typeof node === "string" ? node : element(node)));

function element([tag, attributes, ...children]) {
  if (!TAGS.has(tag)) return el("span", {}, rendered(children));
  const props = {};
  if (tag === "ol" && attributes.start !== 1) props.start = attributes.start;
  if (tag === "pre") props.tabindex = 0;
  if (tag === "a") Object.assign(props, target(attributes.href));
  return el(tag, props, rendered(children));
}

/** Where a link leads: to the web, mailboxes and telephones, opened apart, telling nobody where from. */
export function target(address) {
  const isSafe = URL.canParse(address) && SCHEMES.has(new URL(address).protocol);
  return isSafe ? { href: address, target: "_blank", rel: "noopener noreferrer" } : {};
}
