// Reading the Slack emulator's state.

export const PLATFORM = "slack";
/** Where scenarios speak (bots/playground/slack/scene.py). */
const PLACES = { C0GENERAL: "group", C0HELP: "thread" };

export const people = (state) => state.users.filter((each) => !each.is_bot);
export const userName = (state, id) => state.users.find((each) => each.id === id)?.name ?? id;
export const channelOf = (state, id) => state.channels.find((each) => each.id === id);
export const firstName = (state, id) => userName(state, id).split(" ")[0].toLowerCase();
export const isOurs = (state, message) => message.user === state.bot.user;

export const names = (state) => ({
  user: (id) => userName(state, id),
  channel: (id) => channelOf(state, id)?.name ?? id,
});

/** The direct conversation of a person with the app, once there is one. */
export const directOf = (state, person) =>
  state.channels.find((each) => each.kind === "im" && each.members.includes(person) && each.members.includes(state.bot.user));

export const channelsOf = (state, person) =>
  state.channels.filter((each) => ["channel", "group"].includes(each.kind) && each.members.includes(person));

const isSeen = (message, person) => !message.ephemeral_to || message.ephemeral_to === person;

export const topLevel = (channel, person) =>
  channel.messages.filter((each) => isSeen(each, person) && (!each.thread_ts || each.thread_ts === each.ts));

export const threadOf = (channel, root, person) =>
  channel.messages.filter((each) => isSeen(each, person) && (each.ts === root || each.thread_ts === root));

export const statusOf = (state, channel, root) =>
  state.statuses.find((each) => each.channel === channel && each.thread_ts === root);

/** What a message says. */
export const said = (message) => message.markdown ?? message.text;

const hasButtons = (message) => message.blocks.some((each) => each.type === "context_actions");

/** A conversation, as the recorder knows it. */
export function recorded(state, person, channel, root) {
  const direct = channel.kind === "im";
  let before;
  const newest = (now) => {
    const there = channelOf(now, channel.id)?.messages ?? [];
    const answer = there.filter((each) => isOurs(now, each) && !each.ephemeral_to && each.thread_ts === root).at(-1);
    if (!answer) return undefined;
    // an answer that is written anew in its old place is no stream: the app is seen at work, and its buttons come back last
    const isAnew = answer.ts === before?.id && before.hasButtons && !hasButtons(answer);
    const isGrowing = answer.streaming || said(answer).trim() === "…" || statusOf(now, channel.id, root)?.stoppable || isAnew;
    return { id: answer.ts, text: said(answer), hasButtons: hasButtons(answer), finished: !isGrowing };
  };
  before = newest(state);
  return { who: firstName(state, person), at: direct ? "direct" : placeIn(channel, root), key: `${channel.id} ${root ?? ""}`, before, newest };
}

/** #general is spoken in from the top, #help in the first thread there. */
function placeIn(channel, root) {
  const place = PLACES[channel.id];
  const first = channel.messages.find((each) => !each.thread_ts || each.thread_ts === each.ts);
  if (place === "group") return root && channel.messages.some((each) => each.ts === root) ? place : null;
  return place && (!first || first.ts === root) ? place : null;
}
