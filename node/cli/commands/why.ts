import type { WhyView } from '../../host/api.ts';
import type { Command, Context } from '../command.ts';
import { type JournalLine, recordText } from '../journal-lines.ts';
import { ACTOR_ARGUMENT } from '../messaging.ts';
import { actorAddress, CLIENT_FLAGS, JSON_FLAG, NodeClient } from '../node-client.ts';
import { printable, printFields, printJson, printLine, timeText } from '../output.ts';
import { childText, intensityText, supervisorFields } from '../supervisor-lines.ts';
import { timerFields } from '../timer-lines.ts';

type Link = WhyView['chain'][number];
type Doing = Exclude<Link, { readonly refused: string }>;

export const why: Command = {
  name: 'why',
  summary: 'Show what an actor does in this moment, and what it waits for.',
  arguments: [ACTOR_ARGUMENT],
  flags: [JSON_FLAG, ...CLIENT_FLAGS],
  examples: [
    ['why /user/accounts/alice', 'What it does, whose answer it waits for, and what that one does.'],
  ],
  async run(context, input) {
    const [path = ''] = input.arguments;
    const client = new NodeClient(context, input);
    const address = actorAddress(path, 'why');
    const view = (await client.call({ method: 'GET', confirmed: true, address })) as {
      readonly chain: readonly Link[];
      readonly records: readonly JournalLine[];
    };
    if (input.boolean('json')) {
      printJson(context, view);
      return 0;
    }
    view.chain.forEach((link, at) => {
      printLine(context, `${link.path}  ${printable(doesText(link, view.chain[at - 1]))}`);
    });
    const [first] = view.chain;
    if (first !== undefined && !('refused' in first)) printDetails(context, first);
    for (const record of view.records) printLine(context, printable(shortened(recordText(record))));
    return 0;
  },
};

/** The last moves are an overview: what they hold stands in the journal. */
const RECORD_LENGTH_MAX = 300;

function shortened(text: string): string {
  const characters = Array.from(text.slice(0, 2 * RECORD_LENGTH_MAX));
  if (characters.length <= RECORD_LENGTH_MAX) return text;
  return `${characters.slice(0, RECORD_LENGTH_MAX).join('')}…`;
}

/** `before`: whoever waits for it. */
function doesText(link: Link, before: Link | undefined): string {
  if ('refused' in link) return `${link.refused}: ${link.message}`;
  const { lifecycle, since, waits, runs, mailbox, lastFault, supervisor, supervises } = link;
  const from = since === null ? '' : ` since ${timeText(since)}`;
  const child = supervises?.children.find(({ path }) => path === before?.path);
  if (supervises !== null && child !== undefined && lifecycle === 'running')
    return `supervises it: ${childText(child)}, ${intensityText(supervises)}`;
  if (lifecycle === 'restarting' && supervisor !== null)
    return `waits for its supervisor ${supervisor}${from}: ${lastFault}`;
  const fault = lifecycle === 'failed' && lastFault !== null ? `: ${lastFault}` : '';
  if (lifecycle !== 'running') return `${lifecycle}${from}${fault}`;
  if (link.task !== undefined) return taskText(link.task);
  if (waits !== null) return waitsText(waits);
  if (runs) return 'is in a turn that takes long';
  if (link.paused) return `waits until what it sent is taken: ${fullText(link)}`;
  return mailbox > 0 ? 'handles its messages' : 'is idle';
}

const PUT_OFF: Readonly<Record<string, string>> = {
  overloaded: ', whose mailbox is full',
  'actor-suspended': ', which is suspended',
  'actor-quarantined': ', which is held',
};

const putOffText = (code: string | null): string =>
  code === null ? '' : (PUT_OFF[code] ?? `, which puts them off (${code})`);

/** The receivers that keep it waiting. */
function fullText({ outboxes }: Doing): string {
  const full = outboxes.filter(({ putOff }) => putOff !== null);
  const named = full.length === 0 ? outboxes : full;
  return named.map(({ receiver, putOff }) => `${receiver}${putOffText(putOff)}`).join('; ');
}

function taskText({ number, status, attempt, at, worker }: NonNullable<Doing['task']>): string {
  const until = at === 0 ? '' : ` until ${timeText(at)}`;
  if (status === 'leased')
    return `task ${number} is at ${worker === '' ? 'a worker' : worker}${until}, attempt ${attempt}`;
  if (status === 'waiting') return `task ${number} has failed ${attempt} times, and waits${until}`;
  return `task ${number} waits for a worker`;
}

function waitsText({ for: asked, since, atMost }: NonNullable<Doing['waits']>): string {
  const from = since === null ? '' : ` since ${timeText(since)}`;
  const limit = atMost === null ? '' : `, for ${atMost} ms at most`;
  return `waits for the answer of ${asked ?? 'another actor'}${from}${limit}`;
}

function subscriptionText({ prefix, status, problem, taken }: Doing['subscriptions'][number]): string {
  const reason = problem === null ? '' : ` (${problem})`;
  return `${printable(prefix)}, ${status}${reason}, ${taken} taken from this leader`;
}

function sendersText({ senders: { count, first } }: Doing): string {
  if (count === 0) return '';
  const others = count > first.length ? ` and ${count - first.length} more` : '';
  return `, and room is awaited by ${first.join(', ')}${others}`;
}

function printDetails(context: Context, link: Doing): void {
  const { mailbox, stashed, uncommitted, outboxes, subscriptions, watchers, shard, nodeName, replicas } =
    link;
  const outbox = outboxes
    .map(({ receiver, messages, putOff }) => `${messages} to ${receiver}${putOffText(putOff)}`)
    .join(', ');
  printFields(context, [
    ['mailbox', `${mailbox}${sendersText(link)}`],
    ['stashed', String(stashed)],
    ['outbox', outbox === '' ? 'empty' : outbox],
    ['uncommitted turns', String(uncommitted)],
    ...subscriptions.map((each) => ['subscribed', subscriptionText(each)] as const),
    ['watched', `${watchers} ${watchers === 1 ? 'time' : 'times'}`],
    ...timerFields(link),
    ...supervisorFields(link),
    ['shard', `${shard}, led by ${nodeName}, kept by ${replicas.join(', ')}`],
  ]);
}
