// Resolves a batch of operations to plain puts and deletes, or refuses it.
import { InvariantError } from '../base/assert.ts';
import { compareBytes } from '../base/bytes.ts';
import { counterBytes, type KeyRange, keyName, parseCounter } from './keys.ts';
import { disjoint, LiveKeys } from './live-keys.ts';
import { decodeMutations } from './mutations.ts';
import type { PlainOp, StoreOp } from './store-port.ts';

/** A value to put, or null to delete. */
export type Mutation = readonly [key: Uint8Array, value: Uint8Array | null];

/** The store as it was before the batch. */
export interface BatchBase {
  get(key: Uint8Array): Uint8Array | undefined;
  keysIn(range: KeyRange): Iterable<Uint8Array>;
}

/**
 * The mutations of a batch, in order. Throws InvariantError, naming the key, when a counter is not what a
 * `sequence` operation says; then nothing of the batch may be written. Each row of the store, and each
 * operation, is looked at once.
 */
export function resolveBatch(ops: readonly StoreOp[], base: BatchBase): Mutation[] {
  const plain = plainOps(ops);
  const live = liveKeys(plain, base);
  const counters = plain.some(({ kind }) => kind === 'sequence') ? new Map<string, Value>() : undefined;
  const mutations: Mutation[] = [];
  const mutate = (key: Uint8Array, value: Value) => {
    live?.set(key, value !== null);
    counters?.set(keyName(key), value);
    mutations.push([key, value]);
  };
  for (const op of plain) {
    switch (op.kind) {
      case 'put':
        mutate(op.key, op.value);
        break;
      case 'delete':
        mutate(op.key, null);
        break;
      case 'delete-range':
        for (const key of live === undefined ? keysOf(op, mutations, base) : live.take(op)) mutate(key, null);
        break;
      case 'sequence': {
        const written = counters!.get(keyName(op.key));
        mutate(op.key, advanced(op, written === undefined ? base.get(op.key) : (written ?? undefined)));
        break;
      }
    }
  }
  return mutations;
}

type Value = Uint8Array | null;

/** More ranges than so many, or some that overlap, are looked after together. */
const FEW_RANGES = 8;

/**
 * The keys of the range that are there once `mutations` took effect. Costs as much as they are, and as those
 * of the store are.
 */
function keysOf(range: KeyRange, mutations: readonly Mutation[], base: BatchBase): Uint8Array[] {
  const newest = new Map<string, Mutation>();
  for (const mutation of mutations)
    if (isWithin(mutation[0], range)) newest.set(keyName(mutation[0]), mutation);
  const keys: Uint8Array[] = [];
  for (const key of base.keysIn(range)) if (newest.size === 0 || !newest.has(keyName(key))) keys.push(key);
  for (const [key, value] of newest.values()) if (value !== null) keys.push(key);
  return keys;
}

/** Undefined when few ranges are deleted, which have nothing in common: those of a purge. */
function liveKeys(ops: readonly PlainOp[], base: BatchBase): LiveKeys | undefined {
  const ranges = ops.filter((op) => op.kind === 'delete-range');
  const apart = disjoint(ranges);
  if (ranges.length <= FEW_RANGES && apart.length === ranges.length) return undefined;
  const written = ops.flatMap((op) => (op.kind === 'delete-range' ? [] : op.key));
  return new LiveKeys(
    apart.flatMap((range) => [...base.keysIn(range)]),
    written,
  );
}

/** The same operations, plainly. */
export function plainOps(ops: readonly StoreOp[]): readonly PlainOp[] {
  return ops.flatMap((op) =>
    op.kind === 'mutations' ? decodeMutations(op.keys, op.mutations, op.index) : op,
  );
}

export const isWithin = (key: Uint8Array, { from, to }: KeyRange) =>
  compareBytes(from, key) <= 0 && compareBytes(key, to) < 0;

function advanced(op: Extract<PlainOp, { kind: 'sequence' }>, value: Uint8Array | undefined): Uint8Array {
  checkCounter(op.key, value === undefined ? 0 : parseCounter(value), op.was, op.now);
  return counterBytes(op.now);
}

/**
 * Throws InvariantError unless the counter at `key`, which is `is`, is what an operation says that it was.
 */
export function checkCounter(key: Uint8Array, is: number, was: number, now: number): void {
  if (is !== was)
    throw new InvariantError(
      `the counter at ${hex(key)} is ${is}; the batch would move it from ${was} to ${now}`,
    );
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
