// Reads an actor from the store: its head, its newest snapshot, and the records after it. Code is never run
// for this.
import { InvariantError } from '../../base/assert.ts';
import { SeqNodeError } from '../../base/errors.ts';
import type { ActorPath } from '../../base/ids.ts';
import { applyPatch, encodedBytes, SeqMap } from '../../base/value.ts';
import { decodeRecord } from '../../journal/journal-record.ts';
import { type GroupKeys, parseCounter } from '../../journal/keys.ts';
import { readRange, type StoreReader } from '../../journal/scanning.ts';
import { parseStashKey, parseWatchKey, stashOf, watchesOf } from '../../journal/timer-keys.ts';
import { isClient } from '../envelope.ts';
import type { WatchRow } from '../watches.ts';
import { type ActorHead, decodeHead } from './head-row.ts';
import { type BeforePending, decodeMark, refusedUpTo } from './mark-row.ts';
import { decodeSnapshot } from './snapshot-row.ts';
import { decodeStashed, type StashRow } from './stash-row.ts';
import { decodeWatch } from './watch-row.ts';

export interface LoadedActor {
  readonly head: ActorHead | undefined;
  readonly state: SeqMap;
  readonly sequence: number;
  readonly recordsSinceSnapshot: number;
  readonly bytesSinceSnapshot: number;
  /** See Actor. */
  readonly heldBytes: number;
  /** Watches of it, by their references. */
  readonly watches: ReadonlyMap<string, WatchRow>;
  /** See Actor. */
  readonly beforePending: BeforePending | undefined;
  /** What it has put aside, in order. */
  readonly stashed: readonly StashedRow[];
}

export interface StashedRow {
  readonly number: number;
  readonly bytes: number;
  readonly row: StashRow;
}

/**
 * Gives what the store holds of the actor at `path`, as of the moment of the call, to `done`; or the
 * `journal-damaged` error that says why it cannot be known. A record is never skipped.
 */
export function loadActor(
  store: StoreReader,
  keys: GroupKeys,
  path: ActorPath,
  done: (loaded: LoadedActor | SeqNodeError) => void,
): void {
  /** False once `done` was told of damage. */
  const guarded = (act: () => void) => {
    try {
      act();
      return true;
    } catch (error) {
      if (error instanceof SeqNodeError) done(error);
      else if (error instanceof InvariantError) done(new SeqNodeError('journal-damaged', error.message));
      else throw error;
      return false;
    }
  };
  store.get(
    [keys.head(path), keys.sequence(path), keys.snapshot(path)],
    ([headBytes, sequenceBytes, snapshotBytes]) =>
      guarded(() => {
        const head = headBytes && decodeHead(headBytes);
        const sequence = sequenceBytes ? parseCounter(sequenceBytes) : 0;
        const { sequence: from, state } = snapshotBytes
          ? decodeSnapshot(snapshotBytes)
          : { sequence: 0, state: SeqMap.empty };
        if (from > sequence)
          throw new SeqNodeError('journal-damaged', `The snapshot of ${path} is ahead of its journal.`);
        const fold = new Fold(path, head, state, from, sequence);
        const finish = () => withWatches({ store, keys, path, guarded, done }, fold.result());
        if (from === sequence) return finish();
        readRange(store, keys.records(path, fold.next, sequence + 1), {
          page: (rows) =>
            guarded(() => {
              for (const [, value] of rows) fold.add(value);
            }),
          end: () => guarded(finish),
        });
      }),
  );
}

/** Who reads, and how. */
interface Reading {
  readonly store: StoreReader;
  readonly keys: GroupKeys;
  readonly path: ActorPath;
  /** False once `done` was told of damage. */
  readonly guarded: (act: () => void) => boolean;
  readonly done: (loaded: LoadedActor) => void;
}

function withWatches(reading: Reading, loaded: LoadedActor): void {
  const { store, keys, path, guarded } = reading;
  if (!loaded.head?.watchers) return withStash(reading, loaded);
  const watches = new Map<string, WatchRow>();
  readRange(store, watchesOf(keys, path), {
    page: (rows) =>
      guarded(() => {
        for (const [key, value] of rows) watches.set(parseWatchKey(key).reference, decodeWatch(value));
      }),
    end: () => withStash(reading, { ...loaded, watches }),
  });
}

function withStash(reading: Reading, loaded: LoadedActor): void {
  const { store, keys, path, guarded } = reading;
  if (!loaded.head?.stash?.count) return withRefused(reading, loaded);
  const stashed: StashedRow[] = [];
  readRange(store, stashOf(keys, path), {
    page: (rows) =>
      guarded(() => {
        for (const [key, value] of rows)
          stashed.push({ number: parseStashKey(key).number, bytes: value.length, row: decodeStashed(value) });
      }),
    end: () => withRefused(reading, { ...loaded, stashed }),
  });
}

function withRefused(reading: Reading, loaded: LoadedActor): void {
  const { store, keys, path, guarded, done } = reading;
  const origin = loaded.head?.pending?.origin;
  if (!origin || isClient(origin.source)) return done(loaded);
  const { source } = origin;
  store.get([keys.mark(path, source)], ([bytes]) =>
    guarded(() => {
      const refused = bytes && refusedUpTo(decodeMark(bytes));
      done(refused === undefined ? loaded : { ...loaded, beforePending: { source, refused } });
    }),
  );
}

const NO_WATCHES: ReadonlyMap<string, WatchRow> = new Map();
const NOTHING_STASHED: readonly StashedRow[] = [];

class Fold {
  readonly #path: ActorPath;
  readonly #head: ActorHead | undefined;
  readonly #sequence: number;
  #state: SeqMap;
  #records = 0;
  #bytes = 0;
  next: number;

  constructor(path: ActorPath, head: ActorHead | undefined, state: SeqMap, from: number, sequence: number) {
    this.#path = path;
    this.#head = head;
    this.#state = state;
    this.#sequence = sequence;
    this.next = from + 1;
  }

  add(bytes: Uint8Array): void {
    const record = decodeRecord(bytes);
    if (record.sequence !== this.next) {
      throw new SeqNodeError(
        'journal-damaged',
        `Record ${this.next} of ${this.#path} is missing; found ${record.sequence}.`,
      );
    }
    if (record.patch !== null) this.#state = applyPatch(this.#state, record.patch);
    this.next++;
    this.#records++;
    this.#bytes += bytes.length;
  }

  result(): LoadedActor {
    if (this.next <= this.#sequence)
      throw new SeqNodeError('journal-damaged', `Record ${this.next} of ${this.#path} is missing.`);
    const isVolatile = this.#head?.mode === 'volatile';
    return {
      head: this.#head,
      // A volatile actor begins anew wherever it wakes.
      state: isVolatile ? SeqMap.empty : this.#state,
      heldBytes: isVolatile ? 0 : encodedBytes(this.#state) + (this.#head?.stash?.bytes ?? 0),
      sequence: this.#sequence,
      recordsSinceSnapshot: this.#records,
      bytesSinceSnapshot: this.#bytes,
      watches: NO_WATCHES,
      beforePending: undefined,
      stashed: NOTHING_STASHED,
    };
  }
}
