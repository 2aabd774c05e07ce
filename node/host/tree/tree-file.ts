// A file that declares a supervision tree and its modules, as docs/OPERATIONS.md describes it.
import { parse, TomlError } from 'smol-toml';
import { SeqNodeError } from '../../base/errors.ts';
import type { ActorPath, ModuleHash } from '../../base/ids.ts';
import { nearest } from '../../base/nearest.ts';
import { parsePath } from '../../base/path.ts';
import {
  type ChildSpec,
  childSpec,
  type SupervisorSpec,
  specProblem,
  supervisorSpec,
} from '../../runtime/lifecycle/supervisor-spec.ts';

export interface Tree {
  readonly path: ActorPath;
  readonly spec: SupervisorSpec;
}

export interface TreeFile {
  /** The files of modules, as they stand in the file, by their names. */
  readonly modules: ReadonlyMap<string, string>;
  /** The tree, once it is known which module has which hash. Throws `bad-tree`. */
  tree(hashes: ReadonlyMap<string, ModuleHash>): Tree;
}

type Table = Readonly<Record<string, unknown>>;

const FLAGS = ['strategy', 'intensity', 'period-ms', 'auto-shutdown', 'back-off-ms', 'child'] as const;
const CHILD = [
  'id',
  'at',
  'restart',
  'significant',
  'shutdown',
  'volatile',
  'fresh',
  'module',
  'word',
] as const;
const STRATEGIES = ['one-for-one', 'one-for-all', 'rest-for-one'] as const;
const AUTO_SHUTDOWNS = ['never', 'any-significant', 'all-significant'] as const;
const RESTARTS = ['permanent', 'transient', 'temporary'] as const;
const NESTING_MAX = 40;

const bad = (sentence: string, details: Readonly<Record<string, unknown>> = {}): SeqNodeError =>
  new SeqNodeError('bad-tree', sentence, details);

/** Throws `bad-tree`, which names the place. */
export function readTreeFile(text: string): TreeFile {
  const file = parsed(text);
  checkNames(file, ['modules', 'supervisor'], 'The file');
  const modules = new Map<string, string>();
  for (const [name, value] of Object.entries(table(file.modules ?? {}, 'modules')))
    modules.set(name, string(value, `modules.${name}`));
  const root = table(file.supervisor, 'supervisor');
  checkNames(root, ['path', ...FLAGS], 'supervisor');
  const path = actorPath(root.path, 'supervisor.path');
  return {
    modules,
    tree(hashes) {
      const spec = supervisorOf(root, 'supervisor', hashes);
      const problem = specProblem(spec);
      if (problem !== undefined) throw bad(problem);
      return { path, spec };
    },
  };
}

function parsed(text: string): Table {
  try {
    return parse(text, { unsafeKeyBehaviour: 'throw', maxDepth: NESTING_MAX });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split('\n')[0]!.replace(/^Invalid TOML document: /, '');
    const { line, column } = error;
    throw bad(`Line ${line}, column ${column}: not TOML: ${reason}.`, { line, column });
  }
}

function supervisorOf(given: Table, place: string, hashes: ReadonlyMap<string, ModuleHash>): SupervisorSpec {
  const backOff = given['back-off-ms'] ?? [0, 0];
  if (!Array.isArray(backOff) || backOff.length !== 2)
    throw bad(`${place}.back-off-ms is a pair of milliseconds, such as [100, 5000].`);
  const [minMs, maxMs] = backOff.map((each) => count(each, `${place}.back-off-ms`)) as [number, number];
  const children = given.child ?? [];
  if (!Array.isArray(children)) throw bad(`${place}.child is no list: write [[${place}.child]].`);
  return supervisorSpec({
    strategy: one(given.strategy, STRATEGIES, 'one-for-one', `${place}.strategy`),
    intensity: given.intensity === undefined ? 1 : count(given.intensity, `${place}.intensity`),
    periodMs: given['period-ms'] === undefined ? 5000 : count(given['period-ms'], `${place}.period-ms`),
    autoShutdown: one(given['auto-shutdown'], AUTO_SHUTDOWNS, 'never', `${place}.auto-shutdown`),
    backOff: { minMs, maxMs },
    children: children.map((child, at) =>
      childOf(table(child, `${place}.child`), `${place}.child[${at}]`, hashes),
    ),
  });
}

/** A child that has children, or settings of a supervisor, is one. */
function childOf(given: Table, place: string, hashes: ReadonlyMap<string, ModuleHash>): ChildSpec {
  checkNames(given, [...CHILD, ...FLAGS], place);
  const id = string(given.id, `${place}.id`);
  const isSupervisor = FLAGS.some((flag) => given[flag] !== undefined);
  if (isSupervisor)
    for (const field of ['module', 'word', 'volatile', 'fresh'])
      if (given[field] !== undefined) throw bad(`${place} (${id}) is a supervisor, and has no ${field}.`);
  const { shutdown } = given;
  const isNamed = shutdown === 'infinity' || shutdown === 'brutal-kill';
  return childSpec({
    id,
    program: isSupervisor
      ? { supervisor: supervisorOf(given, place, hashes) }
      : {
          code: {
            module: hashOf(given.module, place, hashes),
            target: { word: string(given.word, `${place}.word`) },
            captured: [],
          },
        },
    path: given.at === undefined ? undefined : actorPath(given.at, `${place}.at`),
    restart: one(given.restart, RESTARTS, 'permanent', `${place}.restart`),
    significant: truth(given.significant, `${place}.significant`),
    mode: truth(given.volatile, `${place}.volatile`) ? 'volatile' : 'durable',
    state: truth(given.fresh, `${place}.fresh`) ? 'fresh' : 'journaled',
    ...(shutdown === undefined
      ? {}
      : { shutdown: isNamed ? shutdown : count(shutdown, `${place}.shutdown`) }),
  });
}

function hashOf(given: unknown, place: string, hashes: ReadonlyMap<string, ModuleHash>): ModuleHash {
  const name = string(given, `${place}.module`);
  const hash = hashes.get(name);
  if (hash === undefined) throw bad(`${place}.module names ${name}, which is not in [modules].`);
  return hash;
}

// ── Values ──

function checkNames(given: Table, known: readonly string[], place: string): void {
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const near = nearest(name, known);
    throw bad(`${place} has no field ${name}${near === undefined ? '' : `; did you mean ${near}`}.`);
  }
}

function table(value: unknown, place: string): Table {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Table;
  throw bad(value === undefined ? `The table [${place}] is missing.` : `${place} is no table.`);
}

function string(value: unknown, place: string): string {
  if (typeof value === 'string') return value;
  throw bad(value === undefined ? `${place} is missing.` : `${place} is no text.`);
}

function truth(value: unknown, place: string): boolean {
  if (value === undefined || typeof value === 'boolean') return value === true;
  throw bad(`${place} is neither true nor false.`);
}

function count(value: unknown, place: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw bad(`${place} is no whole number from 0 up.`);
}

function one<T extends string>(value: unknown, choices: readonly T[], otherwise: T, place: string): T {
  if (value === undefined) return otherwise;
  const choice = choices.find((each) => each === value);
  if (choice === undefined) throw bad(`${place} is none of ${choices.join(', ')}.`);
  return choice;
}

function actorPath(value: unknown, place: string): ActorPath {
  try {
    return parsePath(string(value, place));
  } catch (error) {
    if (error instanceof SeqNodeError && error.code === 'bad-path') throw bad(`${place}: ${error.message}`);
    throw error;
  }
}
