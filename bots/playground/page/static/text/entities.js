// Telegram's text with entities, whose offsets count UTF-16 units, as strings here do
// (core.telegram.org/bots/api#messageentity).

import { el } from "../dom.js";
import { link } from "./links.js";

const TAGS = {
  bold: "strong",
  italic: "em",
  underline: "u",
  strikethrough: "s",
  code: "code",
  blockquote: "blockquote",
  expandable_blockquote: "blockquote",
};

export function withEntities(text, entities) {
  const sorted = [...entities].sort((a, b) => a.offset - b.offset || b.length - a.length);
  return stretch(text, sorted, 0, text.length);
}

function stretch(text, entities, start, end) {
  const nodes = [];
  let at = start;
  while (entities.length) {
    const [first, ...others] = entities;
    const from = Math.max(first.offset, at);
    const to = Math.min(first.offset + first.length, end);
    if (from > at) nodes.push(text.slice(at, from));
    const inside = others.filter((each) => each.offset < to);
    entities = others.filter((each) => each.offset >= to);
    if (to > from) nodes.push(dressed(first, text.slice(from, to), stretch(text, inside, from, to)));
    at = Math.max(at, to);
  }
  if (at < end) nodes.push(text.slice(at, end));
  return nodes;
}

function dressed(entity, words, children) {
  switch (entity.type) {
    case "pre":
      return el("pre", { tabindex: "0" }, el("code", {}, children));
    case "text_link":
      return link(entity.url, children);
    case "url":
      return link(/^https?:/i.test(words) ? words : `https://${words}`, children);
    case "email":
      return link(`mailto:${words}`, children);
    case "spoiler":
      return el("span", { class: "spoiler", tabindex: "0" }, children);
    case "mention":
    case "text_mention":
    case "bot_command":
    case "hashtag":
      return el("span", { class: "mention" }, children);
    default:
      return TAGS[entity.type] ? el(TAGS[entity.type], {}, children) : el("span", {}, children);
  }
}
