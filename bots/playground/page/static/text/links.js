// Links that are safe to offer: to the web and to mailboxes, opened apart, telling nobody where from.

import { el } from "../dom.js";

const SCHEMES = new Set(["http:", "https:", "mailto:"]);

export function link(address, ...children) {
  const parsed = URL.parse ? URL.parse(address) : parse(address);
  if (!parsed || !SCHEMES.has(parsed.protocol)) return el("span", {}, ...children);
  return el("a", { href: parsed.href, target: "_blank", rel: "noopener noreferrer" }, ...children);
}

function parse(address) {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}
