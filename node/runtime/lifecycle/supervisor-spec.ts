// What a supervisor is to do: its flags and the specifications of its children, with the defaults of OTP's
// supervisor, and the check that OTP makes of them. Both are data, so that they can be journaled, sent and
// captured.
import type { BehaviourRef } from '../../base/behaviour-ref.ts';
import { SeqNodeError } from '../../base/errors.ts';
import { type ActorPath, moduleHash } from '../../base/ids.ts';
import { parsePath } from '../../base/path.ts';
import { type Data, List, SeqMap, Sym, sym, Variant } from '../../base/value.ts';
import type { ActorMode } from '../envelope.ts';

const STRATEGIES = ['one-for-one', 'one-for-all', 'rest-for-one', 'simple-one-for-one'] as const;
const AUTO_SHUTDOWNS = ['never', 'any-significant', 'all-significant'] as const;
const RESTARTS = ['permanent', 'transient', 'temporary'] as const;
const CHILD_TYPES = ['worker', 'supervisor'] as const;
const CHILD_STATES = ['journaled', 'fresh'] as const;
const MODES: readonly ActorMode[] = ['durable', 'volatile'];

export type Strategy = (typeof STRATEGIES)[number];
export type AutoShutdown = (typeof AUTO_SHUTDOWNS)[number];
export type Restart = (typeof RESTARTS)[number];

/** How long a child may take to stop, in milliseconds. `brutal-kill` does not let it finish its turn. */
export type Shutdown = number | 'infinity' | 'brutal-kill';

export type ChildProgram = { readonly code: BehaviourRef } | { readonly supervisor: SupervisorSpec };

export interface ChildSpec {
  /** Unique among the children of a supervisor. */
  readonly id: string;
  /** Undefined: below the supervisor, under the id. */
  readonly path: ActorPath | undefined;
  readonly program: ChildProgram;
  readonly mode: ActorMode;
  readonly restart: Restart;
  readonly significant: boolean;
  readonly shutdown: Shutdown;
  readonly type: 'worker' | 'supervisor';
  /** What a restart begins with: the journaled state, or an empty one. */
  readonly state: 'journaled' | 'fresh';
}

/**
 * Wait between two restarts of one child: `minMs`, doubled for each restart in a row up to `maxMs`. 0: no
 * wait, as in OTP.
 */
export interface BackOff {
  readonly minMs: number;
  readonly maxMs: number;
}

export interface SupervisorFlags {
  readonly strategy: Strategy;
  /** Restarts allowed within `periodMs`; one more ends the supervisor. */
  readonly intensity: number;
  readonly periodMs: number;
  readonly autoShutdown: AutoShutdown;
  readonly backOff: BackOff;
}

/**
 * Of a simple-one-for-one supervisor, `children` has one element, of which all its children are instances.
 */
export interface SupervisorSpec extends SupervisorFlags {
  readonly children: readonly ChildSpec[];
}

const FLAGS: SupervisorFlags = {
  strategy: 'one-for-one',
  intensity: 1,
  periodMs: 5000,
  autoShutdown: 'never',
  backOff: { minMs: 0, maxMs: 0 },
};
const WORKER_SHUTDOWN_MS = 5000;

/** The specification of a child, with defaults for all but its id and program. */
export function childSpec(
  given: Partial<ChildSpec> & { readonly id: string; readonly program: ChildProgram },
): ChildSpec {
  const type = given.type ?? ('supervisor' in given.program ? 'supervisor' : 'worker');
  return {
    path: undefined,
    mode: 'durable',
    restart: 'permanent',
    significant: false,
    shutdown: type === 'supervisor' ? 'infinity' : WORKER_SHUTDOWN_MS,
    state: 'journaled',
    ...given,
    type,
  };
}

export function supervisorSpec(
  given: Partial<SupervisorFlags> & { readonly children: readonly ChildSpec[] },
): SupervisorSpec {
  return { ...FLAGS, ...given };
}

const isNatural = (n: number) => Number.isSafeInteger(n) && n >= 0;

