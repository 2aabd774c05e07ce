// What the commands about queues have in common.
import { SeqNodeError } from '../base/errors.ts';
import type { ArgumentRow, Context, FlagRow, Input } from './command.ts';
import { CLIENT_FLAGS, JSON_FLAG, NodeClient } from './node-client.ts';

export const QUEUE_ARGUMENT: ArgumentRow = {
  name: 'NAME',
  doc: 'The queue: emails for the one that actors know as /queue/emails.',
  required: true,
};

export const TOKEN_ARGUMENT: ArgumentRow = {
  name: 'TOKEN',
  doc: 'The lease of the task, as seq-node queue take gives it.',
  required: true,
};

export const QUEUE_FLAGS: readonly FlagRow[] = [JSON_FLAG, ...CLIENT_FLAGS];

const LEASE_MS_MIN = 10;
const LEASE_MS_MAX = 86_400_000;

export const LEASE_FLAG: FlagRow = {
  name: 'lease',
  type: 'duration',
  value: 'TIME',
  least: LEASE_MS_MIN,
  most: LEASE_MS_MAX,
  doc: 'How long the worker has the task before another gets it. Default: as the queue is set.',
};

export const WORKER_FLAG: FlagRow = {
  name: 'worker',
  type: 'text',
  value: 'TEXT',
  doc: 'A name for people, shown by queue tasks and why.',
};

/** `emails` and `/queue/emails` are the same queue. */
export function queueAddress(name: string, endpoint = ''): string {
  const short = name.startsWith('/queue/') ? name.slice('/queue/'.length) : name;
  if (short === '' || short.includes('/'))
    throw new SeqNodeError('bad-usage', `${JSON.stringify(name)} is no name of a queue, such as emails.`);
  return `/v1/queues/${encodeURIComponent(short)}${endpoint === '' ? '' : `/${endpoint}`}`;
}

/** Says something to the queue that the command line names first. */
export function tellQueue(
  context: Context,
  input: Input,
  endpoint: string,
  body: Readonly<Record<string, unknown>>,
): Promise<unknown> {
  const [name = ''] = input.arguments;
  const client = new NodeClient(context, input);
  const address = queueAddress(name, endpoint);
  return client.call({ method: 'POST', address, body });
}

/** The fields that are given. */
export function given(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

export interface TakenTask {
  readonly number: number;
  readonly attempt: number;
  readonly token: string;
  readonly untilMillis: number;
  readonly leaseMs: number;
  readonly message: unknown;
  readonly sender: string;
}

/** A node waits for so long at most, so that a connection that broke is noticed. */
const ROUND_MS = 4000;

/** Waits for tasks for `waitMs`, in rounds; `goesOn` ends the waiting sooner. */
export async function takeTasks(
  context: Context,
  input: Input,
  options: { readonly most: number; readonly waitMs: number },
  goesOn: () => boolean = () => true,
): Promise<readonly TakenTask[]> {
  const until = performance.now() + options.waitMs;
  const worker = input.text('worker');
  const leaseMs = input.duration('lease');
  for (;;) {
    const waitMs = Math.max(0, Math.min(ROUND_MS, Math.floor(until - performance.now())));
    const body = given({ worker, leaseMs, most: options.most, waitMs });
    const { tasks } = (await tellQueue(context, input, 'take', body)) as {
      readonly tasks: readonly TakenTask[];
    };
    if (tasks.length > 0 || performance.now() >= until || !goesOn()) return tasks;
  }
}
