// Requests that send something to an actor: each becomes an envelope for the shard's leader, and its ending
// becomes the answer.
import { isErrorCode } from '../../base/errors.ts';
import type { FieldNames } from '../../base/json.ts';
import { type Data, List, SeqMap, Variant } from '../../base/value.ts';
import type { Replica } from '../../cluster/replica.ts';
import type { Ending } from '../../runtime/actor/item.ts';
import { WAS_SO } from '../../runtime/actor/life-change.ts';
import { type Behaviour, messageProblem } from '../../runtime/behaviour.ts';
import type { Envelope, Payload } from '../../runtime/envelope.ts';
import type { Shard } from '../../runtime/shard/shard.ts';
import type { ClientRequest } from '../types.ts';
import type { Answer, Attempt } from './codec.ts';
import { measured } from './digest.ts';
import { modeOf } from './reads.ts';
import type { Answered, DurabilityMode, Resumed, Suspended, Taken, Upgraded } from './results.ts';

export type ActorRequest = ClientRequest & {
  op: 'tell' | 'ask' | 'spawn' | 'stop' | 'suspend' | 'resume' | 'upgrade' | 'purge';
};
type Done = (answer: Answer) => void;

/** `elsewhere` names the node to ask when the shard's leader lost its lead. */
export function deliverTo(
  shard: Shard,
  replica: Replica,
  { request, again }: Attempt & { readonly request: ActorRequest },
  elsewhere: (begun: boolean) => Answer,
  done: Done,
  readOnly?: Envelope['readOnly'],
): void {
  const { digest, bytes } = measured(request);
  const origin = { source: `c:${request.id}`, number: 0, digest };
  const asks = request.op === 'ask';
  const envelope = {
    to: request.path,
    sender: '',
    origin,
    payload: payloadOf(request),
    bytes: asks || request.op === 'tell' ? bytes : undefined,
    again,
    asks,
    readOnly,
  } as const;
  shard.deliver(envelope, (ending) => {
    if (typeof ending === 'string') done(elsewhere(ending === 'elsewhere'));
    else done(answerOf(shard, replica, request, ending));
  });
}

function answerOf(
  shard: Shard,
  replica: Replica,
  request: ActorRequest,
  ending: Exclude<Ending, string>,
): Answer {
  if (!ending.ok) {
    const code = isErrorCode(ending.code) ? ending.code : 'turn-failed';
    const details = detailsOf(shard, request, code);
    return {
      ok: false,
      code,
      message: ending.message,
      details: ending.replayed ? { ...details, replayed: true } : details,
    };
  }
  const mode: DurabilityMode = ending.sequence === 0 ? 'volatile' : modeOf(replica);
  const { sequence } = ending;
  // Most are neither, and a spread costs more than all the rest.
  const taken: Taken =
    ending.read || ending.replayed
      ? {
          sequence,
          mode,
          ...(ending.read && { read: true }),
          ...(ending.replayed && { replayed: true }),
        }
      : { sequence, mode };
  if (request.op !== 'ask') return { ok: true, value: { ...taken, ...orderFacts(request.op, ending.reply) } };
  if (ending.reply === null) {
    const number = mode === 'volatile' || ending.read ? '' : ` as number ${ending.sequence}`;
    const message = `${request.path} handled the message${number} and gave no reply.`;
    const { mode: _, ...details } = taken;
    return { ok: false, code: 'no-reply', message, details };
  }
  const fields = fieldsOf(ending.reply, () => shard.behaviourOf(request.path));
  const value: Answered = { ...taken, reply: ending.reply, ...(fields && { fields }) };
  return { ok: true, value };
}

/** Of the variants in a reply. Undefined where there are none to name, as in most replies. */
function fieldsOf(reply: Data, behaviourOf: () => Behaviour | undefined): FieldNames | undefined {
  if (typeof reply !== 'object') return undefined;
  const behaviour = behaviourOf();
  if (behaviour === undefined) return undefined;
  let names: Record<string, readonly string[]> | undefined;
  const look = (value: Data): void => {
    if (value instanceof List) for (const item of value) look(item as Data);
    else if (value instanceof SeqMap) for (const [, of] of value.entries()) look(of as Data);
    else if (value instanceof Variant) {
      const known = behaviour.fieldNames(value.tag);
      if (known !== undefined) {
        names ??= Object.create(null) as Record<string, readonly string[]>;
        names[value.tag] = known;
      }
      for (const field of value.fields) look(field);
    }
  };
  look(reply);
  return names;
}

/** What an order came to, beside that it was taken. */
function orderFacts(op: ActorRequest['op'], reply: Data | null): Resumed | Suspended | Upgraded | object {
  if (op === 'resume') return { resumed: reply !== WAS_SO };
  if (op === 'suspend') return { suspended: reply !== WAS_SO };
  if (op !== 'upgrade' || !(reply instanceof Variant)) return {};
  return { upgraded: reply.tag === 'Upgraded', lifecycle: String(reply.fields[0]) };
}

/** A refused message says what would have been taken. */
function detailsOf(shard: Shard, request: ActorRequest, code: string): Readonly<Record<string, unknown>> {
  if (code !== 'bad-message' || (request.op !== 'tell' && request.op !== 'ask')) return {};
  const behaviour = shard.ready ? shard.behaviourOf(request.path) : undefined;
  return (behaviour && messageProblem(behaviour, request.message))?.details ?? {};
}

function payloadOf(request: ActorRequest): Payload {
  switch (request.op) {
    case 'spawn':
      return {
        kind: 'spawn',
        code: request.code,
        mode: request.mode,
        newLife: request.newLife,
        ...(request.journalReads && { journalReads: true }),
      };
    case 'stop':
    case 'suspend':
    case 'resume':
      return { kind: request.op };
    case 'upgrade': {
      const { module, word, migrate, resume } = request;
      return { kind: 'upgrade', module, word, migrate, resume };
    }
    case 'purge':
      return { kind: 'purge', force: request.force };
    default:
      return { kind: 'message', message: request.message, ask: null };
  }
}
