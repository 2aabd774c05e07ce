// Reads of the records of a group in its order (see node/journal/order-rows.ts): on any replica that follows
// its leader, for whatever a replica has applied is committed. A read that finds nothing waits.
//
// Invariants
//  E1  A page holds every record of those wanted, from where it begins to where the next one does.
//  E2  The rows of a page are of one generation: a state that takes over meanwhile begins the read anew.
//  E3  What one read costs is bounded, and so is what it holds in memory.
//  E4  Records that a purge deleted are left out; their actor's purge follows, with an entry of its own.
import { SeqNodeError } from '../../base/errors.ts';
import type { ActorPath, GroupId, Millis } from '../../base/ids.ts';
import { namedNodes } from '../../base/log.ts';
import type { Replica } from '../../cluster/replica.ts';
import { parseCounter, parseKey } from '../../journal/keys.ts';
import { orderFrom, orderKey, purgedKey } from '../../journal/order-keys.ts';
import { readOrder } from '../../journal/order-rows.ts';
import type { ScanResult, StoreEntry } from '../../journal/store-port.ts';
import { readable } from '../row-readers.ts';
import type { StepContext } from '../step-context.ts';
import type { ClientRequest, ClientResult } from '../types.ts';
import type { EventPage, EventRow } from './results.ts';

export type EventsRequest = ClientRequest & { op: 'events' };
type AppliedRequest = ClientRequest & { op: 'applied-index' };
type Done = (result: ClientResult) => void;

/** Of a page, in records, and in bytes beyond the first. */
const RECORDS_MAX = 256;
const BYTES_MAX = 64 * 1024;
/** Entries whose order is read at once, and how often in one read. */
const ENTRIES = 256;
const SCANS_MAX = 32;

interface Open {
  readonly replica: Replica;
  readonly request: EventsRequest;
  readonly done: Done;
  readonly deadline: Millis;
  index: number;
  skip: number;
  scans: number;
  /** What was committed last was of no use to it. */
  tired: boolean;
}

/** A record that is wanted, and where it stands. */
interface Place {
  readonly path: ActorPath;
  readonly sequence: number;
  readonly index: number;
  readonly place: number;
}

interface Fetched {
  readonly generation: number;
  readonly places: readonly Place[];
  readonly records: (Uint8Array | undefined)[];
  bytes: number;
  /** Behind all places. */
  readonly index: number;
  readonly skip: number;
}

export class EventReads {
  readonly #context: StepContext;
  readonly #replica: (group: GroupId) => Replica | undefined;
  readonly #waiting = new Map<GroupId, Set<Open>>();
  readonly #woken = new Set<GroupId>();
  /** Where the order of a group begins: the first entry that it covers. */
  readonly #begins = new Map<GroupId, { readonly generation: number; readonly first: number }>();

  constructor(context: StepContext, replica: (group: GroupId) => Replica | undefined) {
    this.#context = context;
    this.#replica = replica;
  }

