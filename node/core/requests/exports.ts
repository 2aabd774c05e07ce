// Exports on the node that leads a shard: views of the store, all of one moment of the cluster (see
// node/runtime/shard/shard-hold.ts), from which rows are read page by page while the shard goes on.
//
// A view is of one node and one leadership's hold, and is not carried over: when the lead of a shard changes,
// its view is lost, and the export begins anew.
import type { GroupId, Millis } from '../../base/ids.ts';
import type { Replica } from '../../cluster/replica.ts';
import { type GroupKeys, restOf } from '../../journal/keys.ts';
import { packRows } from '../../journal/packed-rows.ts';
import type { Shard } from '../../runtime/shard/shard.ts';
import type { StepContext } from '../step-context.ts';
import type { ClientRequest } from '../types.ts';
import type { Answer } from './codec.ts';
import type { ExportOpened, ExportPage } from './results.ts';

export type ExportRequest = Extract<
  ClientRequest,
  { op: 'hold-shard' | 'open-export' | 'read-export' | 'close-export' }
>;
type Done = (answer: Answer) => void;

interface OpenView {
  /** Where the shard was kept when the view was opened. */
  readonly keys: GroupKeys;
  readonly view: number;
  readonly index: number;
  usedAt: Millis;
}

/** A view keeps the store from freeing what it shows, so one that nobody reads is closed. */
const IDLE_MS = 60_000;
/** Exports of which one node keeps views at the same time. */
const EXPORTS_MAX = 4;
const PAGE_ROWS = 4000;

export class Exports {
  readonly #context: StepContext;
  /** By export and shard. */
  readonly #views = new Map<string, OpenView>();

  constructor(context: StepContext) {
    this.#context = context;
  }

  hold(shard: Shard, { export: name }: ExportRequest, done: Done): void {
    // A seeded mistake: nothing is held.
    const isFree = this.#context.faults.has('export-without-hold');
    if (isFree || shard.hold.begin(name)) return done({ ok: true, value: null });
    const message = `Another export of shard ${shard.group} begins at this moment.`;
    done({ ok: false, code: 'overloaded', message, details: {} });
  }

  /** To be called once this node is known to lead. */
  open(replica: Replica, shard: Shard, { export: name }: ExportRequest, done: Done): void {
    const { group } = replica;
    const key = keyOf(name, group);
    const opened = ({ index }: OpenView) => done({ ok: true, value: { index } satisfies ExportOpened });
    const known = this.#views.get(key);
    if (known !== undefined) return opened(known);
    const isFree = this.#context.faults.has('export-without-hold');
    if (!isFree && !shard.hold.isFor(name)) return done(lost(group));
    if (this.#views.size >= EXPORTS_MAX * this.#context.cluster.shards) {
      const message = `${this.#context.self.name} keeps the views of ${EXPORTS_MAX} exports already.`;
      return done({ ok: false, code: 'overloaded', message, details: { limit: EXPORTS_MAX } });
    }
    const view = {
      keys: replica.keys,
      view: this.#context.effects.openView(),
      index: replica.position.appliedIndex as number,
      usedAt: this.#context.time.now,
    };
    this.#views.set(key, view);
    shard.hold.end(name);
    opened(view);
  }

  read(replica: Replica, request: ExportRequest & { op: 'read-export' }, done: Done): void {
    const { group } = replica;
    const open = this.#views.get(keyOf(request.export, group));
    if (open === undefined) return done(lost(group));
    open.usedAt = this.#context.time.now;
    const { keys } = open;
    const range = { from: keys.placed(request.from), to: keys.placed(request.to) };
    this.#context.effects.scan({ ...range, limit: PAGE_ROWS, view: open.view }, (found) => {
      const rows = 'rest' in found ? found.rest : found.part;
      const next = 'rest' in found ? null : restOf(found.next).slice();
      const packed = packRows(rows.map(([key, value]) => [restOf(key), value]));
      done({ ok: true, value: { rows: packed, next } satisfies ExportPage });
    });
  }

  close(group: GroupId, shard: Shard | undefined, { export: name }: ExportRequest, done: Done): void {
    shard?.hold.end(name);
    const key = keyOf(name, group);
    const open = this.#views.get(key);
    if (open !== undefined) this.#close(key, open);
    done({ ok: true, value: null });
  }

  tick(): void {
    const { now } = this.#context.time;
    for (const [key, open] of this.#views) if (now - open.usedAt > IDLE_MS) this.#close(key, open);
  }

  #close(key: string, { view }: OpenView): void {
    this.#views.delete(key);
    this.#context.effects.closeView(view);
  }
}

const keyOf = (name: string, group: GroupId) => `${group}/${name}`;

function lost(group: GroupId): Answer {
  const message = `The view of shard ${group} is lost: its leader changed, or nobody read it for a while.`;
  return { ok: false, code: 'export-lost', message, details: { shard: group } };
}
