// Client requests and their answers as they travel between two nodes. Both are validated like any frame.

import { decodeData, encodeData } from '../../base/codec.ts';
import { isErrorCode } from '../../base/errors.ts';
import { groupId, moduleHash, nodeId } from '../../base/ids.ts';
import { parsePath } from '../../base/path.ts';
import type { Peer } from '../../base/peer.ts';
import { bytesView, count, flag, list, malformed, orNull, record, text } from '../../base/tree.ts';
import { codeFields, readCode } from '../../runtime/actor/code-ref.ts';
import type { ClientRequest, ClientResult } from '../types.ts';
import { isMove, isMoveRequest, type MoveRequest, moveFields, readMove } from './move-codec.ts';
import type { Answered } from './results.ts';

/**
 * `elsewhere`: the asked node does not lead the group, or no more; `leader` is who does, as far as it knows.
 * `begun` says that the request was taken before the leadership was lost, so that it may yet take effect.
 * `hopeless`: as far as the asked node knows, nobody can lead the group of those that are linked with it.
 */
export type Answer =
  | ClientResult
  | {
      readonly elsewhere: true;
      readonly leader: string | null;
      readonly begun: boolean;
      readonly hopeless: boolean;
    };

/** One attempt at a request. */
export interface Attempt {
  readonly request: ClientRequest;
  /** An attempt before this one was not answered, so it may arrive later than this one. */
  readonly again: boolean;
}

/** This node leads the group, but takes nothing for the moment. */
export const NOT_NOW: Answer = { elsewhere: true, leader: null, begun: false, hopeless: false };

export function requestTree(request: ClientRequest): unknown {
  const { op, timeoutMs } = request;
  if (isMoveRequest(request)) return [op, timeoutMs, ...moveFields(request)];
  return [op, timeoutMs, ...requestFields(request)];
}

function requestFields(request: Exclude<ClientRequest, MoveRequest>): readonly unknown[] {
  const { op } = request;
  switch (op) {
    case 'tell':
    case 'ask':
      return [request.path, encodeData(request.message), request.id];
    case 'spawn':
      return [
        request.path,
        codeFields(request.code),
        request.mode,
        request.id,
        request.newLife,
        request.journalReads ?? false,
      ];
    case 'stop':
    case 'suspend':
    case 'resume':
      return [request.path, request.id];
    case 'upgrade': {
      const { path, module, word, migrate, resume, id } = request;
      return [path, module, word, migrate, id, resume];
    }
    case 'purge':
      return [request.path, request.force, request.id];
    case 'inspect':
      return [request.path];
    case 'logs':
      return [request.path, request.after];
    case 'why':
      return [request.path, request.asker?.path ?? null, request.asker?.ask ?? null];
    case 'journal':
      return [request.path, request.from, request.limit, ...(request.backwards ? [true] : [])];
    case 'take-tasks':
    case 'queue-order':
    case 'tasks':
      return queueFields(request);
    case 'timers':
      return [request.path, request.after, request.limit];
    case 'cancel-timer':
      return [request.path, request.timer];
    case 'actors':
      return [request.prefix, request.after, request.limit];
    case 'deploy':
      return [request.hash, request.bundle];
    case 'token':
      return [request.secretHash, request.expiresAt];
    case 'admit':
      return [request.secretHash, request.peer];
    case 'readdress':
      return [request.peer];
    case 'remove-node':
    case 'keep-node':
      return [request.member];
    case 'registry-index':
      return [];
    case 'replace':
      return [request.old, request.node];
    default:
      return [request.group, ...groupFields(request)];
  }
}

/** Of a request that names its group, and no actor. */
function groupFields(
  request: Exclude<Extract<ClientRequest, { group: unknown }>, MoveRequest>,
): readonly unknown[] {
  switch (request.op) {
    case 'events':
      return [request.waitMs, request.prefix, request.exact, request.index, request.skip, request.eager];
    case 'shard-timers':
      return [request.owner, request.timer, request.limit];
    case 'dead-letters':
      return [request.from, request.limit];
    case 'replay-dead-letter':
    case 'drop-dead-letter':
      return [request.number];
    case 'does-without':
      return [request.node, request.since];
    case 'group-state':
    case 'has-quorum':
    case 'applied-index':
      return [];
  }
}