/** Why the child cannot be one of a supervisor with these flags, as a sentence; undefined when it can. */
export function childProblem(child: ChildSpec, { autoShutdown }: SupervisorFlags): string | undefined {
  const { id, path, significant, restart, shutdown } = child;
  const name = `The child ${JSON.stringify(id)}`;
  try {
    parsePath(path ?? `/${id}`);
  } catch (error) {
    if (error instanceof SeqNodeError) return `${name} has no valid path: ${error.message}`;
    throw error;
  }
  if (typeof shutdown === 'number' && !isNatural(shutdown))
    return `${name} has a shutdown time of ${shutdown} ms.`;
  if (significant && restart === 'permanent') return `${name} is permanent, and cannot be significant.`;
  if (significant && autoShutdown === 'never')
    return `${name} is significant, and auto-shutdown of the supervisor is never.`;
  return undefined;
}

/** Why the supervisor, or one below it, cannot be started, as a sentence; undefined when it can. */
export function specProblem(spec: SupervisorSpec): string | undefined {
  const { children, strategy, intensity, periodMs, backOff } = spec;
  if (!isNatural(intensity)) return `The intensity ${intensity} is no number of restarts.`;
  if (!isNatural(periodMs) || periodMs === 0) return `The period ${periodMs} ms is not above 0.`;
  if (!isNatural(backOff.minMs) || !isNatural(backOff.maxMs) || backOff.minMs > backOff.maxMs)
    return `The back-off from ${backOff.minMs} to ${backOff.maxMs} ms is no range.`;
  if (strategy === 'simple-one-for-one' && children.length !== 1)
    return `A simple-one-for-one supervisor has one child specification, not ${children.length}.`;
  const ids = new Set<string>();
  const paths = new Set<string>();
  for (const child of children) {
    if (ids.has(child.id)) return `Two children have the id ${JSON.stringify(child.id)}.`;
    ids.add(child.id);
    if (child.path !== undefined && paths.has(child.path)) return `Two children have the path ${child.path}.`;
    if (child.path !== undefined) paths.add(child.path);
    const below = 'supervisor' in child.program ? specProblem(child.program.supervisor) : undefined;
    const problem = childProblem(child, spec) ?? below;
    if (problem !== undefined) return problem;
  }
  return undefined;
}

// ── As data ──
// A supervisor is a Map of its flags and "children", a child a Map of its fields; names of a fixed set are
// symbols. Fields with defaults may be left out.

export function specData(spec: SupervisorSpec): SeqMap {
  return SeqMap.from<Data>([...flagEntries(spec), ['children', List.of(spec.children.map(childData))]]);
}

/** The entries of the flags in the Map of a supervisor. */
export function flagEntries(flags: SupervisorFlags): [string, Data][] {
  const { strategy, intensity, periodMs, autoShutdown, backOff } = flags;
  return [
    ['strategy', sym(strategy)],
    ['intensity', intensity],
    ['period-ms', periodMs],
    ['auto-shutdown', sym(autoShutdown)],
    ['back-off-ms', List.of<Data>([backOff.minMs, backOff.maxMs])],
  ];
}

export function childData(child: ChildSpec): SeqMap {
  const { id, path, program, mode, restart, significant, shutdown, type, state } = child;
  const entries: [string, Data][] = [
    ['id', id],
    ['program', programData(program)],
    ['mode', sym(mode)],
    ['restart', sym(restart)],
    ['significant', significant],
    ['shutdown', typeof shutdown === 'number' ? shutdown : sym(shutdown)],
    ['type', sym(type)],
    ['state', sym(state)],
  ];
  if (path !== undefined) entries.push(['path', path]);
  return SeqMap.from(entries);
}

export function programData(program: ChildProgram): Variant {
  if ('supervisor' in program) return new Variant<Data>('Supervisor', [specData(program.supervisor)]);
  const { module, target, captured } = program.code;
  return new Variant<Data>('Code', [
    module,
    'word' in target ? target.word : target.quotation,
    List.of(captured),
  ]);
}

