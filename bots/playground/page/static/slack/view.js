// Slack as one person sees it: channels, threads, and the app with its chat, its history and its home tab.

import { act, encoded } from "../api.js";
import { Composer } from "../composer.js";
import { avatar, button, el, fill, icon, iconButton, time } from "../dom.js";
import { chooser, dots, messageLog, showMessages } from "../messages.js";
import { attempt } from "../notices.js";
import { recorder } from "../recorder.js";
import { typed } from "../text/mrkdwn.js";
import { world } from "../world.js";
import { block } from "./blocks.js";
import { channelMenu } from "./menu.js";
import { messageItem } from "./message.js";
import { PLATFORM, channelOf, channelsOf, directOf, isOurs, names, people, recorded, said, statusOf, threadOf, topLevel, userName } from "./workspace.js";

const APP = "app";
const TABS = [["chat", "Chat"], ["history", "History"], ["home", "Home"]];

export class SlackView {
  platform = PLATFORM;
  /** What is open under a message: { kind: "edit" | "react", ts }. */
  open = null;
  /** The feedback given from here: value by message. */
  pressed = new Map();
  #place = APP;
  #tab = "chat";
  #thread = null;
  #seen = new Map();

  constructor({ person, inspect }) {
    this.person = person;
    this.onInspect = inspect;
    this.#build();
    this.choosePerson(person);
  }

