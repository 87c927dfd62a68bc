// Reading the Telegram emulator's state.

export const PLATFORM = "telegram";
/** Where scenarios speak (bots/playground/telegram/scene.py). */
const GROUP = -2001;
const FORUM = -1_000_000_002_002;
const ORDERS = 11;

export const personName = (state, id) =>
  (id === state.bot.id ? state.bot.first_name : state.people.find((each) => each.id === id)?.first_name) ?? `User ${id}`;
export const firstName = (state, id) => personName(state, id).split(" ")[0].toLowerCase();
export const isOurs = (state, message) => message.sender === state.bot.id || message.by_bot;

export const keyOf = (place) => `${place.business}/${place.chat}/${place.topic ?? ""}`;

/** Where a person can write: { chat, business, topic, title, note, kind }. */
export function placesOf(state, person) {
  const places = [];
  for (const chat of state.chats.filter((each) => each.members.includes(person))) {
    const base = { chat: chat.id, business: "", topic: null, body: chat };
    if (chat.type === "private") places.push({ ...base, kind: "bot", title: state.bot.first_name });
    else places.push({ ...base, kind: chat.is_forum ? "forum" : "group", title: chat.is_forum ? `${chat.title}: General` : chat.title });
    for (const topic of chat.topics) {
      places.push({ ...base, topic: topic.id, kind: "topic", title: topic.name, isClosed: topic.closed });
    }
  }
  for (const business of state.businesses) {
    const owner = business.user.id;
    if (owner === person) {
      for (const chat of business.chats) places.push({ chat: chat.id, business: business.id, topic: null, body: chat, kind: "customer", title: personName(state, chat.id) });
    } else {
      const chat = business.chats.find((each) => each.id === person);
      places.push({ chat: person, business: business.id, topic: null, body: chat ?? null, kind: "business", title: `${personName(state, owner)}’s business` });
    }
  }
  return places;
}

export function messagesIn(place) {
  return (place.body?.messages ?? []).filter((each) => (place.body.topics?.length || place.topic ? (each.thread ?? null) === place.topic : true));
}

export const draftIn = (state, place) =>
  place.business ? undefined : state.drafts.find((each) => each.chat === place.chat && (each.thread ?? null) === place.topic);

/** A conversation, as the recorder knows it. */
export function recorded(state, person, place) {
  const newest = (now) => {
    const there = placesOf(now, person).find((each) => keyOf(each) === keyOf(place));
    const answer = there && messagesIn(there).filter((each) => isOurs(now, each)).at(-1);
    return answer && { id: answer.id, text: answer.text, finished: !stopButton(answer) && answer.text !== "…" };
  };
  return { who: firstName(state, person), at: placeName(place, person), key: keyOf(place), before: newest(state), newest };
}

function placeName(place, person) {
  if (place.business) return null;
  if (place.chat === person && place.topic === null) return "direct";
  if (place.chat === GROUP) return "group";
  return place.chat === FORUM && place.topic === ORDERS ? "thread" : null;
}

export const stopButton = (message) => message.buttons.flat().find((each) => each.callback_data === "stop");
