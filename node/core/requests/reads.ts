// Reads of actors on the leader of their shard, once it has confirmed its lead.
import { targetName } from '../../base/behaviour-ref.ts';
import { encodeData } from '../../base/codec.ts';
import { SeqNodeError } from '../../base/errors.ts';
import type { ActorPath } from '../../base/ids.ts';
import { SeqMap } from '../../base/value.ts';
import type { Replica } from '../../cluster/replica.ts';
import { type GroupKeys, parseCounter, parseKey, sequenceOf } from '../../journal/keys.ts';
import { readRange } from '../../journal/scanning.ts';
import { type ActorHead, decodeHead, supervisorOf } from '../../runtime/actor/head-row.ts';
import { type LoadedActor, loadActor } from '../../runtime/actor/load.ts';
import { messageForms } from '../../runtime/behaviour.ts';
import { recentRestarts } from '../../runtime/lifecycle/restart-intensity.ts';
import type { Groups } from '../groups/groups.ts';
import { readable } from '../row-readers.ts';
import type { StepContext } from '../step-context.ts';
import type { ClientRequest } from '../types.ts';
import { type Answer, NOT_NOW } from './codec.ts';
import type {
  ActorPage,
  DurabilityMode,
  Inspected,
  JournalPage,
  ListedActor,
  PrintedPage,
} from './results.ts';
import { summarizeTimers } from './timers.ts';
import { explain, supervises } from './why.ts';

export type ReadRequest = ClientRequest & { op: 'inspect' | 'why' | 'logs' | 'journal' | 'actors' };
type Done = (answer: Answer) => void;

/** Of an answer. */
const ROWS_MAX = 1000;
const NO_TIMERS: Inspected['timers'] = { count: 0, more: false, next: [] };

export class ActorReads {
  readonly #context: StepContext;
  readonly #leading: Groups['leading'];

  /** `leading`: the shard's leader on this node, also while that takes no messages for lack of space. */
  constructor(context: StepContext, leading: Groups['leading']) {
    this.#context = context;
    this.#leading = leading;
  }