function queueFields(request: OrderOf<OfQueues>): readonly unknown[] {
  switch (request.op) {
    case 'take-tasks': {
      const { path, worker, most, leaseMs, waitMs } = request;
      return [path, worker, most, leaseMs, waitMs];
    }
    case 'queue-order':
      return [request.path, encodeData(request.order), request.id];
    case 'tasks':
      return [request.path, request.from, request.limit];
  }
}

/** Throws SeqNodeError for a tree that `requestTree` did not make. */
export function readRequest(tree: unknown): ClientRequest {
  const [opField, timeout, ...fields] = list(tree);
  const op = text(opField) as ClientRequest['op'];
  const timeoutMs = count(timeout);
  const [first, second, third, fourth, fifth, sixth] = fields;
  switch (op) {
    case 'tell':
    case 'ask':
      return {
        op,
        timeoutMs,
        path: parsePath(text(first)),
        message: decodeData(bytesView(second)),
        id: text(third),
      };
    case 'spawn': {
      const mode = text(third);
      if (mode !== 'durable' && mode !== 'volatile') throw malformed('a mode');
      return {
        op,
        timeoutMs,
        path: parsePath(text(first)),
        code: readCode(second),
        mode,
        id: text(fourth),
        newLife: fifth === true,
        ...(sixth === true && { journalReads: true }),
      };
    }
    case 'stop':
    case 'suspend':
    case 'resume':
    case 'upgrade':
    case 'purge':
      return { ...readOrder(op, fields), timeoutMs };
    case 'take-tasks':
    case 'queue-order':
    case 'tasks':
      return { ...readQueueRequest(op, fields), timeoutMs };
    case 'inspect':
    case 'logs':
    case 'why':
      return { ...readView(op, fields), timeoutMs };
    case 'journal':
      return { ...readJournal(fields), timeoutMs };
    case 'timers':
      return { op, timeoutMs, path: parsePath(text(first)), after: text(second), limit: count(third) };
    case 'cancel-timer':
      return { op, timeoutMs, path: parsePath(text(first)), timer: text(second) };
    case 'actors':
      return { op, timeoutMs, prefix: text(first), after: text(second), limit: count(third) };
    case 'deploy':
      return { op, timeoutMs, hash: moduleHash(text(first)), bundle: bundle(second) };
    case 'token':
      return { op, timeoutMs, secretHash: text(first), expiresAt: count(second) };
    case 'admit':
      return { op, timeoutMs, secretHash: text(first), peer: peer(second) };
    case 'readdress':
      return { op, timeoutMs, peer: peer(first) };
    case 'remove-node':
    case 'keep-node':
      return { op, timeoutMs, member: text(first) };
    case 'replace':
      return { op, timeoutMs, old: nodeId(text(first)), node: nodeId(text(second)) };
    case 'registry-index':
      return { op, timeoutMs };
    default:
      return readGroupRequest(op, timeoutMs, fields);
  }
}

/** One that names its group, and no actor. */
function readGroupRequest(op: string, timeoutMs: number, fields: readonly unknown[]): ClientRequest {
  const [first, second, third, fourth, fifth, sixth, seventh] = fields;
  switch (op) {
    case 'events': {
      const wanted = { prefix: text(third), exact: flag(fourth), index: count(fifth), skip: count(sixth) };
      const eager = flag(seventh);
      return { op, timeoutMs, group: groupId(count(first)), waitMs: count(second), ...wanted, eager };
    }
    case 'shard-timers': {
      const owner = second === '' ? second : parsePath(text(second));
      return { op, timeoutMs, group: groupId(count(first)), owner, timer: text(third), limit: count(fourth) };
    }
    case 'dead-letters':
      return { op, timeoutMs, group: groupId(count(first)), from: count(second), limit: count(third) };
    case 'replay-dead-letter':
    case 'drop-dead-letter':
      return { op, timeoutMs, group: groupId(count(first)), number: count(second) };
    case 'group-state':
    case 'has-quorum':
    case 'applied-index':
      return { op, timeoutMs, group: groupId(count(first)) };
    case 'does-without':
      return {
        op,
        timeoutMs,
        group: groupId(count(first)),
        node: nodeId(text(second)),
        since: count(third),
      };
    default:
      if (isMove(op)) return { ...readMove(op, fields), timeoutMs };
      throw malformed('a known operation');
  }
}

