// What a person can do with a channel and the workspace.

import { menu } from "../menu.js";
import { PLATFORM } from "./workspace.js";

export function channelMenu(state, person, channel) {
  const bot = state.bot.user;
  return menu(PLATFORM, (doing, naming) => [
    channel.members.includes(bot)
      ? doing(`Remove ${state.bot.name} from the channel`, "kick", { channel: channel.id, user: bot })
      : doing(`Invite ${state.bot.name} to the channel`, "invite", { channel: channel.id, user: bot }),
    naming("New channel", "create_channel", { user: person, members: [bot] }, "name"),
    naming("New person", "create_person", {}, "name"),
  ]);
}
