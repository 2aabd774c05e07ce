// Imports on the node that leads a shard. An import goes into a shard that holds nothing: a row of the shard
// then keeps all else away from it, so that what is imported is not seen before all of it is there.
//
// Invariants
//  I1  From the entry that begins an import to the one that ends it, under any leader, a shard serves nobody,
//      takes no messages and sends none.
//  I2  Lots of rows are numbered, and each is taken once: an import that is repeated goes on where it was.
import { InvariantError } from '../../base/assert.ts';
import { SeqNodeError } from '../../base/errors.ts';
import { type ActorPath, type SenderName, senderPath } from '../../base/ids.ts';
import { shardOf } from '../../cluster/placement.ts';
import type { Replica } from '../../cluster/replica.ts';
import { decodeRecord } from '../../journal/journal-record.ts';
import { counterBytes, type ParsedKey, parseCounter, parseKey } from '../../journal/keys.ts';
import { orderKey } from '../../journal/order-keys.ts';
import { type PackedRow, unpackRows } from '../../journal/packed-rows.ts';
import { describeKey } from '../../journal/row-json.ts';
import type { ScanResult } from '../../journal/store-port.ts';
import { decodeDeadLetter } from '../../runtime/dead-letters.ts';
import type { RowChange } from '../../runtime/shard/entry.ts';
import {
  encodeImport,
  encodeImportRefused,
  encodeImportUndone,
  type ImportState,
} from '../../runtime/shard/import-entry.ts';
import type { Shard } from '../../runtime/shard/shard.ts';
import type { Groups } from '../groups/groups.ts';
import { ROW_READERS } from '../row-readers.ts';
import type { StepContext } from '../step-context.ts';
import type { ClientRequest, ImportedCounters } from '../types.ts';
import { type Answer, NOT_NOW } from './codec.ts';
import type { ImportProgress } from './results.ts';

type Of<O> = Extract<ClientRequest, { op: O }>;
export type ImportRequest = Of<'begin-import' | 'import-rows' | 'end-import'>;
type Done = (answer: Answer) => void;

export interface ImportsOwner {
  readonly groups: Groups;
  /** The answer once this leadership is lost. */
  elsewhere(replica: Replica): Answer;
}

/** Rows that an empty shard may hold: its clocks, the counter of its dead letters, and its newest import. */
const OWN_ROWS = 4;

export class Imports {
  readonly #context: StepContext;
  readonly #owner: ImportsOwner;
  /** Shards in which an entry of an import is under way. */
  readonly #busy = new WeakSet<Shard>();

  constructor(context: StepContext, owner: ImportsOwner) {
    this.#context = context;
    this.#owner = owner;
  }