/**
 * Throws SeqNodeError('bad-message') for a Map that is no supervisor, and for one that `specProblem` objects
 * to.
 */
export function readSpec(data: unknown): SupervisorSpec {
  const map = asMap(data, 'A supervisor');
  const spec = { ...readFlags(map), children: asList(map.get('children'), 'children').map(readChild) };
  const problem = specProblem(spec);
  if (problem !== undefined) throw new SeqNodeError('bad-message', problem);
  return spec;
}

/** Throws SeqNodeError('bad-message'). */
export function readFlags(map: SeqMap): SupervisorFlags {
  const backOff = map.get('back-off-ms');
  const [minMs, maxMs] = backOff === undefined ? [0, 0] : asList(backOff, 'back-off-ms').map(asCount);
  if (minMs === undefined || maxMs === undefined) throw bad('The field back-off-ms is no pair of numbers.');
  return {
    strategy: one(map, 'strategy', STRATEGIES, FLAGS.strategy),
    intensity: asCount(map.get('intensity') ?? FLAGS.intensity),
    periodMs: asCount(map.get('period-ms') ?? FLAGS.periodMs),
    autoShutdown: one(map, 'auto-shutdown', AUTO_SHUTDOWNS, FLAGS.autoShutdown),
    backOff: { minMs, maxMs },
  };
}

/** Throws SeqNodeError('bad-message'). */
export function readChild(data: unknown): ChildSpec {
  const map = asMap(data, 'A child');
  const program = readProgram(map.get('program'));
  const path = map.get('path');
  const shutdown = map.get('shutdown');
  return childSpec({
    id: asText(map.get('id'), 'id'),
    program,
    path: path === undefined ? undefined : parsePath(asText(path, 'path')),
    mode: one(map, 'mode', MODES, 'durable'),
    restart: one(map, 'restart', RESTARTS, 'permanent'),
    significant: map.get('significant') === true,
    type: one(map, 'type', CHILD_TYPES, 'supervisor' in program ? 'supervisor' : 'worker'),
    state: one(map, 'state', CHILD_STATES, 'journaled'),
    ...(shutdown === undefined ? {} : { shutdown: readShutdown(shutdown) }),
  });
}

function readShutdown(data: Data): Shutdown {
  if (data === sym('infinity')) return 'infinity';
  return data === sym('brutal-kill') ? 'brutal-kill' : asCount(data);
}

export function readProgram(data: unknown): ChildProgram {
  if (data instanceof Variant && data.tag === 'Supervisor' && data.fields.length === 1)
    return { supervisor: readSpec(data.fields[0]) };
  if (!(data instanceof Variant) || data.tag !== 'Code' || data.fields.length !== 3)
    throw bad('The program of a child is missing.');
  const [module, target, captured] = data.fields as Data[];
  return {
    code: {
      module: moduleHash(asText(module, 'module')),
      target: typeof target === 'string' ? { word: target } : { quotation: asCount(target) },
      captured: asList(captured, 'captured') as Data[],
    },
  };
}

function one<T extends string>(map: SeqMap, key: string, choices: readonly T[], otherwise: T): T {
  const found = map.get(key);
  if (found === undefined) return otherwise;
  const choice = found instanceof Sym ? choices.find((each) => each === found.name) : undefined;
  if (choice === undefined) throw bad(`The field ${key} is none of ${choices.join(', ')}.`);
  return choice;
}

const bad = (message: string) => new SeqNodeError('bad-message', message);

export function asMap(data: unknown, what: string): SeqMap {
  if (data instanceof SeqMap) return data;
  throw bad(`${what} is no Map.`);
}

export function asList(data: unknown, what: string): unknown[] {
  if (data instanceof List) return data.toArray();
  throw bad(`The field ${what} is no List.`);
}

export function asText(data: unknown, what: string): string {
  if (typeof data === 'string') return data;
  throw bad(`The field ${what} is no String.`);
}

export function asCount(data: unknown): number {
  if (typeof data === 'number' && data >= 0) return data;
  throw bad('A number of a supervisor is no Int from 0 up.');
}
