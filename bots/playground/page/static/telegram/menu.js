// What a person can do with a chat, and what BotFather would change, behind the three dots.

import { act } from "../api.js";
import { button, el, icon } from "../dom.js";
import { attempt } from "../notices.js";
import { PLATFORM } from "./places.js";

/** The menu of a place, as a `details` element that closes after each choice. */
export function menu(state, person, place) {
  const node = el("details", { class: "menu" }, el("summary", { class: "icon-button", "aria-label": "More", title: "More" }, icon("more")));
  const doing = (label, action, wish) =>
    button(label, async () => {
      node.open = false;
      await attempt(() => act(PLATFORM, action, wish));
    });
  const named = (label, action, wish, field) => naming(label, async (name) => {
    node.open = false;
    await attempt(() => act(PLATFORM, action, { ...wish, [field]: name }));
  });
  const chat = place.body;
  const own = state.businesses.find((each) => each.user.id === person);
  const topic = chat?.topics?.find((each) => each.id === place.topic);
  node.append(
    el(
      "div",
      { class: "menu-items" },
      place.kind === "bot" ? (chat.blocked ? doing("Unblock the bot", "unblock", { person }) : doing("Block the bot", "block", { person })) : null,
      place.kind === "group" && !chat.blocked ? doing("Remove the bot", "remove_bot", { person, chat: place.chat }) : null,
      place.kind === "group" && chat.blocked ? doing("Add the bot", "add_bot", { person, chat: place.chat }) : null,
      chat?.is_forum || state.settings.private_topics ? named("New topic", "create_topic", { person, chat: place.chat }, "name") : null,
      topic ? doing(topic.closed ? "Open the topic again" : "Close the topic", "close_topic", { person, chat: place.chat, topic: topic.id, closed: !topic.closed }) : null,
      named("New group", "create_group", { person, members: state.people.map((each) => each.id) }, "title"),
      named("New person", "create_person", {}, "name"),
      el("hr"),
      own
        ? doing(own.is_enabled ? "Switch the bot off for my business" : "Switch the bot on for my business", "change_business", { business: own.id, enabled: !own.is_enabled })
        : doing("Let the bot answer for my business", "connect_business", { person }),
      el("hr"),
      doing(`Privacy mode: ${state.settings.privacy ? "on" : "off"}`, "configure", { privacy: !state.settings.privacy }),
      doing(`Topics in private chats: ${state.settings.private_topics ? "on" : "off"}`, "configure", { private_topics: !state.settings.private_topics }),
    ),
  );
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !node.open) return;
    event.stopPropagation();
    node.open = false;
    node.firstElementChild.focus();
  });
  node.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !node.contains(event.relatedTarget)) node.open = false;
  });
  return node;
}

function naming(label, done) {
  const field = el("input", { type: "text", "aria-label": `${label}: name`, placeholder: `${label}…`, maxlength: 64 });
  const finish = () => field.value.trim() && done(field.value.trim());
  field.addEventListener("keydown", (event) => event.key === "Enter" && finish());
  return el("div", { class: "naming" }, field, button("Create", finish, { class: "quiet" }));
}
