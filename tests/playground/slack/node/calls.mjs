// Calls of @slack/web-api, which sends forms; whatever comes back otherwise than expected ends it with an error.
import assert from 'node:assert/strict';
import { ErrorCode, WebClient } from '@slack/web-api';

const { SLACK_API_URL, SLACK_BOT_TOKEN, SLACK_APP_TOKEN } = process.env;
const { CHANNEL: channel, USER: user, TEAM: team, QUESTION: question } = process.env;
const options = { slackApiUrl: SLACK_API_URL, retryConfig: { retries: 0 }, rejectRateLimitedCalls: true };
const client = new WebClient(SLACK_BOT_TOKEN, options);

const me = await client.auth.test();
assert.equal(me.team_id, team);
assert.ok((await client.conversations.list({ types: 'public_channel' })).channels.some((each) => each.id === channel));
assert.equal((await client.conversations.info({ channel, include_num_members: true })).channel.id, channel);
assert.ok((await client.conversations.members({ channel })).members.includes(user));
assert.equal((await client.users.info({ user })).user.id, user);
assert.ok((await client.users.list()).members.length > 3);
assert.equal((await client.team.info()).team.id, team);
assert.equal((await client.bots.info({ bot: me.bot_id })).bot.id, me.bot_id);

const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: '*An answer*' } }];
const posted = await client.chat.postMessage({ channel, thread_ts: question, text: 'An answer', blocks });
assert.equal(posted.message.thread_ts, question);
const ts = posted.ts;
assert.equal((await client.chat.update({ channel, ts, text: 'A better answer' })).text, 'A better answer');
assert.match((await client.chat.getPermalink({ channel, message_ts: ts })).permalink, /archives/);
await client.reactions.add({ channel, timestamp: ts, name: 'eyes' });
assert.equal((await client.reactions.get({ channel, timestamp: ts })).message.reactions[0].name, 'eyes');
await client.reactions.remove({ channel, timestamp: ts, name: 'eyes' });
assert.ok((await client.chat.postEphemeral({ channel, user, text: 'For you alone' })).message_ts);
const replies = await client.conversations.replies({ channel, ts: question });
assert.deepEqual(replies.messages.map((each) => each.text), ['a question', 'A better answer']);
assert.equal((await client.conversations.history({ channel, limit: 1 })).messages.length, 1);
await client.chat.delete({ channel, ts });

const direct = (await client.conversations.open({ users: user, return_im: true })).channel;
assert.equal(direct.is_im, true);
const view = { type: 'home', blocks };
assert.ok((await client.views.publish({ user_id: user, view })).view.id);

const place = { channel, thread_ts: question };
await client.assistant.threads.setStatus({ channel_id: channel, thread_ts: question, status: 'is thinking...' });
await client.apiCall('agents.sessions.setStatus', { channel_id: channel, thread_ts: question, status: 'active' });
const stream = client.chatStream({ ...place, recipient_team_id: team, recipient_user_id: user, buffer_size: 1 });
await stream.append({ markdown_text: '**Well' });
await stream.append({ markdown_text: '**, ' });
await stream.append({ chunks: [{ type: 'task_update', id: '1', title: 'Reading', status: 'complete' }] });
const stopped = await stream.stop({ markdown_text: 'yes.', blocks });
assert.equal(stopped.message.text, '**Well**, yes.');
await assert.rejects(
  client.chat.appendStream({ channel, ts: stopped.ts, markdown_text: 'more' }),
  (error) => error.code === ErrorCode.PlatformError && error.data.error === 'message_not_in_streaming_state',
);

const uploaded = await client.filesUploadV2({ ...place, filename: 'menu.txt', content: 'brioche', title: 'Menu' });
const file = uploaded.files[0].files[0];
assert.equal((await client.files.info({ file: file.id })).file.title, 'Menu');
const headers = { Authorization: `Bearer ${SLACK_BOT_TOKEN}` };
assert.equal(await (await fetch(file.url_private_download, { headers })).text(), 'brioche');

const refusals = [
  ['channel_not_found', () => client.chat.postMessage({ channel: 'C0NOWHERE', text: 'hi' })],
  ['invalid_blocks', () => client.chat.postEphemeral({ channel, user, text: 'hi', blocks: [{ type: 'poem' }] })],
  ['not_allowed_token_type', () => new WebClient(SLACK_APP_TOKEN, options).chat.postMessage({ channel, text: 'hi' })],
  ['invalid_auth', () => new WebClient('xoxb-unknown', options).auth.test()],
];
for (const [wanted, call] of refusals) {
  await assert.rejects(call, (error) => error.code === ErrorCode.PlatformError && error.data.error === wanted);
}
await client.chat.postMessage({ channel: direct.id, text: 'one' });
await assert.rejects(
  client.chat.postMessage({ channel: direct.id, text: 'two' }),
  (error) => error.code === ErrorCode.RateLimitedError && error.retryAfter === 1,
);
console.log(JSON.stringify({ finished: true }));
