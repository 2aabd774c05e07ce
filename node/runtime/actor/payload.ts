// Messages between actors, as they are stored in the outbox and sent.
import { InvariantError } from '../../base/assert.ts';
import { decodeData, encodeData } from '../../base/codec.ts';
import { type ActorPath, moduleHash } from '../../base/ids.ts';
import { pack } from '../../base/pack.ts';
import { bytesView, count, decodeTree, flag, list, malformed, orNull, text } from '../../base/tree.ts';
import type { Payload } from '../envelope.ts';
import { END_REASONS } from '../watches.ts';
import { answerFields, readAnswer } from './answer-fields.ts';
import { codeFields, readCode } from './code-ref.ts';
import { ROW_VERSION } from './row.ts';

/** A payload as it waits in the outbox and travels to its receiver. */
export function encodePayload(payload: Payload): Uint8Array {
  switch (payload.kind) {
    case 'message':
      return pack([
        ROW_VERSION,
        'message',
        encodeData(payload.message),
        payload.ask,
        ...(payload.askers === undefined ? [] : [payload.askers]),
      ]);
    case 'spawn':
      return pack([ROW_VERSION, 'spawn', codeFields(payload.code), payload.mode, payload.newLife]);
    case 'stop':
    case 'suspend':
    case 'resume':
      return pack([ROW_VERSION, payload.kind]);
    case 'start-child': {
      const { child, life, code, mode, fresh } = payload;
      return pack([ROW_VERSION, 'start-child', child, life, codeFields(code), mode, fresh]);
    }
    case 'stop-child':
      return pack([ROW_VERSION, 'stop-child', payload.child, payload.life, payload.kill]);
    case 'let-go':
      return pack([ROW_VERSION, 'let-go', payload.child, payload.life]);
    case 'report':
      return pack([ROW_VERSION, 'report', encodeData(payload.report)]);
    case 'upgrade': {
      const { module, word, migrate, resume } = payload;
      return pack([ROW_VERSION, 'upgrade', module, word, migrate, resume]);
    }
    case 'purge':
      return pack([ROW_VERSION, 'purge', payload.force]);
    case 'whereis':
      return pack([ROW_VERSION, 'whereis', payload.ask]);
    case 'answer':
      return pack([ROW_VERSION, 'answer', payload.ask, answerFields(payload.outcome)]);
    case 'task-order':
      return pack([ROW_VERSION, 'task-order', encodeData(payload.order)]);
    case 'watch':
      return pack([ROW_VERSION, 'watch', payload.reference, payload.link]);
    case 'unwatch':
      return pack([ROW_VERSION, 'unwatch', payload.reference, payload.link]);
    case 'terminated':
      return pack([ROW_VERSION, 'terminated', payload.reference, payload.reason, payload.link]);
    case 'event':
      throw new InvariantError('an event in an outbox');
  }
}

/**
 * Throws SeqNodeError for anything that `encodePayload` did not make: payloads come from other nodes, too.
 */
export function decodePayload(bytes: Uint8Array): Payload {
  const [version, kind, first, second, third, fourth, fifth] = list(decodeTree(bytes));
  if (version !== ROW_VERSION) throw malformed('a payload of a known version');
  switch (kind) {
    case 'message':
      return {
        kind,
        message: decodeData(bytesView(first)),
        ask: orNull(second, text),
        // Absent where it was written before asks named their askers, and where nobody asks.
        ...(third === undefined ? {} : { askers: list(third).map((path) => text(path) as ActorPath) }),
      };
    case 'spawn': {
      if (second !== 'durable' && second !== 'volatile') throw malformed('a mode');
      // Absent where it was written before there were new lives.
      return { kind, code: readCode(first), mode: second, newLife: third === true };
    }
    case 'stop':
    case 'suspend':
    case 'resume':
      return { kind };
    case 'start-child': {
      if (fourth !== 'durable' && fourth !== 'volatile') throw malformed('a mode');
      const order = { child: text(first), life: count(second), code: readCode(third) };
      return { kind, ...order, mode: fourth, fresh: flag(fifth) };
    }
    case 'stop-child':
      return { kind, child: text(first), life: count(second), kill: flag(third) };
    case 'let-go':
      return { kind, child: text(first), life: count(second) };
    case 'report':
      return { kind, report: decodeData(bytesView(first)) };
    case 'upgrade':
      return {
        kind,
        module: moduleHash(text(first)),
        word: orNull(second, text),
        migrate: orNull(third, text),
        resume: flag(fourth),
      };
    case 'purge':
      return { kind, force: flag(first) };
    case 'whereis':
      return { kind, ask: text(first) };
    case 'answer':
      return { kind, ask: text(first), outcome: readAnswer(second) };
    case 'task-order':
      return { kind, order: decodeData(bytesView(first)) };
    case 'watch':
      return { kind, reference: text(first), link: flag(second) };
    case 'unwatch':
      return { kind, reference: text(first), link: second === true };
    case 'terminated': {
      const reason = END_REASONS.find((each) => each === second);
      if (reason === undefined) throw malformed('a reason');
      return { kind, reference: text(first), reason, link: flag(third) };
    }
    default:
      throw malformed('a known kind of payload');
  }
}

/**
 * Whether the payload is one that a turn waits for: see overtakes. It has a lane of its own on its way. Looks
 * at the kind only, which follows the head of the list and the version: a text of a length in one byte.
 */
export function isUrgent(payload: Uint8Array): boolean {
  return (
    ANSWER.every((byte, at) => payload[at + 2] === byte) ||
    WHEREIS.every((byte, at) => payload[at + 2] === byte)
  );
}

const kindBytes = (kind: string): readonly number[] => [...pack(kind)];
const ANSWER = kindBytes('answer');
const WHEREIS = kindBytes('whereis');
