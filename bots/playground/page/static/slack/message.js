// One Slack message.

import { avatar, el, freshen, icon, iconButton, time } from "../dom.js";
import { editor } from "../composer.js";
import { dots, emojiPicker, tools } from "../messages.js";
import { EMOJI, shownEmoji } from "../text/emoji.js";
import { markdown } from "../text/markdown.js";
import { mrkdwn, readable } from "../text/mrkdwn.js";
import { block } from "./blocks.js";
import { isOurs, names, said, userName } from "./workspace.js";

const PLACEHOLDER = "…"; // what the assistant puts up before it has words

/** An item for `list`: how a person sees a message, with what they can do to it. */
export function messageItem(view, state, channel, message, { inThread, replies = [], status = null }) {
  const isOwn = message.user === view.person;
  const open = view.open?.ts === message.ts ? view.open.kind : "";
  const pressed = view.pressed.get(message.ts) ?? "";
  const lastReply = replies.at(-1);
  const look = JSON.stringify([message, open, pressed, replies.length, lastReply?.ts, status, view.person, inThread]);
  return {
    key: message.ts,
    look,
    build(before) {
      const name = userName(state, message.user);
      const body = open === "edit" ? editing(view, state, channel, message) : content(view, state, channel, message, pressed);
      if (message.streaming && before) freshen(body, Number(before.dataset.length ?? 0));
      const node = el(
        "article",
        { class: `message ${isOurs(state, message) ? "ours" : ""} ${message.ephemeral_to ? "ephemeral" : ""}`, "aria-busy": message.streaming ? "true" : null, "aria-label": `${name}, ${time(Number(message.ts))}`, data: { length: body.textContent.length } },
        avatar(name, { bot: isOurs(state, message) }),
        el(
          "div",
          { class: "body" },
          el("p", { class: "who" }, el("strong", { text: name }), isOurs(state, message) ? el("span", { class: "badge", text: "App" }) : null, el("time", { text: time(Number(message.ts)) }), message.edited ? el("span", { class: "faint", text: "(edited)" }) : null),
          message.ephemeral_to ? el("p", { class: "faint", text: "Only visible to you" }) : null,
          body,
          files(message),
          reactions(view, channel, message),
          open === "react" ? emojiPicker(Object.entries(EMOJI), (emoji) => view.react(channel, message, emoji), () => view.close()) : null,
          !inThread && replies.length ? thread(view, state, message, replies, status) : null,
          !inThread && !replies.length && status ? el("p", { class: "status" }, dots(), `${state.bot.name} ${status.status || "is at work…"}`) : null,
        ),
        open === "edit" ? null : toolbar(view, state, channel, message, isOwn, inThread),
      );
      return node;
    },
  };
}

function content(view, state, channel, message, pressed) {
  const body = el("div", { class: "content" });
  const context = { names: names(state), press: (id, value) => view.press(channel, message, id, value), pressed: (value) => value === pressed };
  const text = message.markdown;
  if (text !== null) body.append(el("div", { class: `text ${message.streaming ? "growing" : ""}` }, markdown(text)));
  else if (!message.blocks.length || message.blocks.every((each) => each.type === "rich_text")) {
    body.append(el("div", { class: "text plain" }, isOurs(state, message) && message.text === PLACEHOLDER ? dots() : mrkdwn(message.text, names(state))));
  }
  const rest = message.blocks.filter((each) => (text === null ? each.type !== "rich_text" : each.type !== "markdown"));
  body.append(...rest.map((each) => block(each, context)));
  if (message.streaming && !said(message).trim()) body.append(dots());
  return body;
}

function editing(view, state, channel, message) {
  return editor(readable(message.text, names(state)), (text) => view.edit(channel, message, text), () => view.close());
}

function thread(view, state, message, replies, status) {
  const label = `${replies.length} ${replies.length === 1 ? "reply" : "replies"}`;
  const faces = [...new Set(replies.map((each) => each.user))].slice(0, 3);
  return el(
    "button",
    { type: "button", class: "replies", on: { click: () => view.openThread(message.ts) } },
    faces.map((each) => avatar(userName(state, each), { bot: each === state.bot.user })),
    el("strong", { text: label }),
    el("span", { class: "faint", text: status ? `${state.bot.name} ${status.status || "is at work…"}` : `Last at ${time(Number(replies.at(-1).ts))}` }),
  );
}

function files(message) {
  if (!message.files.length) return null;
  return el("div", { class: "files" }, message.files.map((file) => attachment(file)));
}

function attachment(file) {
  const address = `/playground/slack/files/${encodeURIComponent(file.id)}`;
  if (/^image\/(png|jpeg|gif|webp)$/.test(file.mimetype)) return el("a", { href: address, download: file.name, class: "picture" }, el("img", { src: address, alt: file.name }));
  return el("a", { href: address, download: file.name, class: "chip" }, icon("file"), file.name);
}

function reactions(view, channel, message) {
  if (!message.reactions.length) return null;
  return el(
    "div",
    { class: "reactions" },
    message.reactions.map((each) =>
      el(
        "button",
        { type: "button", "aria-pressed": String(each.users.includes(view.person)), "aria-label": `${each.name}, ${each.users.length}`, on: { click: () => view.react(channel, message, each.name) } },
        shownEmoji(each.name),
        el("span", { text: String(each.users.length) }),
      ),
    ),
    iconButton("smile", "Add a reaction", () => view.show("react", message.ts)),
  );
}

function toolbar(view, state, channel, message, isOwn, inThread) {
  if (message.ephemeral_to) return null;
  const isDirect = channel.kind === "im";
  return tools(
    [
      ["smile", "React", () => view.show("react", message.ts)],
      !inThread && !isDirect && ["thread", "Reply in thread", () => view.openThread(message.ts)],
      isOwn && ["edit", "Edit", () => view.show("edit", message.ts)],
      isOwn && ["trash", "Delete", () => view.remove(channel, message)],
      isOurs(state, message) && ["inspect", "Inspect this answer", () => view.inspect(channel, message)],
    ].filter(Boolean),
  );
}
