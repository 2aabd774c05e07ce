// The state of a supervisor: an ordinary Map, journaled and replicated as that of any actor, and read by
// people who inspect it.
//
//   "supervisor" 1 (version)   "self" path
//   "strategy" "intensity" "period-ms" "auto-shutdown" "back-off-ms"  as in a specification
//   "phase"      :starting :running :stopping :ended
//   "restarts"   times of the restarts that count against the intensity, ms since 1970
//   "restarted"  how many restarts there ever were
//   "lives"      the number of the newest life
//   "added"      how many children there ever were; "size" how many there are
//   "template"   the child specification of simple-one-for-one
//   "stop" "start"  a group on its way: ids to be stopped, from the last, and then started, from the first
//   "culprit" "wait-ms"  of that group: the child whose end was the cause, and its back-off once all stopped
//   "ending"     [lifecycle reason]: how the supervisor ends once all its children are stopped
//   "inbox"      messages that wait, oldest first
//   "child:ID"   the specification of a child, and "order" "life" "status" "since" "attempt" "held" "task"
//                "restarts-at" (of one that waits for its back-off)
//
// Each child is an entry of its own, so that a record of the journal holds only those that changed.
import type { ActorPath } from '../../base/ids.ts';
import { childPath } from '../../base/path.ts';
import { type Data, List, SeqMap, type Sym, sym, Variant } from '../../base/value.ts';
import { type Deferrable, deferredData, readDeferred } from './supervisor-message.ts';
import {
  asCount,
  asList,
  asMap,
  asText,
  type ChildSpec,
  childData,
  flagEntries,
  readChild,
  readFlags,
  type SupervisorFlags,
} from './supervisor-spec.ts';

const VERSION = 1;
const CHILD = 'child:';

export type Phase = 'starting' | 'running' | 'stopping' | 'ended';

/**
 * - `stopped`: has a specification only.
 * - `starting`, `stopping`: an order is on its way, and its answer is not here.
 * - `restarting`: ended, or did not start, and waits for its back-off or to be tried again.
 */
export type ChildStatus = 'stopped' | 'starting' | 'running' | 'stopping' | 'restarting';

/** What an order on its way belongs to; `from` waits for the outcome. */
export type Task =
  | { readonly kind: 'group' | 'restart' | 'resume' }
  | { readonly kind: 'add' | 'again' | 'terminate' | 'remove'; readonly from: string };

export interface Child {
  readonly spec: ChildSpec;
  /** Place in the order of starts. */
  readonly order: number;
  /** 0: was never started. */
  readonly life: number;
  readonly status: ChildStatus;
  /** When it was started. */
  readonly since: number;
  /** Restarts in a row, for the back-off. */
  readonly attempt: number;
  /** It ended abnormally, and waits for the order to start it or to let it go. */
  readonly held: boolean;
  /** While it is starting or stopping. */
  readonly task: Task | undefined;
  /** When its back-off is over, while it is restarting. */
  readonly restartsAt?: number | undefined;
}

export interface Group {
  stop: readonly string[];
  start: readonly string[];
  readonly culprit: string | undefined;
  readonly waitMs: number;
}

export interface Ending {
  readonly lifecycle: 'stopped' | 'failed';
  readonly reason: string;
}

/** The state of a supervisor while it handles one message. */
export class SupervisorState {
  readonly self: ActorPath;
  flags: SupervisorFlags;
  template: ChildSpec | undefined;
  phase: Phase = 'starting';
  restarts: readonly number[] = [];
  restarted = 0;
  lives = 0;
  added = 0;
  size = 0;
  group: Group | undefined;
  ending: Ending | undefined;
  inbox: Deferrable[] = [];
  #children: SeqMap = SeqMap.empty;

  constructor(self: ActorPath, flags: SupervisorFlags, template: ChildSpec | undefined) {
    this.self = self;
    this.flags = flags;
    this.template = template;
  }

