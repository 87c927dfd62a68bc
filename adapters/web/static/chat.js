// The chat in the frame: the connection, what stands in the conversation, and the page, put together.

import { Composer } from "./composer.js";
import { Connection } from "./connection.js";
import { Conversation } from "./conversation.js";
import { button, el, iconButton, target } from "./dom.js";
import { Files } from "./files.js";
import { wrap } from "./focus.js";
import { Identity } from "./identity.js";
import { Outbox } from "./outbox.js";
import * as storage from "./storage.js";
import { View } from "./view.js";
import { languageOf, wordsFor } from "./words.js";

const RESTING = 2000; // milliseconds for which an answer in the making may stand without its end
const READ_OUT = 5; // lines kept for screen readers: those that come together are all read

class Chat {
  constructor({ site, token, language, isOpen, covers, tell }) {
    const preferred = language ? [language] : navigator.languages;
    this.language = languageOf(preferred);
    this.words = wordsFor(preferred);
    this.site = site;
    this.tell = tell;
    this.isOpen = isOpen;
    this.begin = { name: "", greeting: [], suggestions: [] };
    this.covers = covers;
    this.state = "begun";
    this.complaint = "";
    this.conversation = new Conversation();
    this.become(token);
    const complain = (sentence) => this.complain(sentence);
    this.files = new Files(this, site);
    this.view = new View({ words: this.words, files: this.files, act: this, complain });
    this.composer = new Composer({
      words: this.words,
      files: this.files,
      say: (text, files) => this.say(text, files),
      stop: () => this.do({ type: "stop" }),
      complain,
    });
    this.connection = new Connection({
      hello: () => ({ type: "hello", token: this.token, site, language: this.language, after: this.conversation.after }),
      heard: (frame) => this.hear(frame),
      changed: (state) => this.changed(state),
    });
    this.build();
    this.connection.open();
  }

  get token() {
    return this.identity.token;
  }

  become(token) {
    const before = this.identity?.owner;
    this.identity = new Identity(token);
    if (this.identity.owner === before) return;
    this.conversation.clear();
    this.outbox = new Outbox(this.identity.owner);
    this.readKey = `read:${this.identity.owner}`;
    this.read = Number(storage.get(this.readKey) ?? 0);
  }

  /** The host site signed a fresh token. */
  identify(token) {
    this.become(token);
    this.connection.open();
  }

  build() {
    const { words } = this;
    document.documentElement.lang = this.language;
    this.title = el("h1", { text: words.title });
    this.people = button(words.people, () => this.command("human", ""), { hidden: true });
    this.notice = el("p", { class: "notice", role: "alert" });
    this.status = el("div", { class: "hidden", role: "status", "aria-atomic": "false" });
    this.passage = el("dialog", { "aria-labelledby": "passage" });
    document.body.append(
      el("header", {}, this.title, this.people, iconButton("close", words.close, () => this.close())),
      el("main", {}, this.view.node, this.notice, this.composer.node),
      this.status,
      this.passage,
    );
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this.passage.open) this.close();
      if (this.covers && !this.passage.open) wrap(event, document.body);
    });
    document.addEventListener("visibilitychange", () => this.show());
    this.opened(this.isOpen, this.covers);
  }

  /** From now on nothing here is read any more, whenever the page gets to hiding it. */
  close() {
    this.opened(false);
    this.tell({ type: "close" });
  }

  /** `covers`: nothing else is in sight. */
  opened(isOpen, covers = false) {
    this.isOpen = isOpen;
    this.covers = covers;
    if (isOpen) {
      this.composer.field.focus();
      this.view.toEnd();
    }
    this.show();
  }

  // --- what the visitor does; kept until the server has it -------------------------------------------------

  say(text, files = []) {
    this.view.isAtEnd = true;
    this.do({ type: "say", text, files: files.map((each) => each.id) }, { text, files });
  }

  press({ id, turn }, { id: choice, label }) {
    this.do({ type: "press", post: id, turn, choice, label }, { text: label, files: [] });
  }

  judge(turn, verdict) {
    this.conversation.verdicts.set(turn, verdict);
    this.do({ type: "rate", turn, verdict });
  }

  command(name, post) {
    this.do({ type: "command", name, post });
  }

  do(frame, shown) {
    const deed = this.outbox.add(frame);
    if (shown) this.shown.set(deed.id, shown);
    this.pump();
    this.show();
  }

  shown = new Map(); // how deeds of this page look until they stand in the conversation

  pump() {
    if (this.state !== "open") return;
    const deed = this.outbox.next();
    if (deed) this.connection.send(deed);
  }

  /** Ask for a passage; where there is no connection, a person asks again. */
  consult(source) {
    this.consulted = source;
    this.connection.send({ type: "read", passage: source.passage });
  }

  // --- what the server tells -------------------------------------------------------------------------------

  hear(frame) {
    HEARD[frame.type]?.call(this, frame);
    this.show();
  }

  changed(state) {
    this.state = state;
    if (state === "lost" || state === "over") this.outbox.again();
    this.show();
  }

  settled(id) {
    const deed = this.outbox.settle(id);
    this.pump();
    return deed;
  }

  complain(sentence) {
    this.complaint = sentence;
    this.show();
  }

  openPassage({ title, text }) {
    this.passage.replaceChildren(
      el("h2", { id: "passage", text: title || this.words.sources }),
      el("p", { class: "passage", text: text || this.words.gone }),
      this.consulted?.link && el("p", {}, el("a", { text: this.words.original, ...target(this.consulted.link) })),
      button(this.words.back, () => this.passage.close(), { autofocus: true }),
    );
    this.passage.showModal();
  }

  // --- the page --------------------------------------------------------------------------------------------

  show() {
    const { conversation, view, words } = this;
    if (!view?.node.isConnected) return;
    this.title.textContent = view.name = this.begin.name || words.title;
    view.show([...this.beginning(), ...this.finished(), ...this.waiting(), ...this.growing()]);
    this.composer.stopper.hidden = !conversation.isWorking;
    const trouble = { lost: words.offline, over: this.reason }[this.state];
    this.notice.textContent = trouble || this.complaint;
    this.count();
  }

  /** Let screen readers say it, once. */
  readOut(line) {
    this.status.append(el("p", { text: line }));
    while (this.status.childElementCount > READ_OUT) this.status.firstChild.remove();
  }

  beginning() {
    if (!this.begin.greeting.length) return [];
    const isNew = !conversationHasBegun(this);
    const build = () => this.view.greeting(this.begin.greeting, isNew ? this.begin.suggestions : []);
    return [{ id: "greeting", look: JSON.stringify([this.begin, isNew]), build }];
  }

  finished() {
    const { conversation, view } = this;
    return conversation.messages.map((item) => {
      if (item.by === "visitor") return { id: item.id, look: "said", build: () => view.visitor(item, false) };
      const sight = conversation.sights.get(item.id);
      if (sight) return { id: item.id, look: JSON.stringify(sight), build: () => view.growing(sight) };
      const verdict = conversation.verdicts.get(item.turn) ?? "none";
      return { id: item.id, look: `${item.seq} ${verdict}`, build: () => view.answer(item, verdict) };
    });
  }

  waiting() {
    const deeds = this.outbox.waiting.filter((each) => !this.conversation.items.has(each.id) && "text label".split(" ").some((name) => name in each));
    return deeds.map((deed) => {
      const shown = this.shown.get(deed.id) ?? { text: deed.text ?? deed.label, files: [] };
      return { id: deed.id, look: "waiting", build: () => this.view.visitor(shown, true) };
    });
  }

  growing() {
    const { conversation, view } = this;
    return [...conversation.sights.values()]
      .filter((sight) => !conversation.items.has(sight.id))
      .map((sight) => ({ id: sight.id, look: JSON.stringify(sight), build: () => view.growing(sight) }));
  }

  /** What was in sight is read; the rest is counted on the launcher. */
  count() {
    const newest = Math.max(0, ...this.conversation.messages.map((each) => each.position));
    if (this.isOpen && !document.hidden && newest > this.read) {
      this.read = newest;
      storage.set(this.readKey, String(newest));
    }
    this.tell({ type: "unread", count: this.conversation.unread(this.read) });
  }
}

