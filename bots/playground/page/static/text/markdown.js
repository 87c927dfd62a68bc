// Standard Markdown as Slack shows it in `markdown_text`, as elements. HTML in it stays text.

import { el } from "../dom.js";
import { link } from "./links.js";

const FENCE = /^ {0,3}(```+|~~~+)\s*(\S*)/;
const ITEM = /^(\s*)([-*+•]|\d{1,9}[.)])\s+(.*)$/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*\s*$/;
const RULE = /^ {0,3}([-*_])(?:\s*\1){2,}\s*$/;
const QUOTE = /^ {0,3}>\s?(.*)$/;
const ROW = /^\s*\|(.+)\|\s*$/;

/** Block elements for a text. */
export function markdown(text) {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const blocks = [];
  let at = 0;
  while (at < lines.length) {
    const [block, next] = readBlock(lines, at);
    if (block) blocks.push(block);
    at = next;
  }
  return blocks;
}

function readBlock(lines, at) {
  const line = lines[at];
  if (!line.trim()) return [null, at + 1];
  if (FENCE.test(line)) return code(lines, at);
  const heading = HEADING.exec(line);
  if (heading) return [el("p", { class: "heading" }, el("strong", {}, inline(heading[2]))), at + 1];
  if (RULE.test(line)) return [el("hr"), at + 1];
  if (QUOTE.test(line)) return quote(lines, at);
  if (ITEM.test(line)) return items(lines, at);
  if (ROW.test(line) && /^\s*\|[\s:|-]+\|\s*$/.test(lines[at + 1] ?? "")) return table(lines, at);
  return paragraph(lines, at);
}

function code(lines, at) {
  const mark = FENCE.exec(lines[at])[1];
  const body = [];
  for (at += 1; at < lines.length && !lines[at].trim().startsWith(mark); at += 1) body.push(lines[at]);
  return [el("pre", { tabindex: "0" }, el("code", { text: body.join("\n") })), at + 1];
}

function quote(lines, at) {
  const body = [];
  for (; at < lines.length && QUOTE.test(lines[at]); at += 1) body.push(QUOTE.exec(lines[at])[1]);
  return [el("blockquote", {}, markdown(body.join("\n"))), at];
}

function items(lines, at) {
  const [, indent, sign] = ITEM.exec(lines[at]);
  const isOrdered = /\d/.test(sign);
  const node = el(isOrdered ? "ol" : "ul", isOrdered && parseInt(sign, 10) !== 1 ? { start: parseInt(sign, 10) } : {});
  while (at < lines.length) {
    const match = ITEM.exec(lines[at]);
    if (!match || match[1].length < indent.length || (match[1].length === indent.length && /\d/.test(match[2]) !== isOrdered)) break;
    if (match[1].length > indent.length && node.lastElementChild) {
      const [inner, next] = items(lines, at);
      node.lastElementChild.append(inner);
      at = next;
      continue;
    }
    const words = [match[3]];
    for (at += 1; at < lines.length && lines[at].trim() && /^\s+/.test(lines[at]) && !ITEM.test(lines[at]); at += 1) words.push(lines[at].trim());
    node.append(el("li", {}, inline(words.join("\n"))));
    if (at < lines.length && !lines[at].trim() && ITEM.test(lines[at + 1] ?? "")) at += 1;
  }
  return [node, at];
}

function table(lines, at) {
  const cells = (line) => ROW.exec(line)[1].split("|").map((each) => each.trim());
  const head = el("tr", {}, cells(lines[at]).map((each) => el("th", { scope: "col" }, inline(each))));
  const body = el("tbody");
  for (at += 2; at < lines.length && ROW.test(lines[at]); at += 1) {
    body.append(el("tr", {}, cells(lines[at]).map((each) => el("td", {}, inline(each)))));
  }
  return [el("table", {}, el("thead", {}, head), body), at];
}

function paragraph(lines, at) {
  const body = [];
  while (at < lines.length && lines[at].trim() && !(body.length && [FENCE, HEADING, RULE, QUOTE, ITEM].some((each) => each.test(lines[at])))) {
    body.push(lines[at]);
    at += 1;
  }
  return [el("p", {}, inline(body.join("\n"))), at];
}

const PLAIN = /^[^\\`*_~[<h]+/; // nothing in it can begin a mark
const MARKS = [
  [/^\\([\\`*_{}[\]()#+\-.!~|>])/, (match) => match[1]],
  [/^(`+)([^]*?[^`])\1(?!`)/, (match) => el("code", { text: match[2].replace(/^ (.*) $/, "$1") })],
  [/^(\*\*|__)(?=\S)([^]*?\S)\1/, (match) => el("strong", {}, inline(match[2]))],
  [/^~~(?=\S)([^]*?\S)~~/, (match) => el("s", {}, inline(match[1]))],
  [/^\*(?=\S)([^*]*?\S)\*(?!\*)/, (match) => el("em", {}, inline(match[1]))],
  [/^_(?=\S)([^_]*?\S)_(?![_\p{L}\p{N}])/u, (match) => el("em", {}, inline(match[1]))],
  [/^\[([^\]]+)\]\(\s*<?([^\s)>]+)>?(?:\s+"[^"]*")?\s*\)/, (match) => link(match[2], inline(match[1]))],
  [/^<(https?:\/\/[^\s<>]+|mailto:[^\s<>]+)>/, (match) => link(match[1], match[1])],
  [/^https?:\/\/[^\s<>]*[^\s<>.,;:!?"')\]*_]/, (match) => link(match[0], match[0])],
];

/** Text nodes and elements for a stretch of text within a block. */
export function inline(text) {
  const nodes = [];
  let plain = "";
  let rest = text;
  while (rest) {
    const found = MARKS.map(([pattern, build]) => [pattern.exec(rest), build]).find(([match]) => match);
    // an underscore within a word is no mark
    const isInWord = found && rest[0] === "_" && /[\p{L}\p{N}]$/u.test(plain);
    if (found && !isInWord) {
      if (plain) nodes.push(plain);
      plain = "";
      nodes.push(found[1](found[0]));
      rest = rest.slice(found[0][0].length);
    } else {
      const run = PLAIN.exec(rest)?.[0] ?? rest[0];
      plain += run;
      rest = rest.slice(run.length);
    }
  }
  if (plain) nodes.push(plain);
  return nodes;
}
