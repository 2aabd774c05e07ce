// Writes that the store has not applied yet, so that a read need not wait for them.
//
// Invariants
//  P1  A key that a pending write touches is answered from here, by the newest such write.
//  P2  A write leaves from here only after a read of the store would see it.
//  P3  What a read costs does not depend on how much is pending: each write is looked into once.

import { compareBytes } from '../../base/bytes.ts';
import { hashBytes } from '../../base/hash.ts';
import { counterBytes, groupOf, isMark, type KeyRange, keyName, markHash, markHashOfPath } from '../keys.ts';
import { isPlain, MutationsReader } from '../mutations.ts';
import { isWithin, plainOps } from '../store-batch.ts';
import type { PlainOp, StoreOp } from '../store-port.ts';

/** The value that a key will have, or null when it will be gone. */
type Value = Uint8Array | null;

interface Batch {
  readonly groups: Map<number, GroupWrites>;
  /** By group, one range around all those that are deleted. */
  readonly deleted: Map<number, KeyRange>;
}

/** In the place of a group, for ranges that reach from one to another. */
const SEVERAL_GROUPS = -1;

export class PendingWrites {
  /** Batches under way, oldest first, then the one that gathers. */
  readonly #batches: Batch[] = [newBatch()];

  add(ops: readonly StoreOp[]): void {
    const { groups, deleted } = this.#batches.at(-1)!;
    for (const op of ops) {
      if (op.kind === 'delete-range') {
        addRange(deleted, op);
        continue;
      }
      if (op.kind === 'mutations' && isPlain(op.mutations))
        for (const plain of plainOps([op])) if (plain.kind === 'delete-range') addRange(deleted, plain);
      const group = op.kind === 'mutations' ? op.keys.group : groupOf(op.key);
      const writes = groups.get(group);
      if (writes === undefined) groups.set(group, new GroupWrites(op));
      else writes.ops.push(op);
    }
  }

  /** What was gathered so far is under way. */
  seal(): void {
    this.#batches.push(newBatch());
  }

  /** The oldest batch under way is in the store. */
  settle(): void {
    this.#batches.shift();
  }

  /**
   * `unknown`: no pending write touches the key. `unclear`: it may lie in a range that is being deleted; ask
   * the store.
   */
  get(key: Uint8Array): Value | 'unknown' | 'unclear' {
    const group = groupOf(key);
    for (const { deleted } of this.#batches)
      if (liesIn(deleted.get(group), key) || liesIn(deleted.get(SEVERAL_GROUPS), key)) return 'unclear';
    for (let at = this.#batches.length - 1; at >= 0; at--) {
      const value = this.#batches[at]!.groups.get(group)?.get(key);
      if (value !== undefined) return value;
    }
    return 'unknown';
  }
}

function addRange(deleted: Map<number, KeyRange>, { from, to }: KeyRange): void {
  const group = groupOf(from) === groupOf(to) ? groupOf(from) : SEVERAL_GROUPS;
  const known = deleted.get(group);
  if (known === undefined) deleted.set(group, { from, to });
  else
    deleted.set(group, {
      from: compareBytes(from, known.from) < 0 ? from : known.from,
      to: compareBytes(to, known.to) > 0 ? to : known.to,
    });
}

const liesIn = (range: KeyRange | undefined, key: Uint8Array) => range !== undefined && isWithin(key, range);

const newBatch = (): Batch => ({ groups: new Map(), deleted: new Map() });

/** Writes to the keys of one group. They are looked into when one of its keys is read: most never are. */
class GroupWrites {
  readonly ops: Exclude<StoreOp, { kind: 'delete-range' }>[];
  /** Hashes of the marks in the first `#hashed` of `ops`: most reads are of marks that were never written. */
  readonly #marks = new Set<number>();
  #hashed = 0;
  /** Of the first `#indexed` of `ops`, by keyName. */
  readonly #index = new Map<string, Value>();
  #indexed = 0;

  constructor(first: Exclude<StoreOp, { kind: 'delete-range' }>) {
    this.ops = [first];
  }

  get(key: Uint8Array): Value | undefined {
    if (isMark(key) && !this.#mayHoldMark(key)) return undefined;
    for (; this.#indexed < this.ops.length; this.#indexed++)
      for (const op of plainOps([this.ops[this.#indexed]!]))
        if (op.kind !== 'delete-range') this.#index.set(keyName(op.key), valueAfter(op));
    return this.#index.get(keyName(key));
  }

  #mayHoldMark(key: Uint8Array): boolean {
    for (; this.#hashed < this.ops.length; this.#hashed++) {
      const op = this.ops[this.#hashed]!;
      if (op.kind !== 'mutations' || isPlain(op.mutations)) {
        for (const plain of plainOps([op]))
          if (plain.kind !== 'delete-range' && isMark(plain.key)) this.#marks.add(markHash(plain.key));
      } else addMarks(op.mutations, this.#marks);
    }
    return this.#marks.has(markHash(key));
  }
}

function addMarks(mutations: Uint8Array, to: Set<number>): void {
  const reader = new MutationsReader(mutations);
  let ofPath = 0;
  for (let kind = reader.next(); kind !== undefined; kind = reader.next()) {
    if (kind === 'actor') ofPath = markHashOfPath(reader.bytes, reader.from, reader.to);
    else if (kind === 'mark') to.add(hashBytes(reader.bytes, reader.from, reader.to, ofPath));
  }
}

function valueAfter(op: Exclude<PlainOp, { kind: 'delete-range' }>): Value {
  if (op.kind === 'put') return op.value;
  // A counter that is not what the mutation expects makes the store refuse this and every later write.
  return op.kind === 'sequence' ? counterBytes(op.now) : null;
}
