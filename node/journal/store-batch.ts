// What a batch of store steps comes to: plain puts and deletes, or a refusal. Both stores use it, so that they agree.
import { InvariantError } from '../base/assert.ts';
import { counterBytes, type KeyRange, parseCounter } from './keys.ts';
import { decodeSteps } from './steps.ts';
import type { PlainOp, StoreOp } from './store-port.ts';

/** A value to put, or null to delete. */
export type Mutation = readonly [key: Uint8Array, value: Uint8Array | null];

/** The store as it was before the batch. */
export interface BatchBase {
  get(key: Uint8Array): Uint8Array | undefined;
  keysIn(range: KeyRange): Iterable<Uint8Array>;
}

/**
 * The mutations of a batch, in order. Throws InvariantError, naming the key, when a counter is not what a `sequence` step says
 * or a range is upside down; then nothing of the batch may be written.
 */
export function resolveBatch(ops: readonly StoreOp[], base: BatchBase): Mutation[] {
  const mutations: Mutation[] = [];
  for (const op of plainOps(ops)) {
    switch (op.kind) {
      case 'put':
        mutations.push([op.key, op.value]);
        break;
      case 'delete':
        mutations.push([op.key, null]);
        break;
      case 'delete-range':
        for (const key of [...keysWithin(mutations, op), ...base.keysIn(op)]) mutations.push([key, null]);
        break;
      case 'sequence':
        mutations.push([op.key, advanced(op, lookUp(mutations, base, op.key))]);
        break;
    }
  }
  return mutations;
}

/** The same steps, plainly. */
export function plainOps(ops: readonly StoreOp[]): readonly PlainOp[] {
  return ops.flatMap((op) => (op.kind === 'steps' ? decodeSteps(op.keys, op.steps) : op));
}

export function compareBytes(one: Uint8Array, other: Uint8Array): number {
  const shared = Math.min(one.length, other.length);
  for (let at = 0; at < shared; at++) {
    const difference = (one[at] as number) - (other[at] as number);
    if (difference !== 0) return difference;
  }
  return one.length - other.length;
}

export const isWithin = (key: Uint8Array, { from, to }: KeyRange) =>
  compareBytes(from, key) <= 0 && compareBytes(key, to) < 0;

function keysWithin(mutations: readonly Mutation[], range: KeyRange): Uint8Array[] {
  return mutations.filter(([key, value]) => value !== null && isWithin(key, range)).map(([key]) => key);
}

/** Batches are short and most hold one counter, so that looking back through them beats keeping an index. */
function lookUp(mutations: readonly Mutation[], base: BatchBase, key: Uint8Array): Uint8Array | undefined {
  for (let at = mutations.length - 1; at >= 0; at--) {
    const [written, value] = mutations[at] as Mutation;
    if (compareBytes(written, key) === 0) return value ?? undefined;
  }
  return base.get(key);
}

function advanced(op: Extract<PlainOp, { kind: 'sequence' }>, value: Uint8Array | undefined): Uint8Array {
  checkCounter(op.key, value === undefined ? 0 : parseCounter(value), op.was, op.now);
  return counterBytes(op.now);
}

/** Throws InvariantError unless the counter at `key`, which is `is`, is what a step says that it was. */
export function checkCounter(key: Uint8Array, is: number, was: number, now: number): void {
  if (is !== was)
    throw new InvariantError(
      `the counter at ${hex(key)} is ${is}; the batch would move it from ${was} to ${now}`,
    );
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