type Untimed<R> = R extends unknown ? Omit<R, 'timeoutMs'> : never;
type OrderOf<O> = Extract<ClientRequest, { op: O }>;
type Order = 'stop' | 'suspend' | 'resume' | 'upgrade' | 'purge';

function readOrder(op: Order, fields: readonly unknown[]): Untimed<OrderOf<Order>> {
  const [first, second, third, fourth, fifth, sixth] = fields;
  const path = parsePath(text(first));
  if (op === 'purge') return { op, path, force: flag(second), id: text(third) };
  if (op !== 'upgrade') return { op, path, id: text(second) };
  return {
    op,
    path,
    module: moduleHash(text(second)),
    word: orNull(third, text),
    migrate: orNull(fourth, text),
    id: text(fifth),
    resume: flag(sixth),
  };
}

type OfViews = 'inspect' | 'logs' | 'why';

function readView(op: OfViews, [first, second, third]: readonly unknown[]): Untimed<OrderOf<OfViews>> {
  const path = parsePath(text(first));
  if (op === 'inspect') return { op, path };
  if (op === 'logs') return { op, path, after: text(second) };
  if (orNull(second, text) === null) return { op: 'why', path };
  return { op: 'why', path, asker: { path: parsePath(text(second)), ask: text(third) } };
}

function readJournal([first, second, third, fourth]: readonly unknown[]): Untimed<OrderOf<'journal'>> {
  const range = {
    op: 'journal',
    path: parsePath(text(first)),
    from: count(second),
    limit: count(third),
  } as const;
  return fourth === true ? { ...range, backwards: true } : range;
}

type OfQueues = 'take-tasks' | 'queue-order' | 'tasks';

function readQueueRequest(op: OfQueues, fields: readonly unknown[]): Untimed<OrderOf<OfQueues>> {
  const [first, second, third, fourth, fifth] = fields;
  const path = parsePath(text(first));
  if (op === 'tasks') return { op, path, from: count(second), limit: count(third) };
  if (op === 'queue-order') return { op, path, order: decodeData(bytesView(second)), id: text(third) };
  const leaseMs = orNull(fourth, count);
  return { op, path, worker: text(second), most: count(third), leaseMs, waitMs: count(fifth) };
}

function bundle(value: unknown) {
  const { entry, files } = record(value);
  const read: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const [name, source] of Object.entries(record(files))) read[name] = text(source);
  return { entry: text(entry), files: read };
}

function peer(value: unknown): Peer {
  const { node, name, addresses } = record(value);
  return { node: nodeId(text(node)), name: text(name), addresses: list(addresses).map(text) };
}

/** `op` is that of the request. */
export function answerTree(op: ClientRequest['op'], answer: Answer): unknown {
  if ('elsewhere' in answer) return [2, answer.leader, answer.begun, answer.hopeless];
  if (!answer.ok) return [1, answer.code, answer.message, answer.details];
  if (op !== 'ask') return [0, answer.value];
  const { reply, ...taken } = answer.value as Answered;
  return [0, { ...taken, reply: encodeData(reply) }];
}

/** Throws SeqNodeError for a tree that `answerTree` did not make. */
export function readAnswer(op: ClientRequest['op'], tree: unknown): Answer {
  const [kind, first, second, third] = list(tree);
  if (kind === 0 && op === 'ask') {
    const { reply, ...taken } = record(first);
    return { ok: true, value: { ...taken, reply: decodeData(bytesView(reply)) } };
  }
  if (kind === 0) return { ok: true, value: first };
  if (kind === 2)
    return { elsewhere: true, leader: orNull(first, text), begun: flag(second), hopeless: flag(third) };
  const code = text(first);
  return {
    ok: false,
    code: isErrorCode(code) ? code : 'internal',
    message: text(second),
    details: record(third),
  };
}