  /**
   * Reads from a replica of this node, if it has one that follows a leader and is not behind what is wanted.
   */
  readHere(request: EventsRequest | AppliedRequest, done: Done): boolean {
    const replica = this.#replica(request.group);
    if (replica === undefined || !this.#follows(replica)) return false;
    if (request.op === 'applied-index') {
      // A seeded mistake: only the leader knows what is committed.
      const early = this.#context.faults.has('caught-up-too-early');
      if (early) done({ ok: true, value: replica.position.appliedIndex as number });
      return early;
    }
    if (replica.position.appliedIndex + 1 < request.index) return false;
    this.read(replica, request, done);
    return true;
  }

  #follows({ config, position, isLeader, report }: Replica): boolean {
    if (position.generation === 0 || !namedNodes(config).includes(this.#context.self.node)) return false;
    return isLeader || report.leader !== null;
  }

  /** To be called where this node leads the group, or `readHere` says that its replica will do. */
  read(replica: Replica, request: EventsRequest, done: Done): void {
    const { index, skip, waitMs } = request;
    const { appliedIndex, begins } = replica.position;
    if (index > appliedIndex + 1)
      return done(refusal('bad-cursor', 'The cursor names what was never committed.'));
    // A seeded mistake: what came with a snapshot counts as read.
    const skips = this.#context.faults.has('cursor-skips-at-snapshot') && index <= begins;
    const deadline = this.#context.time.now + waitMs;
    const [from, left] = skips ? [begins + 1, 0] : [index, skip];
    this.#begin({ replica, request, done, deadline, index: from, skip: left, scans: 0, tired: false });
  }

  // ── From where on the order is known ──

  #begin(open: Open): void {
    const { replica } = open;
    const { group, keys, position } = replica;
    const known = this.#begins.get(group);
    if (known?.generation === position.generation) return this.#beginAt(open, known.first);
    const begins = (first: number) => {
      if (replica.position.generation !== position.generation) return this.#begin(open);
      this.#begins.set(group, { generation: position.generation, first });
      this.#beginAt(open, first);
    };
    this.#context.get([orderKey(keys, 0)], ([row]) => {
      if (row !== undefined) return begins(0);
      // A store of an earlier version, which kept no order.
      this.#context.scan({ ...orderFrom(keys, 1), limit: 1 }, (found) => {
        const [first] = rowsOf(found);
        if (first !== undefined) begins(indexOf(first));
        else if (open.index > position.appliedIndex) this.#scan(open);
        else this.#refuse(open);
      });
    });
  }

  #beginAt(open: Open, first: number): void {
    if (open.index < first) this.#refuse(open);
    else this.#scan(open);
  }

  #damaged({ done, replica }: Open): void {
    done(refusal('journal-damaged', `The order of the records of shard ${replica.group} is damaged.`));
  }

  #refuse({ done, replica }: Open): void {
    const message = `The order of the records of shard ${replica.group} is not known from the place that the cursor names.`;
    done(refusal('events-not-kept', message));
  }

  // ── Which records ──

  #scan(open: Open): void {
    const { replica } = open;
    const { position, keys } = replica;
    this.#context.scan({ ...orderFrom(keys, open.index), limit: ENTRIES }, (found) => {
      if (replica.position.generation !== position.generation) return this.#begin(open);
      const fetched = readable(() => placesIn(found, open, position));
      if (fetched === undefined) return this.#damaged(open);
      if (fetched.places.length > 0) return this.#fetch(open, fetched);
      open.index = fetched.index;
      open.skip = fetched.skip;
      if ('part' in found && ++open.scans < SCANS_MAX) this.#scan(open);
      else if ('part' in found || this.#context.time.now >= open.deadline || hasMoved(open)) answer(open, []);
      else this.#wait(open);
    });
  }

  // ── Their contents ──

  #fetch(open: Open, fetched: Fetched): void {
    const { replica } = open;
    const { keys } = replica;
    const { places, records } = fetched;
    const from = records.length;
    const bytesEach = from === 0 ? BYTES_MAX : Math.max(1, fetched.bytes / from);
    const count = Math.max(1, Math.min(RECORDS_MAX, Math.floor((BYTES_MAX - fetched.bytes) / bytesEach)));
    const wanted = places.slice(from, from + count);
    const recordKeys = wanted.map(({ path, sequence }) => keys.record(path, sequence));
    // What a purge deletes is read before what tells of the purge.
    this.#context.get([...recordKeys, purgedKey(keys, '')], (values) => {
      if (replica.position.generation !== fetched.generation) return this.#begin(open);
      for (const value of values.slice(0, wanted.length)) {
        const bytes = value?.length ?? 0;
        if (records.length > 0 && fetched.bytes + bytes > BYTES_MAX) break;
        records.push(value);
        fetched.bytes += bytes;
      }
      const isFull = fetched.bytes >= BYTES_MAX || records.length < from + wanted.length;
      if (!isFull && records.length < places.length) return this.#fetch(open, fetched);
      const purge = values.at(-1);
      const newest = purge === undefined ? 0 : readable(() => parseCounter(purge));
      if (newest !== undefined && newest <= places[0]!.index) this.#finish(open, fetched, new Map());
      else this.#findPurges(open, fetched);
    });
  }

  #findPurges(open: Open, fetched: Fetched): void {
    const { replica } = open;
    const paths = [...new Set(fetched.places.map(({ path }) => path))];
    const keys = paths.map((path) => purgedKey(replica.keys, path));
    this.#context.get(keys, (values) => {
      if (replica.position.generation !== fetched.generation) return this.#begin(open);
      const purges = new Map<ActorPath, number>();
      for (const [at, value] of values.entries()) {
        if (value === undefined) continue;
        const index = readable(() => parseCounter(value));
        if (index === undefined) return this.#damaged(open);
        purges.set(paths[at]!, index);
      }
      this.#finish(open, fetched, purges);
    });
  }

  #finish(open: Open, fetched: Fetched, purges: ReadonlyMap<ActorPath, number>): void {
    const { places, records } = fetched;
    const events: EventRow[] = [];
    for (const [at, record] of records.entries()) {
      const { path, sequence, index, place } = places[at]!;
      if (sequence > 0 && index < (purges.get(path) ?? 0)) continue;
      events.push([path, sequence, index, place, sequence === 0 ? null : (record ?? null)]);
    }
    const next = places[records.length];
    open.index = next?.index ?? fetched.index;
    open.skip = next?.place ?? fetched.skip;
    // All of them may have been purged.
    if (events.length === 0 && ++open.scans < SCANS_MAX) this.#scan(open);
    else answer(open, events);
  }

  // ── Waiting ──

  #wait(open: Open): void {
    const { group, position } = open.replica;
    // More was applied while this was read.
    if (position.appliedIndex >= open.index && !open.tired) {
      open.tired = true;
      return this.#scan(open);
    }
    let waiting = this.#waiting.get(group);
    if (waiting === undefined) {
      waiting = new Set();
      this.#waiting.set(group, waiting);
    }
    waiting.add(open);
  }

  /** Entries of the group are applied. */
  applied(group: GroupId): void {
    if (this.#waiting.has(group)) this.#woken.add(group);
  }

  /** At the end of every step. */
  pump(): void {
    for (const group of this.#woken) {
      this.#woken.delete(group);
      // One that was woken for nothing waits for the next tick: there may be many, and much that is written.
      for (const open of this.#waiting.get(group) ?? []) {
        if (open.tired) continue;
        open.tired = true;
        this.#wake(open);
      }
    }
  }

  tick(): void {
    const { now } = this.#context.time;
    for (const waiting of this.#waiting.values())
      for (const open of waiting) {
        open.tired = false;
        if (open.replica.position.appliedIndex >= open.index) this.#wake(open);
        // Without a leader nothing may come for long, which another replica may know better.
        else if (now >= open.deadline || !this.#follows(open.replica)) {
          waiting.delete(open);
          answer(open, []);
        }
      }
  }

  #wake(open: Open): void {
    this.#waiting.get(open.replica.group)?.delete(open);
    open.scans = 0;
    this.#begin(open);
  }
}

