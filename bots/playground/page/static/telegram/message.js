// One Telegram message, or the draft of one.

import { editor } from "../composer.js";
import { avatar, el, freshen, icon, time, tint } from "../dom.js";
import { dots, emojiPicker, tools } from "../messages.js";
import { TELEGRAM_EMOJI } from "../text/emoji.js";
import { withEntities } from "../text/entities.js";
import { isOurs, personName } from "./places.js";

const PLACEHOLDER = "…"; // what the assistant puts up before it has words
const PICTURES = ["photo", "sticker"];

/** An item for `list`: how a person sees a message, with what they can do to it. */
export function messageItem(view, state, place, message, { answered, isFollowing }) {
  const open = view.open?.id === message.id ? view.open.kind : "";
  const pressed = view.pressed.get(`${place.chat} ${message.id}`) ?? "";
  const look = JSON.stringify([message, open, pressed, answered?.text, isFollowing, view.person]);
  return {
    key: `m${message.id}`,
    look,
    build(before) {
      if (Object.keys(message.service).length) return service(state, message);
      const isOwn = message.sender === view.person && !message.by_bot;
      const isGrowing = message.buttons.flat().some((each) => each.callback_data === "stop");
      const isPlaceholder = isOurs(state, message) && message.text === PLACEHOLDER;
      const text = el("div", { class: `text plain ${isGrowing && !isPlaceholder ? "growing" : ""}` }, open === "edit" ? editing(view, place, message) : isPlaceholder ? dots() : withEntities(message.text, message.entities));
      if (isGrowing && before) freshen(text, Number(before.dataset.length ?? 0));
      const name = personName(state, message.by_bot ? state.bot.id : message.sender);
      return el(
        "article",
        { class: `bubble ${isOwn ? "own" : ""} ${isOurs(state, message) ? "ours" : ""} ${isFollowing ? "following" : ""} ${message.album ? "album" : ""}`, "aria-label": `${name}, ${time(message.date)}`, "aria-busy": isGrowing ? "true" : null, data: { length: text.textContent.length } },
        isOwn ? null : avatar(name, { bot: isOurs(state, message) }),
        el(
          "div",
          { class: "body" },
          el(
            "div",
            { class: "paper" },
            isOwn || isFollowing || place.kind === "bot" ? null : el("p", { class: `who ${tint(name)}`, text: message.by_bot ? `${name} for ${personName(state, message.sender)}` : name }),
            message.forward ? el("p", { class: "faint", text: "Forwarded" }) : null,
            answered ? el("p", { class: "quoted" }, el("strong", { text: personName(state, answered.sender) }), el("span", { text: answered.text || "A file" })) : null,
            media(message),
            text,
            el("p", { class: "meta" }, message.edited && isOwn ? "edited " : "", el("time", { text: time(message.date) })),
          ),
          keyboard(view, place, message, pressed),
          reactions(view, place, message),
          open === "react" ? emojiPicker(TELEGRAM_EMOJI.map((each) => [each, each]), (emoji) => view.react(place, message, emoji), () => view.close()) : null,
        ),
        open === "edit" ? null : toolbar(view, state, place, message, isOwn),
      );
    },
  };
}

/** What the bot is writing, growing as it writes. */
export function draftItem(state, draft) {
  return {
    key: `draft${draft.id}`,
    look: JSON.stringify([draft.text, draft.entities]),
    build(before) {
      const text = el("div", { class: "text plain growing" }, withEntities(draft.text, draft.entities));
      if (before) freshen(text, Number(before.dataset.length));
      return el(
        "article",
        { class: "bubble ours draft", "aria-busy": "true", "aria-label": `${state.bot.first_name} is writing`, data: { length: draft.text.length } },
        avatar(state.bot.first_name, { bot: true }),
        el("div", { class: "body" }, el("div", { class: "paper" }, draft.text ? text : dots())),
      );
    },
  };
}

function service(state, message) {
  const who = personName(state, message.sender);
  const [kind, detail] = Object.entries(message.service)[0];
  const names = (users) => [users].flat().map((each) => each.first_name).join(", ");
  const words = {
    forum_topic_created: () => `${who} opened the topic “${detail.name}”`,
    forum_topic_closed: () => `${who} closed the topic`,
    forum_topic_reopened: () => `${who} opened the topic again`,
    group_chat_created: () => `${who} created the group`,
    new_chat_members: () => `${names(detail)} joined`,
    left_chat_member: () => `${names(detail)} left`,
  };
  return el("p", { class: "service" }, el("span", { text: words[kind]?.() ?? kind.replaceAll("_", " ") }));
}

function media(message) {
  const [kind, shown] = Object.entries(message.media)[0] ?? [];
  if (!kind) return null;
  const file = Array.isArray(shown) ? shown.at(-1) : shown;
  const address = `/playground/telegram/files/${encodeURIComponent(file.file_id)}`;
  const name = file.file_name ?? `${kind}`;
  if (PICTURES.includes(kind)) return el("a", { href: address, download: `${kind}.jpg`, class: "picture" }, el("img", { src: address, alt: "A photo" }));
  return el("a", { href: address, download: name, class: "chip" }, icon("file"), el("span", { text: name }), el("span", { class: "faint", text: size(file.file_size) }));
}

const size = (bytes) => (bytes < 1024 ? `${bytes} B` : bytes < 1048576 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1048576).toFixed(1)} MB`);

function keyboard(view, place, message, pressed) {
  if (!message.buttons.length) return null;
  return el(
    "div",
    { class: "keyboard", role: "group", "aria-label": "Buttons under the message" },
    message.buttons.map((row) =>
      el("div", { class: "keys" }, row.map((key) => el("button", { type: "button", text: key.text, "aria-label": LABELS[key.text], "aria-pressed": pressed && pressed === key.callback_data ? "true" : null, on: { click: () => view.press(place, message, key.callback_data) } }))),
    ),
  );
}

const LABELS = { "👍": "Good answer", "👎": "Bad answer", "↻": "Answer again" };

function reactions(view, place, message) {
  const counted = new Map();
  for (const [user, emoji] of Object.entries(message.reactions)) for (const each of emoji) counted.set(each, [...(counted.get(each) ?? []), Number(user)]);
  if (!counted.size) return null;
  return el(
    "div",
    { class: "reactions" },
    [...counted].map(([emoji, users]) =>
      el("button", { type: "button", "aria-pressed": String(users.includes(view.person)), "aria-label": `${emoji}, ${users.length}`, on: { click: () => view.react(place, message, emoji) } }, emoji, el("span", { text: String(users.length) })),
    ),
  );
}

function editing(view, place, message) {
  return editor(message.text, (text) => view.edit(place, message, text), () => view.close());
}

function toolbar(view, state, place, message, isOwn) {
  return tools(
    [
      ["smile", "React", () => view.show("react", message.id)],
      ["reply", "Reply", () => view.reply(message)],
      isOwn && ["edit", "Edit", () => view.show("edit", message.id)],
      isOwn && ["trash", "Delete", () => view.remove(place, message)],
      isOurs(state, message) && ["inspect", "Inspect this answer", () => view.inspect(place, message)],
    ].filter(Boolean),
  );
}
