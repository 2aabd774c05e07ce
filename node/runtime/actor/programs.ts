// Compiled modules. Source is replicated; each node compiles what it runs, when it first runs it.
import type { BehaviourRef } from '../../base/behaviour-ref.ts';
import { SeqNodeError } from '../../base/errors.ts';
import { type ModuleHash, QUEUE_MODULE, SUPERVISOR_MODULE } from '../../base/ids.ts';
import {
  type Behaviour,
  loadModule,
  type ModuleLoader,
  type Program,
  type SourceBundle,
} from '../behaviour.ts';
import { supervisorBehaviour } from '../lifecycle/supervisor-behaviour.ts';
import { QUEUE_BEHAVIOUR } from '../tasks/queue-behaviour.ts';

const BEHAVIOURS_MAX = 10_000;

export class Programs {
  readonly #source: (hash: ModuleHash) => SourceBundle | undefined;
  readonly #load: ModuleLoader;
  readonly #programs = new Map<ModuleHash, Program | SeqNodeError>();
  readonly #behaviours = new Map<string, Behaviour>();

  /** `source` finds the deployed source of a module. */
  constructor(source: (hash: ModuleHash) => SourceBundle | undefined, load: ModuleLoader = loadModule) {
    this.#source = source;
    this.#load = load;
  }

  /**
   * The compiled module; undefined when it is not deployed, or not here yet; an error when it does not
   * compile.
   */
  program(hash: ModuleHash): Program | SeqNodeError | undefined {
    const known = this.#programs.get(hash);
    if (known !== undefined) return known;
    const source = this.#source(hash);
    if (source === undefined) return undefined;
    const program = this.#compile(hash, source);
    this.#programs.set(hash, program);
    return program;
  }

  /** Why a module cannot be deployed; undefined when it can. */
  check(hash: ModuleHash, source: SourceBundle): SeqNodeError | undefined {
    if (this.#programs.has(hash) && this.#source(hash) !== undefined) return undefined;
    const program = this.#compile(hash, source);
    return program instanceof SeqNodeError ? program : undefined;
  }

  behaviour(ref: BehaviourRef): Behaviour | 'unknown-module' | 'unknown-word' {
    // Behaviours with captured values are made anew; the others are shared by all actors that run them.
    const key = ref.captured.length === 0 ? `${ref.module}/${JSON.stringify(ref.target)}` : undefined;
    const known = key === undefined ? undefined : this.#behaviours.get(key);
    if (known !== undefined) return known;
    if (ref.module === QUEUE_MODULE) return QUEUE_BEHAVIOUR;
    if (ref.module === SUPERVISOR_MODULE) return supervisorBehaviour(ref) ?? 'unknown-word';
    const program = this.program(ref.module);
    if (program === undefined) return 'unknown-module';
    const behaviour = program instanceof SeqNodeError ? undefined : program.behaviour(ref);
    if (behaviour === undefined) return 'unknown-word';
    if (this.#behaviours.size >= BEHAVIOURS_MAX) this.#behaviours.clear();
    if (key !== undefined) this.#behaviours.set(key, behaviour);
    return behaviour;
  }

  /** The word ( Map -- Map ) of a module; see Program.migration. */
  migration(hash: ModuleHash, word: string): Behaviour | 'unknown-module' | 'unknown-word' {
    const program = this.program(hash);
    if (program === undefined) return 'unknown-module';
    return (program instanceof SeqNodeError ? undefined : program.migration(word)) ?? 'unknown-word';
  }

  #compile(hash: ModuleHash, source: SourceBundle): Program | SeqNodeError {
    try {
      return this.#load(hash, source);
    } catch (error) {
      if (error instanceof SeqNodeError) return error;
      throw error;
    }
  }
}