function placesIn(found: ScanResult, open: Open, position: Replica['position']): Fetched {
  const { prefix, exact } = open.request;
  const places: Place[] = [];
  let { index, skip } = open;
  const fetched = (): Fetched => ({
    generation: position.generation,
    places,
    records: [],
    bytes: 0,
    index,
    skip,
  });
  for (const row of rowsOf(found)) {
    const at = indexOf(row);
    const behind = at === open.index ? open.skip : 0;
    let place = 0;
    for (const { path, first, count } of readOrder(row[1])) {
      if (exact ? path === prefix : path.startsWith(prefix)) {
        for (let nth = Math.max(0, behind - place); nth < count; nth++) {
          if (places.length === RECORDS_MAX) {
            index = at;
            skip = place + nth;
            return fetched();
          }
          places.push({ path, sequence: first === 0 ? 0 : first + nth, index: at, place: place + nth });
        }
      }
      place += count;
    }
    index = at + 1;
    skip = 0;
  }
  if ('rest' in found && position.appliedIndex >= index) {
    index = position.appliedIndex + 1;
    skip = 0;
  }
  return fetched();
}

const hasMoved = ({ request, index, skip }: Open) =>
  request.eager && (index !== request.index || skip !== request.skip);

const rowsOf = (found: ScanResult): readonly StoreEntry[] => ('rest' in found ? found.rest : found.part);

function indexOf([key]: StoreEntry): number {
  const parsed = parseKey(key);
  if (parsed.kind !== 'order')
    throw new SeqNodeError('journal-damaged', 'A row of the order has another key.');
  return parsed.index;
}

function answer({ done, index, skip }: Open, events: readonly EventRow[]): void {
  done({ ok: true, value: { events, index, skip } satisfies EventPage });
}

function refusal(code: 'bad-cursor' | 'events-not-kept' | 'journal-damaged', message: string): ClientResult {
  return { ok: false, code, message, details: {} };
}
