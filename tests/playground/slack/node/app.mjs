// An app on @slack/bolt. It prints a line of JSON once it can be spoken to, and ends with its standard input.
import bolt from '@slack/bolt';

const { SLACK_API_URL, SLACK_BOT_TOKEN, SLACK_APP_TOKEN, SLACK_SIGNING_SECRET } = process.env;
const clientOptions = { slackApiUrl: SLACK_API_URL };
const way = SLACK_APP_TOKEN
  ? { socketMode: true, appToken: SLACK_APP_TOKEN }
  : { signingSecret: SLACK_SIGNING_SECRET };
const app = new bolt.App({ token: SLACK_BOT_TOKEN, clientOptions, logLevel: bolt.LogLevel.ERROR, ...way });

const button = {
  type: 'actions',
  elements: [{ type: 'button', action_id: 'again', value: '7', text: { type: 'plain_text', text: 'Again' } }],
};

app.message(/^hello/, async ({ message, say }) => {
  await say({ text: `You said ${message.text}`, thread_ts: message.ts, blocks: [button] });
});
app.event('app_mention', async ({ event, say }) => {
  await say({ text: `Called by ${event.user}`, thread_ts: event.ts });
});
app.action('again', async ({ ack, action, respond }) => {
  await ack();
  await respond({ text: `Again ${action.value}`, replace_original: false, response_type: 'in_channel' });
});
app.command('/frontdesk', async ({ ack, command, respond }) => {
  await ack(`Looking up ${command.text}`);
  await respond({ text: 'Found it', response_type: 'in_channel' });
});

const server = await app.start({ port: 0, host: '127.0.0.1' });
console.log(JSON.stringify({ port: SLACK_APP_TOKEN ? 0 : server.address().port }));
process.stdin.resume();
process.stdin.on('end', async () => {
  await app.stop();
  process.exit(0);
});