  /** Throws SeqNodeError or InvariantError for a Map that `toMap` did not make. */
  static read(map: SeqMap): SupervisorState {
    const template = map.get('template');
    const state = new SupervisorState(
      asText(map.get('self'), 'self') as ActorPath,
      readFlags(map),
      template === undefined ? undefined : readChild(template),
    );
    state.phase = (map.get('phase') as Sym).name as Phase;
    state.restarts = asList(map.get('restarts'), 'restarts').map(asCount);
    state.restarted = asCount(map.get('restarted'));
    state.lives = asCount(map.get('lives'));
    state.added = asCount(map.get('added'));
    state.size = asCount(map.get('size'));
    const stop = map.get('stop');
    if (stop !== undefined)
      state.group = {
        stop: asList(stop, 'stop') as string[],
        start: asList(map.get('start'), 'start') as string[],
        culprit: map.get('culprit') as string | undefined,
        waitMs: asCount(map.get('wait-ms')),
      };
    const ending = map.get('ending');
    if (ending !== undefined) {
      const [lifecycle, reason] = asList(ending, 'ending') as [Sym, string];
      state.ending = { lifecycle: lifecycle.name as Ending['lifecycle'], reason };
    }
    state.inbox = asList(map.get('inbox'), 'inbox').map(readDeferred);
    state.#children = map;
    return state;
  }

  toMap(): SeqMap {
    const { group, ending, template } = this;
    const optional: [string, Data | undefined][] = [
      ['template', template && childData(template)],
      ['stop', group && List.of(group.stop)],
      ['start', group && List.of(group.start)],
      ['culprit', group?.culprit],
      ['wait-ms', group?.waitMs],
      ['ending', ending && List.of<Data>([sym(ending.lifecycle), ending.reason])],
    ];
    let map = this.#children;
    const fields: readonly (readonly [string, Data])[] = [
      ['supervisor', VERSION],
      ['self', this.self],
      ...flagEntries(this.flags),
      ['phase', sym(this.phase)],
      ['restarts', List.of(this.restarts)],
      ['restarted', this.restarted],
      ['lives', this.lives],
      ['added', this.added],
      ['size', this.size],
      ['inbox', List.of(this.inbox.map(deferredData))],
    ];
    for (const [key, value] of fields) map = map.set(key, value);
    for (const [key, value] of optional) map = value === undefined ? map.delete(key) : map.set(key, value);
    return map;
  }

  child(id: string): Child | undefined {
    const stored = this.#children.get(CHILD + id);
    return stored === undefined ? undefined : readEntry(stored);
  }

  put(child: Child): Child {
    const key = CHILD + child.spec.id;
    if (!this.#children.has(key)) this.size++;
    this.#children = this.#children.set(key, entryData(child));
    return child;
  }

  remove(id: string): void {
    if (!this.#children.has(CHILD + id)) return;
    this.#children = this.#children.delete(CHILD + id);
    this.size--;
  }

  /** All of them, in the order of their starts. */
  children(): Child[] {
    const found: Child[] = [];
    for (const [key, value] of this.#children.entries())
      if (typeof key === 'string' && key.startsWith(CHILD)) found.push(readEntry(value));
    return found.sort((a, b) => a.order - b.order);
  }

  pathOf({ path, id }: ChildSpec): ActorPath {
    return path ?? childPath(this.self, id);
  }
}

function entryData(child: Child): SeqMap {
  const { spec, order, life, status, since, attempt, held, task, restartsAt } = child;
  let map = childData(spec)
    .set('order', order)
    .set('life', life)
    .set('status', sym(status))
    .set('since', since)
    .set('attempt', attempt)
    .set('held', held);
  if (task !== undefined)
    map = map.set('task', new Variant<Data>(task.kind, 'from' in task ? [task.from] : []));
  if (status === 'restarting' && restartsAt !== undefined) map = map.set('restarts-at', restartsAt);
  return map;
}

function readEntry(data: Data): Child {
  const map = asMap(data, 'A child');
  const task = map.get('task');
  const restartsAt = map.get('restarts-at');
  return {
    spec: readChild(map),
    order: asCount(map.get('order')),
    life: asCount(map.get('life')),
    status: (map.get('status') as Sym).name as ChildStatus,
    since: asCount(map.get('since')),
    attempt: asCount(map.get('attempt')),
    held: map.get('held') === true,
    task: task instanceof Variant ? readTask(task) : undefined,
    restartsAt: restartsAt === undefined ? undefined : asCount(restartsAt),
  };
}

function readTask({ tag, fields: [from] }: Variant): Task {
  return from === undefined ? { kind: tag as 'group' } : { kind: tag as 'add', from: from as string };
}

/** The state of a supervisor with no restart counted, for a seeded mistake. */
export const withoutRestarts = (map: SeqMap): SeqMap =>
  map.has('restarted') ? map.set('restarted', 0).set('restarts', List.of<Data>([])) : map;
