// What send and ask have in common: a message, an id, and one effect however often it is tried.
import { randomUUID } from 'node:crypto';
import { SeqNodeError } from '../base/errors.ts';
import { fromJson } from '../base/json.ts';
import { repeatedName } from '../base/json-keys.ts';
import { parseNotation } from '../base/notation.ts';
import type { ArgumentRow, Context, FlagRow, Input } from './command.ts';
import { actorAddress, CLIENT_FLAGS, JSON_FLAG, NodeClient } from './node-client.ts';

export const ACTOR_ARGUMENT: ArgumentRow = {
  name: 'PATH',
  doc: 'The actor: its path, as in /user/accounts/alice, its name or its UUID.',
  required: true,
};

export const MESSAGE_ARGUMENTS: readonly ArgumentRow[] = [
  ACTOR_ARGUMENT,
  { name: 'MESSAGE', doc: 'Message notation, as in Deposit 100.', required: false, many: true },
];

export const ID_FLAG: FlagRow = {
  name: 'id',
  type: 'text',
  value: 'ID',
  doc: 'The id under which it takes effect once. Default: a random one.',
};

export const MESSAGE_FLAGS: readonly FlagRow[] = [
  { name: 'json-message', type: 'text', value: 'JSON', doc: 'The message as JSON, in the place of MESSAGE.' },
  ID_FLAG,
  JSON_FLAG,
  ...CLIENT_FLAGS,
];

/** What the node answers to all that takes effect once. */
export interface Taken {
  readonly mode: string;
  readonly sequence: number;
  /** It changed nothing, and nothing was written. */
  readonly read?: true;
  readonly replayed?: true;
}

export const takenText = ({ mode, sequence, read, replayed }: Taken): string =>
  `${mode} sequence ${sequence}${read ? ', nothing changed' : ''}${replayed ? ', replayed' : ''}`;

/**
 * The body of the node's answer. Rejects with `outcome-unknown` naming the id, so that it can be tried again.
 */
export async function sendMessage(
  context: Context,
  input: Input,
  endpoint: 'ask' | 'messages',
): Promise<unknown> {
  const [path = '', ...words] = input.arguments;
  const message = readMessage(words, input.text('json-message'));
  const address = actorAddress(path, endpoint);
  const client = new NodeClient(context, input);
  return onceWithId(input, (id) =>
    client.call({
      method: 'POST',
      address,
      // For people replies are written in notation, whose variants have no names of fields.
      body: { message, id, timeoutMs: client.messageTimeoutMs(), positional: !input.boolean('json') },
    }),
  );
}

/** Gives `act` the id of the command line, or a random one; an unknown outcome tells which it was. */
export async function onceWithId<T>(input: Input, act: (id: string) => Promise<T>): Promise<T> {
  const id = input.text('id') ?? randomUUID();
  try {
    return await act(id);
  } catch (error) {
    if (!(error instanceof SeqNodeError) || error.code !== 'outcome-unknown') throw error;
    throw new SeqNodeError('outcome-unknown', `${error.message} Repeat it with --id ${id}.`, {
      ...error.details,
      id,
    });
  }
}

/**
 * The message as the gateway takes it: a string is notation. Checked here, so that a slip is told without a
 * node.
 */
function readMessage(words: readonly string[], json: string | undefined): unknown {
  if (json === undefined) {
    if (words.length === 0)
      throw new SeqNodeError('bad-usage', 'MESSAGE is missing, and there is no --json-message.');
    const text = words.join(' ');
    parseNotation(text, { outerParensOptional: true });
    return text;
  }
  if (words.length > 0)
    throw new SeqNodeError('bad-usage', 'MESSAGE and --json-message are both given; keep one of them.');
  let message: unknown;
  try {
    message = JSON.parse(json);
  } catch {
    throw new SeqNodeError('bad-usage', 'The value of --json-message is not JSON.');
  }
  const repeated = repeatedName(json);
  if (repeated !== undefined)
    throw new SeqNodeError('bad-usage', `The value of --json-message gives ${repeated} twice.`);
  fromJson(message);
  return typeof message === 'string' ? JSON.stringify(message) : message;
}