  /** To be called once this node is known to lead. */
  serve(replica: Replica, request: ImportRequest, done: Done): void {
    const shard = this.#owner.groups.shard(replica.group);
    // What it holds is not known yet, or an earlier attempt is under way.
    if (shard === undefined || shard.imported === undefined || this.#busy.has(shard)) return done(NOT_NOW);
    const { imported } = shard;
    if (imported?.id === request.import) {
      if (imported.done || request.op === 'begin-import') return done(progress(imported));
      if (request.op === 'import-rows') return this.#take(replica, shard, imported, request, done);
      return this.#end(replica, shard, imported, request, done);
    }
    if (imported?.done === false) return done(importing(replica, imported));
    if (request.op === 'begin-import') return this.#begin(replica, shard, request, done);
    // To give up what never began, or was given up, is nothing to do.
    if (request.op === 'end-import' && !request.keep)
      return done(progress({ id: request.import, taken: 0, done: true }));
    done(bad(`Shard ${replica.group} takes no import ${request.import}: begin it first.`));
  }

  #begin(replica: Replica, shard: Shard, { import: id }: Of<'begin-import'>, done: Done): void {
    this.#busy.add(shard);
    this.#findRow(replica, (before) => {
      this.#busy.delete(shard);
      if (this.#owner.groups.shard(replica.group) !== shard) return done(this.#owner.elsewhere(replica));
      if (before !== undefined) return done(notEmpty(replica, before));
      // Nothing else is proposed behind this entry, and what was proposed before is seen once it is applied.
      const closed = this.#owner.groups.reopen(shard);
      const state = { id, taken: 0, done: false };
      const refused = () => {
        // The log takes nothing for the moment; the shard goes on as it was.
        if (this.#owner.groups.shard(replica.group) === closed) closed.open();
        done(this.#owner.elsewhere(replica));
      };
      this.#propose(closed, encodeImport(state, []), refused, () =>
        this.#findRow(replica, (found) => {
          if (found === undefined) {
            closed.imported = state;
            return done(progress(state));
          }
          this.#propose(closed, encodeImportRefused(), refused, () => {
            this.#owner.groups.reopen(closed).open();
            done(notEmpty(replica, found));
          });
        }),
      );
    });
  }

  #take(
    replica: Replica,
    shard: Shard,
    { id, taken }: ImportState,
    request: Of<'import-rows'>,
    done: Done,
  ): void {
    if (request.number <= taken) return done(progress({ id, taken, done: false }));
    if (request.number !== taken + 1)
      return done(bad(`Rows ${taken + 1} of the import come next, and these are rows ${request.number}.`));
    let rows: readonly PackedRow[];
    try {
      rows = unpackRows(request.rows);
      for (const row of rows) this.#check(replica, row);
    } catch (error) {
      if (!(error instanceof SeqNodeError || error instanceof InvariantError)) throw error;
      return done(bad(`The rows ${request.number} of the import cannot be taken: ${error.message}`));
    }
    const state = { id, taken: request.number, done: false };
    const lost = () => done(this.#owner.elsewhere(replica));
    this.#propose(shard, encodeImport(state, rows), lost, () => {
      shard.imported = state;
      done(progress(state));
    });
  }

  /** Throws SeqNodeError for a row that no export has, or that belongs elsewhere. */
  #check({ group, keys }: Replica, [rest, value]: PackedRow): void {
    const parsed = parseKey(keys.placed(rest));
    const path = ownerOf(parsed, value);
    if (path === undefined) throw new SeqNodeError('bad-request', `No export holds ${describeKey(parsed)}.`);
    if (shardOf(path, this.#context.cluster.shards) !== group)
      throw new SeqNodeError('bad-request', `${path} does not live in shard ${group}.`);
  }

  #end(replica: Replica, shard: Shard, state: ImportState, request: Of<'end-import'>, done: Done): void {
    const { keys } = replica;
    const names = [keys.clock('wall'), keys.clock('sent'), keys.deadLetter(0)] as const;
    this.#busy.add(shard);
    this.#context.get(names, (values) => {
      this.#busy.delete(shard);
      const ended = { ...state, done: true };
      const own = values.map((bytes) => (bytes === undefined ? 0 : parseCounter(bytes)));
      const { wall, sent, letters }: ImportedCounters = request.counters;
      const rows = [wall, sent, letters].map((number, at): RowChange => {
        return [names[at]!, counterBytes(Math.max(number, own[at]!))];
      });
      const data = request.keep ? encodeImport(ended, [], rows) : encodeImportUndone();
      const lost = () => done(this.#owner.elsewhere(replica));
      this.#propose(shard, data, lost, () => {
        this.#owner.groups.reopen(shard).open();
        done(progress(ended));
      });
    });
  }

  #propose(shard: Shard, data: Uint8Array, lost: () => void, committed: () => void): void {
    this.#busy.add(shard);
    shard.proposeImport(data, (isCommitted) => {
      this.#busy.delete(shard);
      if (isCommitted) committed();
      else lost();
    });
  }

  /**
   * The first row that an empty shard does not hold. Marks do no harm: they are of messages to actors that
   * were never there. Nor does the order of records that are gone.
   */
  #findRow({ keys }: Replica, done: (found: ParsedKey | undefined) => void): void {
    const { from } = keys.range();
    const to = orderKey(keys, 0);
    const [marksFrom, marksTo] = [keys.allRecords().to, keys.outboxRange().from];
    this.#context.scan({ from, to: marksFrom, limit: 1 }, (before) => {
      const [first] = rowsIn(before);
      if (first !== undefined) return done(first);
      this.#context.scan({ from: marksTo, to, limit: OWN_ROWS + 1 }, (behind) =>
        done(rowsIn(behind).find((parsed) => !isOwn(parsed))),
      );
    });
  }
}

const rowsIn = (found: ScanResult): readonly ParsedKey[] =>
  ('rest' in found ? found.rest : found.part).map(([key]) => parseKey(key));

const isOwn = (parsed: ParsedKey): boolean =>
  parsed.kind === 'clock' || parsed.kind === 'item' || (parsed.kind === 'dead-letter' && parsed.number === 0);

/**
 * In whose shard a row of an export lies; undefined for rows that a shard makes itself. Throws SeqNodeError
 * for a value that cannot be read.
 */
function ownerOf(parsed: ParsedKey, value: Uint8Array): ActorPath | undefined {
  switch (parsed.kind) {
    case 'record':
      if (decodeRecord(value).sequence !== parsed.sequence)
        throw new SeqNodeError('journal-damaged', `It is another than ${describeKey(parsed)}.`);
      return parsed.path;
    case 'head':
    case 'snapshot':
    case 'mark':
    case 'timer':
    case 'watch':
    case 'stash':
    case 'subscription':
    case 'task':
      ROW_READERS[parsed.kind](value);
      return parsed.path;
    case 'ask':
      return parsed.path;
    case 'outbox':
      ROW_READERS.outbox(value);
      return senderPath(parsed.sender as SenderName);
    case 'dead-letter':
      return parsed.number === 0 ? undefined : senderPath(decodeDeadLetter(value).sender);
    default:
      return undefined;
  }
}

const progress = ({ taken, done }: ImportState): Answer => ({
  ok: true,
  value: { taken, done } satisfies ImportProgress,
});

const bad = (message: string) => ({ ok: false, code: 'bad-request', message, details: {} }) as const;

/** Why a shard serves nobody while something is imported into it. */
export function importing({ group }: Replica, { id }: ImportState): Answer {
  const message = `Shard ${group} is taking the import ${id}, and serves nobody before that has ended.`;
  return { ok: false, code: 'importing', message, details: { import: id, shard: group } };
}

function notEmpty({ group }: Replica, found: ParsedKey): Answer {
  const message = `An import goes into an empty cluster, and this one holds ${describeKey(found)}.`;
  return { ok: false, code: 'not-empty', message, details: { shard: group } };
}
