// Slack's own notation, in what people write and in most blocks
// (docs.slack.dev/messaging/formatting-message-text).

import { el } from "../dom.js";
import { link } from "./links.js";

/** `names` finds what to show for a user or a channel: `{ user(id), channel(id) }`. */
export function mrkdwn(text, names) {
  const nodes = [];
  for (const part of text.split(/(```[^]*?```)/)) {
    if (part.startsWith("```") && part.length >= 6) {
      nodes.push(el("pre", { tabindex: "0" }, el("code", { text: unescape(part.slice(3, -3).replace(/^\n|\n$/g, "")) })));
    } else nodes.push(...lines(part, names));
  }
  return nodes;
}

function lines(text, names) {
  const nodes = [];
  let quoted = null;
  for (const [number, line] of text.split("\n").entries()) {
    const match = /^&gt;\s?(.*)$/.exec(line);
    if (match) {
      if (!quoted) nodes.push((quoted = el("blockquote")));
      else quoted.append("\n");
      quoted.append(...inline(match[1], names));
      continue;
    }
    if (number && !quoted) nodes.push("\n");
    quoted = null;
    nodes.push(...inline(line, names));
  }
  return nodes;
}

const PLAIN = /^[^`<*_~]+/; // nothing in it can begin a mark
const MARKS = [
  [/^`([^`]+)`/, (match) => el("code", { text: unescape(match[1]) })],
  [/^<([^<>]+)>/, (match, names) => token(match[1], names)],
  [/^\*(?=\S)([^*\n]*\S)\*(?!\p{L})/u, (match, names) => el("strong", {}, inline(match[1], names))],
  [/^_(?=\S)([^_\n]*\S)_(?!\p{L})/u, (match, names) => el("em", {}, inline(match[1], names))],
  [/^~(?=\S)([^~\n]*\S)~(?!\p{L})/u, (match, names) => el("s", {}, inline(match[1], names))],
];

function inline(text, names) {
  const nodes = [];
  let plain = "";
  let rest = text;
  while (rest) {
    const isInWord = /[\p{L}\p{N}]$/u.test(plain) && /^[*_~]/.test(rest);
    const found = isInWord ? undefined : MARKS.map(([pattern, build]) => [pattern.exec(rest), build]).find(([match]) => match);
    if (found) {
      if (plain) nodes.push(unescape(plain));
      plain = "";
      nodes.push(found[1](found[0], names));
      rest = rest.slice(found[0][0].length);
    } else {
      const run = PLAIN.exec(rest)?.[0] ?? rest[0];
      plain += run;
      rest = rest.slice(run.length);
    }
  }
  if (plain) nodes.push(unescape(plain));
  return nodes;
}

function token(text, names) {
  const [target, label] = text.split("|");
  if (target.startsWith("@")) return el("span", { class: "mention", text: `@${names.user(target.slice(1))}` });
  if (target.startsWith("#")) return el("span", { class: "mention", text: `#${label || names.channel(target.slice(1))}` });
  if (target.startsWith("!")) return el("span", { class: "mention", text: `@${label || target.slice(1)}` });
  return link(target, unescape(label || target));
}

export function unescape(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/** What Slack's composer sends for what a person typed; `mentions` maps names to ids. */
export function typed(text, mentions) {
  let sent = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  for (const [name, id] of [...mentions].sort((a, b) => b[0].length - a[0].length)) {
    sent = sent.replace(new RegExp(`@${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\p{L}\\p{N}])`, "giu"), `<@${id}>`);
  }
  return sent;
}

/** The other way round, to edit a message. */
export function readable(text, names) {
  return unescape(text.replace(/<@([^<>|]+)[^<>]*>/g, (_, id) => `@${names.user(id)}`));
}