const conversationHasBegun = ({ conversation, outbox }) => conversation.items.size > 0 || outbox.waiting.length > 0;

const HEARD = {
  welcome(frame) {
    this.begin = { name: frame.name, greeting: frame.greeting, suggestions: frame.suggestions };
    this.people.hidden = !frame.people;
    this.composer.configure(frame);
    this.conversation.resume(frame);
    this.complaint = "";
    this.outbox.again();
    this.pump();
  },
  item(frame) {
    const news = this.conversation.put(frame);
    this.shown.delete(frame.id);
    if (news) this.readOut(`${this.view.name}: ${news.plain}`);
  },
  sight(frame) {
    if (!this.conversation.sights.has(frame.post)) this.readOut(frame.doing || `${this.view.name} ${this.words.working}`);
    this.conversation.see(frame);
  },
  rest({ post }) {
    this.conversation.rest(post);
    setTimeout(() => {
      this.conversation.forget(post);
      this.show();
    }, RESTING);
  },
  ack({ id }) {
    this.complaint = "";
    this.settled(id);
  },
  refused({ id }) {
    this.composer.restore(this.settled(id)?.text ?? "");
    this.complaint = this.words.refused;
  },
  later({ seconds }) {
    this.complaint = this.words.later;
    setTimeout(() => {
      this.outbox.again();
      this.pump();
    }, seconds * 1000);
  },
  passage(frame) {
    this.openPassage(frame);
  },
  unwelcome({ reason }) {
    this.reason = reason === "expired" ? this.words.expired : this.words.unwelcome;
    if (reason === "expired") this.tell({ type: "expired" });
  },
};

/** The host page says who it is and how to begin; only the one that may frame us is listened to. */
const site = new URLSearchParams(location.search).get("site");
const tell = (message) => parent.postMessage(message, site);
let chat = null;

function begin({ token, language, isOpen, covers, kept }) {
  if (!storage.isOurs) storage.borrow(kept, (key, value) => tell({ type: "keep", key, value }));
  return new Chat({ site, token, language, isOpen, covers, tell });
}

addEventListener("message", ({ source, origin, data }) => {
  if (source !== parent || origin !== site) return;
  if (data.type === "begin") chat ??= begin(data);
  else if (data.type === "open") chat?.opened(true, data.covers);
  else if (data.type === "close") chat?.opened(false);
  else if (data.type === "identify") chat?.identify(data.token);
});
tell({ type: "ready", borrows: !storage.isOurs });
