// The emoji that people reach for, under the names that Slack gives them.

export const EMOJI = {
  "+1": "👍",
  "-1": "👎",
  heart: "❤️",
  tada: "🎉",
  eyes: "👀",
  white_check_mark: "✅",
  joy: "😂",
  thinking_face: "🤔",
  rocket: "🚀",
  pray: "🙏",
};
const ALSO = { thumbsup: "+1", thumbsdown: "-1" };

export const shownEmoji = (name) => EMOJI[ALSO[name] ?? name] ?? `:${name}:`;

/** Of those that Telegram allows (core.telegram.org/bots/api#reactiontypeemoji). */
export const TELEGRAM_EMOJI = ["👍", "👎", "❤", "🔥", "🎉", "😁", "🤔", "👀"];
