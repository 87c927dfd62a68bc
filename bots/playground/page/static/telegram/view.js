// Telegram as one person sees it: the chat with the bot, groups, topics, and business chats.

import { act, encoded } from "../api.js";
import { Composer } from "../composer.js";
import { avatar, button, el, fill, icon, iconButton } from "../dom.js";
import { chooser, dots, messageLog, showMessages } from "../messages.js";
import { attempt } from "../notices.js";
import { recorder } from "../recorder.js";
import { world } from "../world.js";
import { placeMenu } from "./menu.js";
import { draftItem, messageItem } from "./message.js";
import { PLATFORM, draftIn, isOurs, keyOf, messagesIn, personName, placesOf, recorded, stopButton } from "./places.js";

const PHOTO = /^image\/(png|jpeg|webp)$/;
const KINDS = [["image/", "photo"], ["audio/ogg", "voice"], ["audio/", "audio"], ["video/", "video"]];

export class TelegramView {
  platform = PLATFORM;
  /** What is open under a message: { kind: "edit" | "react", id }. */
  open = null;
  pressed = new Map();
  #key = null;
  #replying = null;
  #isStarting = false;
  #seen = new Map();

  constructor({ person, inspect }) {
    this.person = person;
    this.onInspect = inspect;
    this.who = el("div", { class: "who-am-i" });
    this.title = el("h3", { class: "place-title" });
    this.bar = el("div", { class: "place-bar" });
    this.nav = el("nav", { class: "sidebar", "aria-label": "Chats" });
    this.log = messageLog("Messages");
    this.status = el("div", { class: "status-line", role: "status" });
    this.start = button("Start", () => this.#start(), { class: "start" });
    this.composer = new Composer({
      label: "Message",
      placeholder: "Message",
      send: (text, files) => this.#send(text, files),
      offers: () => this.#offers(),
      editLast: () => this.#editLast(),
    });
    this.main = el("div", { class: "pane" }, el("div", { class: "pane-head" }, iconButton("menu", "Chats", () => this.#toggleNav(), { class: "icon-button narrow-only" }), this.title, this.bar), this.log, this.status, this.start, this.composer.element);
    this.element = el(
      "section",
      { class: "chat telegram", "aria-label": "Telegram" },
      el("header", { class: "chat-head" }, el("span", { class: "brand-telegram", "aria-hidden": "true" }, icon("send")), el("h2", { text: "Telegram" }), this.who),
      el("div", { class: "chat-body" }, this.nav, this.main),
    );
    this.main.addEventListener("pointerdown", (event) => {
      if (!event.target.closest(".narrow-only")) this.nav.classList.remove("is-open");
    });
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.nav.classList.contains("is-open")) this.#toggleNav();
    });
    this.render();
  }

  focus() {
    (this.start.hidden ? this.composer : this.start).focus();
  }

  // What a person chooses to look at

  choosePerson(person) {
    this.person = Number(person);
    this.#key = null;
    this.#replying = null;
    this.open = null;
    this.render();
  }

  #go(key) {
    this.#key = key;
    this.#replying = null;
    this.open = null;
    this.nav.classList.remove("is-open");
    this.render();
    this.focus();
  }

  show(kind, id) {
    this.open = this.open?.id === id && this.open.kind === kind ? null : { kind, id };
    this.render();
  }

  close() {
    this.open = null;
    this.render();
    this.focus();
  }

  reply(message) {
    this.#replying = message.id;
    this.render();
    this.focus();
  }

  inspect(place, message) {
    this.onInspect(this.#post(world.state.telegram, place, message));
  }

  /** The newest answer that this person sees here, to be inspected. */
  newest() {
    const state = world.state.telegram;
    const place = state && this.#place(state);
    const message = place && messagesIn(place).filter((each) => isOurs(state, each) && !Object.keys(each.service).length).at(-1);
    return message && this.#post(state, place, message);
  }

  #post(state, place, message) {
    const tenant = place.business ? `${state.bot.id}/${place.business}` : String(state.bot.id);
    return { platform: PLATFORM, tenant, channel: String(place.chat), thread: place.topic === null ? "" : String(place.topic), post: String(message.id) };
  }

