// What a person can do with a chat, and what BotFather would change.

import { el } from "../dom.js";
import { menu } from "../menu.js";
import { PLATFORM } from "./places.js";

export function placeMenu(state, person, place) {
  const chat = place.body;
  const own = state.businesses.find((each) => each.user.id === person);
  const topic = chat?.topics?.find((each) => each.id === place.topic);
  const isGroup = place.kind === "group";
  return menu(PLATFORM, (doing, naming) => [
    place.kind === "bot" ? (chat.blocked ? doing("Unblock the bot", "unblock", { person }) : doing("Block the bot", "block", { person })) : null,
    isGroup && !chat.blocked ? doing("Remove the bot", "remove_bot", { person, chat: place.chat }) : null,
    isGroup && chat.blocked ? doing("Add the bot", "add_bot", { person, chat: place.chat }) : null,
    chat?.is_forum || state.settings.private_topics ? naming("New topic", "create_topic", { person, chat: place.chat }, "name") : null,
    topic ? doing(topic.closed ? "Open the topic again" : "Close the topic", "close_topic", { person, chat: place.chat, topic: topic.id, closed: !topic.closed }) : null,
    naming("New group", "create_group", { person, members: state.people.map((each) => each.id) }, "title"),
    naming("New person", "create_person", {}, "name"),
    el("hr"),
    own
      ? doing(own.is_enabled ? "Switch the bot off for my business" : "Switch the bot on for my business", "change_business", { business: own.id, enabled: !own.is_enabled })
      : doing("Let the bot answer for my business", "connect_business", { person }),
    el("hr"),
    doing(`Privacy mode: ${state.settings.privacy ? "on" : "off"}`, "configure", { privacy: !state.settings.privacy }),
    doing(`Topics in private chats: ${state.settings.private_topics ? "on" : "off"}`, "configure", { private_topics: !state.settings.private_topics }),
  ]);
}
