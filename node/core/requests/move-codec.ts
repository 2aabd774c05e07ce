// Requests of exports and imports as they travel between two nodes: see codec.ts.
import { groupId } from '../../base/ids.ts';
import { bytesCopy, count, flag, text } from '../../base/tree.ts';
import type { ClientRequest } from '../types.ts';

const OPS = [
  'hold-shard',
  'open-export',
  'close-export',
  'read-export',
  'begin-import',
  'import-rows',
  'end-import',
] as const;

type Op = (typeof OPS)[number];
export type MoveRequest = Extract<ClientRequest, { op: Op }>;
type Untimed<R> = R extends unknown ? Omit<R, 'timeoutMs'> : never;

/** Every request that goes to another node is asked. */
const NAMES: ReadonlySet<string> = new Set(OPS);

export const isMove = (op: string): op is Op => NAMES.has(op);

export const isMoveRequest = (request: ClientRequest): request is MoveRequest => isMove(request.op);

export function moveFields(request: MoveRequest): readonly unknown[] {
  const { group } = request;
  switch (request.op) {
    case 'hold-shard':
    case 'open-export':
    case 'close-export':
      return [group, request.export];
    case 'read-export':
      return [group, request.export, request.from, request.to];
    case 'begin-import':
      return [group, request.import];
    case 'import-rows':
      return [group, request.import, request.number, request.rows];
    case 'end-import': {
      const { wall, sent, letters } = request.counters;
      return [group, request.import, request.keep, wall, sent, letters];
    }
  }
}

/** Throws SeqNodeError for fields that `moveFields` did not make. */
export function readMove(op: Op, fields: readonly unknown[]): Untimed<MoveRequest> {
  const [first, second, third, fourth, fifth, sixth] = fields;
  const group = groupId(count(first));
  const name = text(second);
  switch (op) {
    case 'hold-shard':
    case 'open-export':
    case 'close-export':
      return { op, group, export: name };
    case 'read-export':
      return { op, group, export: name, from: bytesCopy(third), to: bytesCopy(fourth) };
    case 'begin-import':
      return { op, group, import: name };
    case 'import-rows':
      return { op, group, import: name, number: count(third), rows: bytesCopy(fourth) };
    case 'end-import': {
      const counters = { wall: count(fourth), sent: count(fifth), letters: count(sixth) };
      return { op, group, import: name, keep: flag(third), counters };
    }
  }
}
