import { SeqNodeError } from '../../base/errors.ts';
import { resolveAddress } from '../../base/path.ts';
import { journalRowJson } from '../../gateway/views.ts';
import type { Command, Context, Input } from '../command.ts';
import { followEvents } from '../following.ts';
import { type JournalLine, printRecord } from '../journal-lines.ts';
import { ACTOR_ARGUMENT } from '../messaging.ts';
import { actorAddress, CLIENT_FLAGS, NodeClient } from '../node-client.ts';
import { printJson, remark } from '../output.ts';

const RECORDS_DEFAULT = 100;
const PAGE = 1000;

interface Range {
  readonly path: string;
  readonly from: number;
  readonly limit: number;
}

export const journalShow: Command = {
  name: 'journal show',
  summary: 'Show the journal of an actor: what it was sent, and what came of it.',
  arguments: [ACTOR_ARGUMENT],
  flags: [
    { name: 'from', type: 'integer', value: 'N', least: 1, doc: 'The first sequence number. Default: 1.' },
    {
      name: 'limit',
      type: 'integer',
      value: 'N',
      least: 1,
      most: 10_000_000,
      doc: `At most so many records. Default: ${RECORDS_DEFAULT}.`,
    },
    {
      name: 'data',
      type: 'text',
      value: 'DIR',
      doc: 'Read the data directory of a stopped node instead of asking one.',
    },
    { name: 'follow', type: 'boolean', doc: 'Go on with what is committed from now on, without a limit.' },
    { name: 'json', type: 'boolean', doc: 'Print one JSON object a record.' },
    ...CLIENT_FLAGS,
  ],
  examples: [
    ['journal show /user/accounts/alice', 'Its first hundred records.'],
    ['journal show /user/accounts/alice --from 500 --json', 'From record 500 on, for a program.'],
    ['journal show /user/accounts/alice --follow', 'All of it, then what is done from now on.'],
    ['journal show /user/accounts/alice --data n1', 'As it lies on the disk of a stopped node.'],
  ],
  async run(context, input) {
    const [path = ''] = input.arguments;
    const limit = input.integer('limit') ?? RECORDS_DEFAULT;
    if (input.boolean('follow')) return follow(context, input, path);
    const range = { path, from: input.integer('from') ?? 1, limit };
    const next = await showRecords(context, input, range);
    if (next !== null) remark(context, `seq-node: there are more; go on with --from ${next}`);
    return 0;
  },
};

async function follow(context: Context, input: Input, path: string): Promise<number> {
  if (input.text('data') !== undefined || input.integer('limit') !== undefined)
    throw new SeqNodeError('bad-usage', '--follow excludes --data and --limit.');
  const from = input.integer('from') ?? 1;
  const actor = resolveAddress(path);
  for await (const { event, data } of followEvents(new NodeClient(context, input), { actor })) {
    if (event === 'purged') remark(context, 'seq-node: the actor was purged');
    if (event === 'unreadable') remark(context, `seq-node: record ${data.sequence} cannot be read`);
    if (event !== 'record' || Number(data.sequence) < from) continue;
    const { path: _, ...record } = data;
    if (input.boolean('json')) printJson(context, record);
    else printRecord(context, record as unknown as JournalLine);
  }
  return 0;
}

/** Resolves to the sequence number to go on with, or null at the end of the journal. */
async function showRecords(context: Context, input: Input, range: Range): Promise<number | null> {
  const data = input.text('data');
  if (data !== undefined && (input.texts('node').length > 0 || input.text('token') !== undefined))
    throw new SeqNodeError('bad-usage', '--data excludes --node and --token.');
  const records =
    data === undefined ? askRecords(new NodeClient(context, input), range) : readRecords(data, range);
  let shown = 0;
  for await (const record of records) {
    if (shown === range.limit) return record.sequence;
    shown++;
    if (input.boolean('json')) printJson(context, record);
    else printRecord(context, record);
  }
  return null;
}

async function* askRecords(client: NodeClient, { path, from, limit }: Range): AsyncGenerator<JournalLine> {
  const address = actorAddress(path, 'journal');
  // One more than wanted tells whether there are more.
  let left = limit + 1;
  for (let next: number | null = from; next !== null && left > 0; ) {
    const query = new URLSearchParams({ from: String(next), limit: String(Math.min(PAGE, left)) });
    const page = (await client.call({ method: 'GET', confirmed: true, address: `${address}?${query}` })) as {
      readonly records: readonly JournalLine[];
      readonly next: number | null;
    };
    yield* page.records;
    left -= page.records.length;
    next = page.next;
  }
}

async function* readRecords(data: string, { path, from }: Range): AsyncGenerator<JournalLine> {
  const { recordsInData } = await import('../../host/stopped-node.ts');
  for await (const row of recordsInData(data, path, from)) yield journalRowJson(row) as JournalLine;
}