  #toggleNav() {
    this.nav.classList.toggle("is-open");
    if (this.nav.classList.contains("is-open")) this.nav.querySelector("[aria-current]")?.focus();
  }

  // What a person does

  #start() {
    this.#isStarting = true;
    attempt(() => act(PLATFORM, "start", { person: this.person }));
  }

  async #send(text, files) {
    const state = world.state.telegram;
    const place = this.#place(state);
    const replied = messagesIn(place).find((each) => each.id === this.#replying);
    return attempt(async () => {
      await act(PLATFORM, "send", {
        person: this.person,
        chat: place.chat,
        text,
        topic: place.topic,
        reply_to: replied?.id ?? null,
        business: place.business,
        files: await Promise.all(files.map(upload)),
      });
      this.#replying = null;
      this.#recordSaying(state, place, text, replied, files);
      this.render();
    });
  }

  #recordSaying(state, place, text, replied, files) {
    const mention = new RegExp(`@${state.bot.username}[,:]?\\s*`, "i");
    const isAddressed = place.kind === "bot" || mention.test(text) || Boolean(replied && isOurs(state, replied));
    const where = recorded(state, this.person, place);
    if (files.length || text.startsWith("/")) where.at = null;
    const words = { says: text.replace(mention, "").trim() };
    if (!isAddressed) words.to_the_assistant = false;
    recorder.did(PLATFORM, where, words, isAddressed);
  }

  async edit(place, message, text) {
    const state = world.state.telegram;
    const done = await attempt(() => act(PLATFORM, "edit", { person: this.person, chat: place.chat, message_id: message.id, text, business: place.business }));
    if (!done) return;
    this.#record(state, place, { edits: text.replace(new RegExp(`@${state.bot.username}[,:]?\\s*`, "i"), "").trim() }, true);
    this.close();
  }

  async remove(place, message) {
    if (await attempt(() => act(PLATFORM, "delete", { chat: place.chat, message_id: message.id, business: place.business }))) this.#record(world.state.telegram, place, { deletes: true });
  }

  async react(place, message, emoji) {
    const mine = message.reactions[this.person] ?? [];
    this.open = null;
    await attempt(() => act(PLATFORM, "react", { person: this.person, chat: place.chat, message_id: message.id, emoji: mine.includes(emoji) ? [] : [emoji], business: place.business }));
    this.render();
  }

  async press(place, message, data) {
    if (!(await attempt(() => act(PLATFORM, "click", { person: this.person, chat: place.chat, message_id: message.id, data, business: place.business })))) return;
    const verdict = /^(good|bad):/.exec(data)?.[1];
    if (verdict) {
      this.pressed.set(`${place.chat} ${message.id}`, data);
      this.#record(world.state.telegram, place, { rates: verdict });
      this.render();
    } else if (data === "stop") this.#record(world.state.telegram, place, { stops: true });
    else recorder.did(PLATFORM, { at: null }, {});
  }

  async stop() {
    const state = world.state.telegram;
    const place = this.#place(state);
    if (draftIn(state, place)?.can_stop) {
      if (await attempt(() => act(PLATFORM, "stop", { chat: place.chat, topic: place.topic }))) this.#record(state, place, { stops: true });
      return;
    }
    const growing = messagesIn(place).filter(stopButton).at(-1);
    if (growing) await this.press(place, growing, "stop");
  }

  /** `state` is how things were before. */
  #record(state, place, step, isAnswered = false) {
    recorder.did(PLATFORM, recorded(state, this.person, place), step, isAnswered);
  }

  #editLast() {
    const mine = messagesIn(this.#place(world.state.telegram)).filter((each) => each.sender === this.person && !Object.keys(each.service).length).at(-1);
    if (mine) this.show("edit", mine.id);
  }

  #offers() {
    const state = world.state.telegram;
    const commands = state.commands.find((each) => each.commands.length)?.commands ?? [];
    return [
      ...commands.map((each) => ({ insert: `/${each.command}`, note: each.description })),
      { insert: `@${state.bot.username}`, note: "the assistant" },
      ...state.people.filter((each) => each.username).map((each) => ({ insert: `@${each.username}`, note: each.first_name })),
    ];
  }

  // How it looks

  #place(state) {
    const places = placesOf(state, this.person);
    return places.find((each) => keyOf(each) === this.#key) ?? places[0];
  }

  render() {
    const state = world.state.telegram;
    this.main.hidden = !state;
    if (!state) return;
    if (!state.people.some((each) => each.id === this.person)) this.person = state.people[0].id;
    const place = this.#place(state);
    const chat = place.body;
    const isNew = place.kind === "bot" && !chat.started;
    fill(this.who, JSON.stringify([this.person, state.people]), () => [
      avatar(personName(state, this.person)),
      chooser("You are", state.people.map((each) => [String(each.id), each.first_name]), String(this.person), (person) => this.choosePerson(person)),
    ]);
    this.#renderNav(state, place);
    fill(this.title, JSON.stringify([keyOf(place), place.title]), () => [place.kind === "topic" ? `${place.body.title ?? ""}${place.body.title ? " › " : ""}${place.title}` : place.title]);
    fill(this.bar, JSON.stringify([keyOf(place), state.settings, state.businesses, chat?.blocked, chat?.topics, state.people.length, this.person]), () => [
      el("span", { class: "faint members", text: note(place) }),
      placeMenu(state, this.person, place),
    ]);
    this.#renderMessages(state, place);
    this.#renderStatus(state, place);
    this.start.hidden = !isNew;
    this.composer.element.hidden = isNew;
    if (this.#isStarting && !isNew) {
      this.#isStarting = false;
      this.composer.focus();
    }
    this.#renderReply(state, place);
    this.composer.describe(`Message to ${place.title}`, placeholder(state, place));
  }

  #renderNav(state, current) {
    const places = placesOf(state, this.person);
    for (const place of places) {
      const newest = messagesIn(place).filter((each) => each.sender !== this.person || each.by_bot).at(-1)?.id ?? 0;
      const key = `${this.person} ${keyOf(place)}`;
      if (keyOf(place) === keyOf(current) || !this.#seen.has(key)) this.#seen.set(key, newest);
      place.isNew = newest > this.#seen.get(key);
      place.last = messagesIn(place).at(-1);
    }
    const look = places.map((each) => [keyOf(each), each.title, each.isNew, each.last?.text, each.last?.date]);
    fill(this.nav, JSON.stringify([look, keyOf(current)]), () =>
      places.map((place) =>
        el(
          "button",
          { type: "button", class: `place ${place.kind} ${place.isNew ? "is-new" : ""}`, "aria-current": keyOf(place) === keyOf(current) ? "page" : null, on: { click: () => this.#go(keyOf(place)) } },
          place.kind === "topic" ? icon("hash") : avatar(place.title, { bot: place.kind === "bot" }),
          el("span", { class: "name" }, el("strong", { text: place.title }), place.kind === "topic" ? null : el("small", { text: preview(place) })),
          place.isNew ? el("span", { class: "dot" }, el("span", { class: "hidden", text: "new messages" })) : null,
        ),
      ),
    );
  }

  #renderMessages(state, place) {
    const shown = messagesIn(place);
    const items = shown.map((message, number) => {
      const above = shown[number - 1];
      return messageItem(this, state, place, message, {
        answered: shown.find((each) => each.id === message.reply_to),
        isFollowing: Boolean(above) && above.sender === message.sender && above.by_bot === message.by_bot && !Object.keys(above.service).length,
      });
    });
    const draft = draftIn(state, place);
    if (draft) items.push(draftItem(state, draft));
    if (!items.length) items.push({ key: "empty", look: keyOf(place), build: () => el("p", { class: "service" }, el("span", { text: emptyWords(state, place) })) });
    this.log.setAttribute("aria-label", `Messages in ${place.title}`);
    showMessages(this.log, items, `${this.person} ${keyOf(place)}`);
  }

  #renderStatus(state, place) {
    const draft = draftIn(state, place);
    const isTyping = !place.business && place.body?.typing_in.some((each) => (each ?? null) === place.topic);
    fill(this.status, JSON.stringify([draft?.can_stop ?? null, isTyping]), () => {
      if (!draft && !isTyping) return [];
      return [
        dots(),
        el("span", { text: `${state.bot.first_name} is ${draft ? "writing" : "typing"}…` }),
        draft?.can_stop ? el("button", { type: "button", class: "stop", title: "Stop (Ctrl+.)", on: { click: () => this.stop() } }, icon("stop"), "Stop") : null,
      ];
    });
  }

  #renderReply(state, place) {
    const message = messagesIn(place).find((each) => each.id === this.#replying);
    fill(this.composer.above, JSON.stringify([message?.id]), () =>
      message
        ? el("div", { class: "replying" }, icon("reply"), el("span", { text: `Reply to ${personName(state, message.sender)}: ${message.text.slice(0, 80)}` }), iconButton("close", "Do not reply", () => { this.#replying = null; this.render(); this.focus(); }))
        : [],
    );
  }
}

async function upload(file) {
  const { name, data, mime } = await encoded(file);
  const kind = PHOTO.test(mime) ? "photo" : (KINDS.find(([start, each]) => each !== "photo" && mime.startsWith(start))?.[1] ?? "document");
  return { kind, name, data, mime };
}

function note(place) {
  if (place.kind === "bot") return place.body.blocked ? "blocked" : "bot";
  if (place.kind === "business" || place.kind === "customer") return "business chat";
  return `${place.body.members.length} members`;
}

function preview(place) {
  if (!place.last) return place.kind === "business" ? "Write as a customer" : "No messages yet";
  if (place.last.text) return place.last.text.slice(0, 60);
  return Object.keys(place.last.media).length ? "A file" : "…";
}

function placeholder(state, place) {
  if (place.kind === "group" || place.kind === "forum" || place.kind === "topic") return `Message; @${state.bot.username} asks the assistant`;
  return "Message, or / for commands";
}

function emptyWords(state, place) {
  if (place.kind === "bot") return "What can this bot do? Press Start to find out.";
  if (place.kind === "business") return `Write as a customer: the bot answers in the owner’s name.`;
  return "No messages here yet.";
}