  #build() {
    this.who = el("div", { class: "who-am-i" });
    this.title = el("h3", { class: "place-title" });
    this.bar = el("div", { class: "place-bar" });
    this.nav = el("nav", { class: "sidebar", "aria-label": "Channels and apps" });
    this.log = messageLog("Messages");
    this.home = el("div", { class: "home", tabindex: "0", role: "region", "aria-label": "Home tab" });
    this.status = el("div", { class: "status-line", role: "status" });
    this.composer = this.#composer("channel", () => this.#mainRoot());
    this.main = el("div", { class: "pane" }, el("div", { class: "pane-head" }, iconButton("menu", "Channels and apps", () => this.#toggleNav(), { class: "icon-button narrow-only" }), this.title, this.bar), this.home, this.log, this.status, this.composer.element);
    this.threadLog = messageLog("Thread");
    this.threadStatus = el("div", { class: "status-line", role: "status" });
    this.threadComposer = this.#composer("thread", () => this.#thread);
    this.threadTitle = el("h3", { class: "place-title" });
    this.aside = el("aside", { class: "pane thread", "aria-label": "Thread", hidden: true }, el("div", { class: "pane-head" }, iconButton("back", "Close the thread", () => this.openThread(null)), this.threadTitle), this.threadLog, this.threadStatus, this.threadComposer.element);
    this.window = el("div", { class: "window", role: "dialog", "aria-label": "Window of the app", hidden: true });
    this.element = el(
      "section",
      { class: "chat slack", "aria-label": "Slack" },
      el("header", { class: "chat-head" }, el("span", { class: "brand-slack", "aria-hidden": "true" }, icon("hash")), el("h2", { class: "workspace" }), this.who),
      el("div", { class: "chat-body" }, this.nav, this.main, this.aside),
      this.window,
    );
    this.main.addEventListener("pointerdown", (event) => {
      if (!event.target.closest(".narrow-only")) this.nav.classList.remove("is-open");
    });
    this.element.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this.window.hidden) this.#closeWindow();
      else if (event.key === "Escape" && this.nav.classList.contains("is-open")) this.#toggleNav();
    });
  }

  #composer(kind, root) {
    return new Composer({
      label: "Message",
      placeholder: "Message",
      send: (text, files) => this.#send(text, files, kind === "thread" ? this.#thread : root()),
      offers: () => this.#offers(),
      editLast: () => this.#editLast(kind),
    });
  }

  focus() {
    (this.#thread ? this.threadComposer : this.composer).focus();
  }

  // What a person chooses to look at

  choosePerson(person) {
    this.person = person;
    this.open = null;
    this.#place = APP;
    this.#tab = "chat";
    this.#thread = null;
    this.openHome("messages");
    this.render();
  }

  openHome(tab) {
    attempt(() => act(PLATFORM, "open_home", { user: this.person, tab }));
  }

  #go(place) {
    this.#place = place;
    this.#thread = null;
    this.open = null;
    this.nav.classList.remove("is-open");
    if (place === APP && this.#tab === "chat") this.openHome("messages");
    this.render();
    this.composer.focus();
  }

  #goTab(tab) {
    this.#tab = tab;
    this.#thread = null;
    if (tab !== "history") this.openHome(tab === "home" ? "home" : "messages");
    this.render();
  }

  openThread(root) {
    this.#thread = root;
    if (root && this.#place === APP) this.#tab = "chat";
    this.open = null;
    this.render();
    this.focus();
  }

  show(kind, ts) {
    this.open = this.open?.ts === ts && this.open.kind === kind ? null : { kind, ts };
    this.render();
  }

  close() {
    this.open = null;
    this.render();
    this.focus();
  }

  inspect(channel, message) {
    this.onInspect({
      platform: PLATFORM,
      tenant: world.state.slack.team.id,
      channel: channel.id,
      thread: message.thread_ts ?? message.ts,
      post: message.ts,
    });
  }

  /** The newest answer that this person sees here, to be inspected. */
  newest() {
    const state = world.state.slack;
    const channel = state && this.#channel(state);
    const root = this.#thread ?? this.#mainRoot();
    const there = (channel?.messages ?? []).filter((each) => isOurs(state, each) && !each.ephemeral_to && (!root || each.thread_ts === root));
    const message = there.at(-1);
    return message && { platform: PLATFORM, tenant: state.team.id, channel: channel.id, thread: message.thread_ts ?? message.ts, post: message.ts };
  }

  #toggleNav() {
    this.nav.classList.toggle("is-open");
    if (this.nav.classList.contains("is-open")) this.nav.querySelector("[aria-current]")?.focus();
  }

  // What a person does

  async #send(text, files, root) {
    const state = world.state.slack;
    return attempt(async () => {
      const channel = this.#channel(state) ?? { id: (await act(PLATFORM, "open_dm", { user: this.person })).channel, kind: "im", messages: [], members: [] };
      if (text.startsWith("/") && !files.length) {
        const [command, ...rest] = text.split(/\s+/);
        await act(PLATFORM, "slash", { user: this.person, channel: channel.id, command, text: rest.join(" ") });
        recorder.did(PLATFORM, { at: null }, {});
        return;
      }
      const sent = await act(PLATFORM, "send", {
        user: this.person,
        channel: channel.id,
        text: typed(text, this.#mentions(state)),
        thread_ts: root,
        files: await Promise.all(files.map(async (each) => ({ name: each.name, data: (await encoded(each)).data }))),
      });
      if (this.#place === APP && !root) this.#thread = sent.ts;
      this.#recordSaying(state, channel, text, root, sent.ts, files);
    });
  }

  #recordSaying(state, channel, text, root, ts, files) {
    const mention = new RegExp(`@${state.bot.name}[,:]?\\s*`, "i");
    const place = recorded(state, this.person, withRoot(channel, ts), root ?? ts);
    const isAddressed = channel.kind === "im" || mention.test(text) || Boolean(root);
    if (files.length || (place.at === "group" && root)) place.at = null;
    const words = { says: text.replace(mention, "").trim() };
    if (channel.kind !== "im" && !mention.test(text) && !root) words.to_the_assistant = false;
    recorder.did(PLATFORM, place, words, isAddressed);
  }

  async edit(channel, message, text) {
    const state = world.state.slack;
    const done = await attempt(() => act(PLATFORM, "edit", { user: this.person, channel: channel.id, ts: message.ts, text: typed(text, this.#mentions(state)) }));
    if (!done) return;
    this.#record(state, channel, message, { edits: text.replace(new RegExp(`@${state.bot.name}[,:]?\\s*`, "i"), "").trim() }, true);
    this.close();
  }

  async remove(channel, message) {
    const state = world.state.slack;
    if (await attempt(() => act(PLATFORM, "delete", { user: this.person, channel: channel.id, ts: message.ts }))) this.#record(state, channel, message, { deletes: true });
  }

  async react(channel, message, name) {
    const isSet = message.reactions.some((each) => each.name === name && each.users.includes(this.person));
    this.open = null;
    await attempt(() => act(PLATFORM, isSet ? "unreact" : "react", { user: this.person, channel: channel.id, ts: message.ts, name }));
    this.render();
  }

  async press(channel, message, actionId, value) {
    const verdict = /^(good|bad):/.exec(value)?.[1];
    if (!(await attempt(() => act(PLATFORM, "click", { user: this.person, channel: channel.id, ts: message.ts, action_id: actionId, value })))) return;
    if (verdict) {
      this.pressed.set(message.ts, value);
      this.#record(world.state.slack, channel, message, { rates: verdict });
      this.render();
    } else recorder.did(PLATFORM, { at: null }, {});
  }

  async #closeWindow() {
    if (await attempt(() => act(PLATFORM, "close_modal", { user: this.person }))) this.focus();
  }

  async #submitWindow(form) {
    const values = Object.fromEntries(new FormData(form));
    if (await attempt(() => act(PLATFORM, "submit_modal", { user: this.person, values }))) this.focus();
  }

  async stop() {
    const state = world.state.slack;
    const channel = this.#channel(state);
    const root = this.#thread ?? this.#mainRoot();
    if (!channel || !statusOf(state, channel.id, root)?.stoppable) return;
    if (await attempt(() => act(PLATFORM, "stop", { user: this.person, channel: channel.id, thread_ts: root }))) {
      recorder.did(PLATFORM, recorded(state, this.person, channel, root), { stops: true });
    }
  }

  /** `state` is how things were before. */
  #record(state, channel, message, step, isAnswered = false) {
    const where = recorded(state, this.person, channel, message.thread_ts ?? message.ts);
    const isReply = message.user === this.person && message.thread_ts && message.thread_ts !== message.ts;
    if (where.at === "group" && isReply) where.at = null; // scenarios speak in #general from the top
    recorder.did(PLATFORM, where, step, isAnswered);
  }

  #editLast(kind) {
    const state = world.state.slack;
    const channel = this.#channel(state);
    const there = kind === "thread" || this.#place === APP ? threadOf(channel, this.#thread, this.person) : topLevel(channel, this.person);
    const mine = there.filter((each) => each.user === this.person).at(-1);
    if (mine) this.show("edit", mine.ts);
  }

  #offers() {
    const state = world.state.slack;
    return [
      ...[[state.bot.name, "the assistant"], ...people(state).map((each) => [each.name, ""])].map(([name, note]) => ({ insert: `@${name}`, note })),
      { insert: "/frontdesk", note: "ask, or help, new, stop, again, me" },
    ];
  }

  #mentions(state) {
    return [[state.bot.name, state.bot.user], ...people(state).map((each) => [each.name, each.id])];
  }

  // How it looks

  #channel(state) {
    return this.#place === APP ? directOf(state, this.person) : channelOf(state, this.#place);
  }

  /** The thread that the main pane shows: in the app each chat is one. */
  #mainRoot() {
    return this.#place === APP ? this.#thread : null;
  }

  render() {
    const state = world.state.slack;
    this.main.hidden = !state;
    if (!state) return;
    if (this.#place !== APP && !channelOf(state, this.#place)?.members.includes(this.person)) this.#place = APP;
    const channel = this.#channel(state);
    if (this.#thread && !channel?.messages.some((each) => each.ts === this.#thread)) {
      // a message just sent may not have come back yet; one that is gone takes its thread along
      if (Number(this.#thread) < Date.now() / 1000 - 10 || !channel) this.#thread = null;
    }
    const isApp = this.#place === APP;
    this.element.querySelector(".workspace").textContent = state.team.name;
    fill(this.who, JSON.stringify([this.person, people(state)]), () => [
      avatar(userName(state, this.person)),
      chooser("You are", people(state).map((each) => [each.id, each.name]), this.person, (person) => this.choosePerson(person)),
    ]);
    this.#renderNav(state);
    this.#renderHead(state, channel, isApp);
    const isHome = isApp && this.#tab === "home";
    const isHistory = isApp && this.#tab === "history";
    this.home.hidden = !(isHome || isHistory || (isApp && !this.#thread));
    this.log.hidden = !this.home.hidden;
    if (this.log.hidden) this.log.replaceChildren();
    this.composer.element.hidden = isHome || isHistory;
    this.status.hidden = this.composer.element.hidden;
    if (isHome) this.#renderHome(state);
    else if (isHistory) this.#renderHistory(state, channel);
    else if (isApp && !this.#thread) this.#renderWelcome(state, channel);
    else if (channel) this.#renderMessages(state, channel, isApp);
    this.#renderThread(state, channel, isApp);
    this.#renderWindow(state);
    this.#renderStatus(this.status, state, channel, this.#mainRoot());
    const name = isApp ? state.bot.name : `#${channel?.name}`;
    this.composer.describe(`Message to ${name}`, isApp ? `Ask ${state.bot.name} anything` : `Message ${name}; @${state.bot.name} asks the assistant`);
  }

  #renderNav(state) {
    const entries = [
      { id: APP, name: state.bot.name, icon: "bolt", channel: directOf(state, this.person) },
      ...channelsOf(state, this.person).map((each) => ({ id: each.id, name: each.name, icon: each.kind === "group" ? "lock" : "hash", channel: each })),
    ];
    for (const entry of entries) {
      const newest = (entry.channel?.messages ?? []).filter((each) => each.user !== this.person && (!each.ephemeral_to || each.ephemeral_to === this.person)).at(-1)?.ts ?? "";
      const key = `${this.person} ${entry.id}`;
      if (entry.id === this.#place || !this.#seen.has(key)) this.#seen.set(key, newest);
      entry.isNew = newest > this.#seen.get(key);
    }
    fill(this.nav, JSON.stringify([entries.map((each) => [each.id, each.isNew]), this.#place, this.person]), () => {
      const item = (entry) =>
        el(
          "button",
          { type: "button", class: `place ${entry.isNew ? "is-new" : ""}`, "aria-current": entry.id === this.#place ? "page" : null, on: { click: () => this.#go(entry.id) } },
          icon(entry.icon),
          el("span", { text: entry.name }),
          entry.isNew ? el("span", { class: "dot" }, el("span", { class: "hidden", text: "new messages" })) : null,
        );
      return [el("h3", { text: "Apps" }), item(entries[0]), el("h3", { text: "Channels" }), ...entries.slice(1).map(item)];
    });
  }

  #renderHead(state, channel, isApp) {
    fill(this.title, JSON.stringify([this.#place, channel?.name]), () => (isApp ? [state.bot.name] : [icon(channel.kind === "group" ? "lock" : "hash"), channel.name]));
    fill(this.bar, JSON.stringify([isApp, this.#tab, Boolean(this.#thread), this.person, isApp ? null : [channel.id, channel.members]]), () => {
      if (!isApp) return [el("span", { class: "faint members" }, icon("people"), String(channel.members.length)), channelMenu(state, this.person, channel)];
      return [
        el("div", { class: "tabs", role: "group", "aria-label": "Views of the app" }, TABS.map(([id, label]) => button(label, () => this.#goTab(id), { "aria-pressed": String(id === this.#tab) }))),
        iconButton("plus", "New chat", () => { this.#tab = "chat"; this.openThread(null); this.openHome("messages"); }, { disabled: !this.#thread }),
      ];
    });
  }

  #renderHome(state) {
    const view = state.homes[this.person];
    fill(this.home, JSON.stringify(["home", view]), () =>
      view ? view.blocks.map((each) => block(each, { names: names(state), press: () => {} })) : el("p", { class: "faint", text: "The app has not published its home tab yet." }),
    );
  }

  #renderWindow(state) {
    const view = state.modals[this.person];
    const wasHidden = this.window.hidden;
    this.window.hidden = !view;
    fill(this.window, JSON.stringify(view ?? null), () =>
      view
        ? el(
            "div",
            { class: "window-frame" },
            el("div", { class: "pane-head" }, el("h3", { class: "place-title", text: view.title?.text ?? "" }), iconButton("close", view.close?.text ?? "Close", () => this.#closeWindow())),
            el(
              "form",
              { class: "window-form", on: { submit: (event) => { event.preventDefault(); this.#submitWindow(event.target); } } },
              el("div", { class: "window-body", tabindex: "0", role: "region", "aria-label": "Contents of the window" }, view.blocks.map((each) => block(each, { names: names(state), press: () => {} }))),
              view.submit ? el("div", { class: "window-foot" }, el("button", { type: "submit", class: "primary" }, view.submit.text)) : null,
            ),
          )
        : [],
    );
    if (view && wasHidden) this.window.querySelector("button").focus();
  }

  #renderHistory(state, channel) {
    const roots = channel ? topLevel(channel, this.person).filter((each) => each.user === this.person) : [];
    fill(this.home, JSON.stringify(["history", roots]), () =>
      roots.length
        ? [el("ul", { class: "history" }, roots.toReversed().map((each) => el("li", {}, el("button", { type: "button", on: { click: () => this.openThread(each.ts) } }, el("strong", { text: each.text || "A file" }), el("time", { class: "faint", text: time(Number(each.ts)) })))))]
        : el("p", { class: "faint", text: "Your chats with the assistant will be listed here." }),
    );
  }

  #renderWelcome(state, channel) {
    const offered = state.prompts.find((each) => each.user === this.person && each.channel === channel?.id);
    fill(this.home, JSON.stringify(["welcome", this.person, offered]), () =>
      el(
        "div",
        { class: "welcome" },
        avatar(state.bot.name, { bot: true }),
        el("p", { class: "header", text: `Hello ${userName(state, this.person).split(" ")[0]}, I am ${state.bot.name}.` }),
        el("p", { class: "faint", text: offered?.title ?? "Ask me something, or begin with one of these." }),
        el("div", { class: "prompts" }, (offered?.prompts ?? []).map((each) => button(each.title, () => this.#send(each.message, [], null).then(() => this.composer.focus())))),
      ),
    );
  }

  #renderMessages(state, channel, isApp) {
    const shown = isApp ? threadOf(channel, this.#thread, this.person) : topLevel(channel, this.person);
    const items = shown.map((message) =>
      messageItem(this, state, channel, message, {
        inThread: isApp,
        replies: isApp ? [] : threadOf(channel, message.ts, this.person).filter((each) => each.ts !== message.ts),
        status: isApp ? null : statusOf(state, channel.id, message.ts) ?? null,
      }),
    );
    if (!items.length) items.push({ key: "empty", look: channel.id, build: () => el("p", { class: "empty faint", text: `This is the beginning of #${channel.name}.` }) });
    this.log.setAttribute("aria-label", isApp ? `Chat with ${state.bot.name}` : `Messages in #${channel.name}`);
    showMessages(this.log, items, `${this.person} ${channel.id} ${isApp ? this.#thread : ""}`);
  }

  #renderThread(state, channel, isApp) {
    const isOpen = Boolean(this.#thread) && !isApp && Boolean(channel);
    this.aside.hidden = !isOpen;
    this.element.classList.toggle("has-thread", isOpen);
    if (!isOpen) {
      this.threadLog.replaceChildren();
      return;
    }
    this.threadTitle.textContent = `Thread in #${channel.name}`;
    const items = threadOf(channel, this.#thread, this.person).map((message) => messageItem(this, state, channel, message, { inThread: true }));
    showMessages(this.threadLog, items, this.#thread);
    this.threadComposer.describe("Reply in the thread", "Reply…");
    this.#renderStatus(this.threadStatus, state, channel, this.#thread);
  }

  #renderStatus(line, state, channel, root) {
    const status = channel && root ? statusOf(state, channel.id, root) : null;
    const growing = status && threadOf(channel, root, this.person).some((each) => each.streaming && said(each).trim());
    fill(line, JSON.stringify([status, growing]), () =>
      status
        ? [
            dots(),
            el("span", { text: `${state.bot.name} ${status.status || (growing ? "is writing…" : "is at work…")}` }),
            status.stoppable ? el("button", { type: "button", class: "stop", title: "Stop (Ctrl+.)", on: { click: () => this.stop() } }, icon("stop"), "Stop") : null,
          ]
        : [],
    );
  }
}

function withRoot(channel, ts) {
  return channel.messages.some((each) => each.ts === ts) ? channel : { ...channel, messages: [...channel.messages, { ts, thread_ts: null }] };
}
