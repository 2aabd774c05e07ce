import { setTimeout as sleep } from 'node:timers/promises';
import { SeqNodeError } from '../../base/errors.ts';
import type { DepartureView } from '../../host/api.ts';
import type { Command, Context, Input } from '../command.ts';
import { CLIENT_FLAGS, JSON_FLAG, NodeClient } from '../node-client.ts';
import { printJson, printLine, remark } from '../output.ts';

const WAIT_MS_DEFAULT = 600_000;
const POLL_MS = 500;
/** How often a person who waits is told how far it is. */
const TELL_MS = 10_000;

export const membersRemove: Command = {
  name: 'members remove',
  summary: 'Let a node leave the cluster, and wait until it may be switched off.',
  arguments: [{ name: 'NAME-OR-ID', doc: 'The node, as seq-node members shows it.', required: true }],
  flags: [
    {
      name: 'wait',
      type: 'duration',
      value: 'TIME',
      least: 1,
      most: 7 * 86_400_000,
      doc: `How long to wait until it has left. Default: ${WAIT_MS_DEFAULT / 60_000}m.`,
    },
    { name: 'no-wait', type: 'boolean', doc: 'Return as soon as the removal has begun.' },
    JSON_FLAG,
    ...CLIENT_FLAGS,
  ],
  examples: [
    ['members remove n3', 'Its replicas move to the others; then it says that n3 may be switched off.'],
    ['members remove n3 --no-wait', 'Only begins; the same command without the flag waits for the rest.'],
  ],
  run: removeMember,
};

async function removeMember(context: Context, input: Input): Promise<number> {
  const [member = ''] = input.arguments;
  if (input.boolean('no-wait') && input.duration('wait') !== undefined)
    throw new SeqNodeError('bad-usage', '--no-wait excludes --wait.');
  const begun = await ask(context, input, member);
  const departure = input.boolean('no-wait') ? begun : await untilRemoved(context, input, begun);
  if (input.boolean('json')) printJson(context, departure);
  else if (departure.state === 'removed')
    printLine(context, `${departure.name} has left the cluster and may be switched off`);
  else {
    printLine(context, `${departure.name} is leaving`);
    remark(context, 'seq-node: it must not be switched off before seq-node members remove says so');
  }
  return 0;
}

/** By its id from the first answer on: another node may get the name. */
async function untilRemoved(context: Context, input: Input, begun: DepartureView): Promise<DepartureView> {
  const deadline = performance.now() + (input.duration('wait') ?? WAIT_MS_DEFAULT);
  let departure = begun;
  for (let tellAt = performance.now() + TELL_MS; departure.state !== 'removed'; ) {
    const now = performance.now();
    if (now >= deadline)
      throw new SeqNodeError('still-leaving', `${departure.name} is still leaving: ${waitsFor(departure)}.`, {
        node: departure.node,
        waiting: departure.waiting,
        unaware: departure.unaware,
      });
    if (now >= tellAt) {
      tellAt = now + TELL_MS;
      remark(context, `seq-node: ${departure.name} is leaving: ${waitsFor(departure)} …`);
    }
    await sleep(Math.min(POLL_MS, deadline - now));
    departure = await ask(context, input, begun.node);
  }
  return departure;
}

function waitsFor({ name, waiting, unaware }: DepartureView): string {
  const shards = waiting.filter((group) => group !== 0).length;
  const parts = [
    ...(shards > 0 ? [`${shards} ${shards === 1 ? 'shard' : 'shards'}`] : []),
    ...(shards < waiting.length ? ['the registry'] : []),
  ];
  if (parts.length > 0) return `${parts.join(' and ')} may still count on it`;
  if (unaware.length === 0) return 'the last step is under way';
  const others = unaware.join(', ');
  return `${others} must learn first who stays, which takes that it runs and has space on its disk; or cancel the removal with seq-node members keep ${name}, and remove ${others} first`;
}

async function ask(context: Context, input: Input, member: string): Promise<DepartureView> {
  const address = `/v1/members/${encodeURIComponent(member)}`;
  // A client for each: its time-out is of one request, not of the whole wait.
  return (await new NodeClient(context, input).call({ method: 'DELETE', address })) as DepartureView;
}