  answer(replica: Replica, request: ReadRequest, done: Done): void {
    switch (request.op) {
      case 'inspect':
        return this.#inspect(replica, request, done);
      case 'why':
        return explain(this.#context, replica, this.#leading(replica.group), request, done);
      case 'logs':
        return this.#logs(replica, request, done);
      case 'journal':
        return this.#journal(replica, request, done);
      case 'actors':
        return this.#actors(replica, request, done);
    }
  }

  #inspect(replica: Replica, { path }: ReadRequest & { op: 'inspect' | 'why' }, done: Done): void {
    loadActor(this.#context, replica.keys, path, (loaded) => {
      if (loaded instanceof SeqNodeError) {
        done({ ok: false, code: 'actor-quarantined', message: loaded.message, details: {} });
      } else if (loaded.head === undefined) {
        done({ ok: false, code: 'no-such-actor', message: `No actor lives at ${path}.`, details: {} });
      } else if (loaded.head.mode === 'volatile') {
        this.#inspectVolatile(replica, path, { ...loaded, head: loaded.head }, done);
      } else {
        const view = this.#view(replica, path, loaded, loaded.head);
        summarizeTimers(this.#context, replica, path, (timers) =>
          done({ ok: true, value: { ...view, timers } satisfies Inspected }),
        );
      }
    });
  }

  // The state of a volatile actor is in the memory of the leader, or the actor begins anew with its next
  // message.
  #inspectVolatile(
    replica: Replica,
    path: ActorPath,
    loaded: LoadedActor & { readonly head: ActorHead },
    done: Done,
  ): void {
    const leader = this.#leading(replica.group);
    if (leader === undefined) return done(NOT_NOW);
    const { head } = loaded;
    const state = leader.volatileState(path, head.incarnation) ?? SeqMap.empty;
    // It is measured after a number of turns only, and one that has outgrown its limit may not fit into a
    // frame.
    const encoded = encodedState(state, this.#context.limits.stateBytes);
    if (encoded instanceof SeqNodeError) {
      const { code, message, details } = encoded;
      return done({ ok: false, code, message, details });
    }
    const view = this.#view(replica, path, loaded, head, encoded);
    done({ ok: true, value: { ...view, timers: NO_TIMERS } satisfies Inspected });
  }

  #view(
    replica: Replica,
    path: Inspected['path'],
    loaded: LoadedActor,
    head: ActorHead,
    state = encodeData(loaded.state),
  ): Omit<Inspected, 'timers'> {
    const { self, programs, limits } = this.#context;
    const { length: restarts } = recentRestarts(
      head.restarts,
      this.#context.time.wall,
      limits.restartPeriodMs,
    );
    const behaviour = programs.behaviour(head.code);
    return {
      path,
      state,
      sequence: loaded.sequence,
      module: head.code.module,
      target: targetName(head.code.target),
      lifecycle: head.lifecycle,
      since: head.since,
      waitingSince: head.pending?.wall ?? null,
      restarts,
      lastFault: head.lastFault,
      mode: head.mode === 'volatile' ? 'volatile' : modeOf(replica),
      node: self.node,
      nodeName: self.name,
      shard: replica.group,
      accepts: typeof behaviour === 'object' ? messageForms(behaviour.messageType) : [],
      journalReads: head.journalReads,
      watching: [...head.watching.values()].sort(),
      watchers: head.watchers,
      supervisor: supervisorOf(head)?.path ?? null,
      stashed: head.stash?.count ?? 0,
      subscriptions: [...head.subscriptions.keys()].sort(),
      supervises: supervises(this.#context, head, loaded),
    };
  }

  /** Of the turns that ran here: what is left of those of leaders before is in the memory of their nodes. */
  #logs({ keys }: Replica, { path, after }: ReadRequest & { op: 'logs' }, done: Done): void {
    const { output, outputSource, self } = this.#context;
    const [source, number] = after.split(' ');
    this.#context.get([keys.head(path)], ([head]) => {
      if (head === undefined)
        return done({ ok: false, code: 'no-such-actor', message: `No actor lives at ${path}.`, details: {} });
      const from = source === outputSource ? Number(number) : 0;
      const lines = output.after(path, from);
      const next = `${outputSource} ${lines.at(-1)?.number ?? from}`;
      done({ ok: true, value: { lines, next, nodeName: self.name } satisfies PrintedPage });
    });
  }

  #journal(replica: Replica, request: ReadRequest & { op: 'journal' }, done: Done): void {
    const { path, from, limit } = request;
    const keys = replica.keys;
    this.#context.get([keys.sequence(path)], ([counter]) => {
      if (counter === undefined) {
        return done({
          ok: false,
          code: 'no-such-actor',
          message: `No actor ever lived at ${path}.`,
          details: {},
        });
      }
      const last = readable(() => parseCounter(counter));
      if (last === undefined) {
        const message = `What the store says of the journal of ${path} cannot be read.`;
        return done({ ok: false, code: 'actor-quarantined', message, details: {} });
      }
      if (request.backwards) return this.#journalBackwards(keys, path, Math.min(from, last), limit, done);
      const range = keys.records(path, from, last + 1);
      this.#context.scan({ ...range, limit: Math.min(limit, ROWS_MAX) }, (found) => {
        const records = ('rest' in found ? found.rest : found.part).map(([, value]) => value);
        const next = 'rest' in found ? null : (sequenceOf(found.next) ?? null);
        done({ ok: true, value: { records, next } satisfies JournalPage });
      });
    });
  }

  /**
   * The record `to` and those before it, the newest first. A scan gives the oldest first, and may stop before
   * its end where rows are large: then only the newer half is read.
   */
  #journalBackwards(keys: GroupKeys, path: ActorPath, to: number, limit: number, done: Done): void {
    if (to < 1) return done({ ok: true, value: { records: [], next: null } satisfies JournalPage });
    const from = Math.max(1, to - Math.min(limit, ROWS_MAX) + 1);
    this.#context.scan({ ...keys.records(path, from, to + 1), limit: ROWS_MAX }, (found) => {
      if ('part' in found && from < to)
        return this.#journalBackwards(keys, path, to, Math.ceil((to - from + 1) / 2), done);
      const records = ('rest' in found ? found.rest : found.part).map(([, value]) => value).reverse();
      // A purge leaves none of what was before.
      const isWhole = records.length === to - from + 1;
      const next = isWhole && from > 1 ? from - 1 : null;
      done({ ok: true, value: { records, next } satisfies JournalPage });
    });
  }

  #actors(replica: Replica, request: ReadRequest & { op: 'actors' }, done: Done): void {
    const { prefix, after } = request;
    const limit = Math.min(request.limit, ROWS_MAX);
    const keys = replica.keys;
    const { self } = this.#context;
    const rows: ListedActor[] = [];
    const answer = (more: boolean) => this.#withSequences(keys, rows, more, done);
    const from = keys.head((after > prefix ? after : prefix) as never);
    readRange(
      this.#context,
      { from, to: keys.heads().to },
      {
        page: (found) => {
          for (const [key, value] of found) {
            const parsed = parseKey(key);
            if (parsed.kind !== 'head' || parsed.path <= after) continue;
            const isListed = parsed.path.startsWith(prefix);
            if (!isListed || rows.length === limit) {
              answer(isListed);
              return false;
            }
            rows.push({
              path: parsed.path,
              sequence: 0,
              ...this.#lifeOf(replica, parsed.path, value),
              shard: replica.group,
              nodeName: self.name,
            });
          }
          return true;
        },
        end: () => answer(false),
      },
    );
  }

  #lifeOf(replica: Replica, path: ActorPath, row: Uint8Array): Pick<ListedActor, 'lifecycle' | 'since'> {
    const isHeld = this.#leading(replica.group)?.isHeld(path);
    const head = isHeld ? undefined : readable(() => decodeHead(row));
    if (head === undefined) return { lifecycle: 'quarantined', since: null };
    return { lifecycle: head.lifecycle, since: head.since };
  }

  #withSequences(keys: GroupKeys, rows: readonly ListedActor[], more: boolean, done: Done): void {
    const page = (actors: readonly ListedActor[]) => {
      const next = more ? (actors.at(-1)?.path ?? null) : null;
      done({ ok: true, value: { actors, next } satisfies ActorPage });
    };
    if (rows.length === 0) return page(rows);
    this.#context.get(
      rows.map(({ path }) => keys.sequence(path as never)),
      (counters) => {
        const listed = rows.map((row, at): ListedActor => {
          const sequence = counters[at] === undefined ? 0 : readable(() => parseCounter(counters[at]!));
          return sequence === undefined ? { ...row, lifecycle: 'quarantined' } : { ...row, sequence };
        });
        page(listed);
      },
    );
  }
}

export function modeOf(replica: Replica): DurabilityMode {
  return replica.config.voters.length > 1 ? 'quorum-fsync' : 'single-fsync';
}

/** The error that says why it cannot be encoded. */
function encodedState(state: SeqMap, bytesMax: number): Uint8Array | SeqNodeError {
  try {
    return encodeData(state, { bytesMax, name: 'state' });
  } catch (error) {
    if (error instanceof SeqNodeError) return error;
    throw error;
  }
}
