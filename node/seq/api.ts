// What the rest of the node sees of Seq: programs, behaviours, and the host that a run calls.
import type { BehaviourRef } from '../base/behaviour-ref.ts';
import type { ModuleHash } from '../base/ids.ts';
import type { Data, SeqMap, Text } from '../base/value.ts';
import type { PreparedProgram } from './prepared/prepared-program.ts';
import type { ProgramInterface } from './program-interface.ts';
import type { World } from './world.ts';

export type { Pending } from './pending.ts';

/**
 * Source files by name, and which of them is the program. `include "x"` resolves inside `files`, relative to
 * the includer.
 */
export interface SourceBundle {
  readonly entry: string;
  readonly files: Readonly<Record<string, string>>;
}

/**
 * A place in a bundle. Lines and columns count from 1; columns count UTF-16 units; `endColumn` is exclusive.
 */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface Diagnostic extends Position {
  /** A stable kebab-case name of the rule, such as `unknown-word`. */
  readonly code: string;
  /** Only an error keeps a program from running. */
  readonly severity: 'error' | 'warning' | 'hint';
  readonly endColumn: number;
  /** One sentence about this very case. */
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
  /**
   * The source line, cut around the position when it is very long: it then begins after `sourceOffset`
   * characters.
   */
  readonly sourceLine: string;
  readonly sourceOffset: number;
}

export type { BehaviourRef };

/** The union that a behaviour declares for its messages; what the gate checks. */
export interface MessageType {
  readonly name: string;
  readonly variants: readonly {
    readonly tag: string;
    readonly fields: readonly { readonly name: string; readonly type: string }[];
  }[];
  /** The unions that fields refer to, by name. */
  readonly nested: readonly MessageType[];
}

export type SpawnPlace =
  | { readonly kind: 'fresh' }
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'name'; readonly name: string };

/** `awaiting`: the answer is not here yet; the run is given up and repeated from its start once it is. */
export type AskOutcome = { readonly answered: Data } | { readonly refused: string } | 'awaiting';

/** What every run may call, a script's as well as a turn's. */
export interface ScriptHost {
  /** Bytes for standard output: text, or a byte string that is not UTF-8. */
  write(text: string | Uint8Array): void;
  /** Milliseconds since the Unix epoch. */
  nowMillis(): number;
  /** A number in [0, 1). */
  random(): number;
  /** What a script may reach; a turn of an actor has none. */
  readonly world?: World | undefined;
}

/**
 * What one turn of an actor may call. The same calls come in the same order whenever a turn is repeated with
 * the same inputs and answers. A method may throw SeqNodeError: the run then ends as a fault with its code,
 * at the word that called.
 */
export interface TurnHost extends ScriptHost {
  /** Returns the address of the new actor. */
  spawn(behaviour: BehaviourRef, place: SpawnPlace): string;
  /** The encoding of the message has no more than `bytes` bytes. */
  send(to: string, message: Data, bytes: number): void;
  /** `timeoutMs` is undefined for `actor-ask`, whose time-out the runtime sets and which fails the turn. */
  ask(to: string, message: Data, timeoutMs: number | undefined): AskOutcome;
  /** Answered with the path of the actor that lives at the address, or with "" where none does. */
  whereis(address: string): AskOutcome;
  reply(response: Data): void;
  self(): string;
  sender(): string;
  stop(actor: string): void;
  state(): SeqMap;
  append(event: Data): void;
  /** Puts the message that is handled aside; it is answered when it is handled again. */
  stash(): void;
  /** All that earlier turns put aside come next, in the order in which they were. */
  unstashAll(): void;
  become(behaviour: BehaviourRef): void;
  watch(actor: string): void;
  unwatch(actor: string): void;
  /** The records of all actors below the prefix come as messages, from their beginning on. */
  subscribe(prefix: string): void;
  unsubscribe(prefix: string): void;
  /** The two end together: where one fails, so does the other. */
  link(actor: string): void;
  unlink(actor: string): void;
  /** Returns the timer's id. */
  sendAfter(to: string, message: Data, delayMs: number): string;
  /**
   * The same again and again. `missed`: what becomes of occurrences that passed while nothing could be sent.
   */
  sendEvery(to: string, message: Data, periodMs: number, missed: 'once' | 'skip' | 'all'): string;
  cancelTimer(timer: string): void;
}

/** One line of a call trace, innermost first. */
export interface TraceEntry extends Position {
  readonly word: string;
}

export interface Fault {
  readonly kind: 'fault';
  /**
   * Kebab-case: `division-by-zero`, `stack-overflow`, `type-fault`, `index-out-of-range`, … or a SeqNodeError
   * code.
   */
  readonly code: string;
  readonly message: string;
  readonly trace: readonly TraceEntry[];
}

/** How a turn ends that leaves no state. */
export type TurnEnd = Fault | { readonly kind: 'exhausted' } | { readonly kind: 'awaiting' };

export type RunResult = { readonly kind: 'done'; readonly state: SeqMap } | TurnEnd;

/** A turn that gives the thread back: see Behaviour.start. */
export interface TurnRun {
  /**
   * Goes on for about `reductions` reductions. Never throws. After any other result than `running` it must
   * not be called again.
   */
  resume(reductions: number): RunResult | { readonly kind: 'running' };
}

export interface Behaviour {
  readonly ref: BehaviourRef;
  /** Undefined when the behaviour takes any variant. */
  readonly messageType: MessageType | undefined;
  /** The fields of a variant, by the unions of the program; undefined where none of them has the tag. */
  fieldNames(tag: string): readonly string[] | undefined;
  /** Why a message is not of the type, as one sentence that says what was expected; undefined when it is. */
  problemOf(message: Data): string | undefined;
  /**
   * Runs one turn in the plain form. Returns the new state if it is done. Never throws. Too deep a turn is
   * the fault `stack-overflow`.
   */
  run(state: SeqMap, message: Data, host: TurnHost, budgetReductions: number): SeqMap | TurnEnd;
  /** About how many of its reductions the newest `run` left. */
  readonly reductionsLeft: number;
  /**
   * The same turn in the resumable form: slower, but it can be done in slices, and words may call each other
   * 200,000 deep. For a turn that `run` gave up as exhausted or too deep; its host must be as fresh as that
   * of `run` was.
   */
  start(state: SeqMap, message: Data, host: TurnHost, budgetReductions: number): TurnRun;
}

/** What the `test.` words of a run have counted since `test.init`. */
export interface TestReport {
  readonly passed: number;
  readonly failures: readonly { readonly message: string; readonly line: number }[];
}

export type ScriptResult =
  /** The exit code is that of `main` or of `os.exit`; absent where neither gave one. */
  | { readonly kind: 'done'; readonly exitCode?: number; readonly test: TestReport }
  | Fault
  | { readonly kind: 'exhausted' }
  | { readonly kind: 'awaiting' };

/**
 * All strands of a script wait for the host. `whenReady` calls back once, as soon as one of them can go on.
 */
export interface Waiting {
  readonly kind: 'waiting';
  whenReady(ready: () => void): void;
}

export interface ScriptRun {
  /** Never throws. After any other result than `running` and `waiting` it must not be called again. */
  resume(reductions: number): ScriptResult | { readonly kind: 'running' } | Waiting;
}

export interface WordInfo extends Position {
  readonly name: string;
  /** The declared or inferred effect, such as `( Int -- Int )`. */
  readonly effect: string;
}

export interface Program {
  /** Every word that the bundle defines, in source order. */
  readonly words: readonly WordInfo[];
  /** Those that look meant as behaviours: a map and a union or variant in, a map out. */
  readonly behaviours: readonly WordInfo[];
  /** What the behaviours take and answer. Found out when it is asked for. */
  interface(): ProgramInterface;
  /** Those named `test-…` with the effect `( -- )`. */
  readonly tests: readonly WordInfo[];
  /**
   * Undefined when the reference names no word or quotation of this program, or captured another number of
   * values.
   */
  behaviour(ref: BehaviourRef): Behaviour | undefined;
  /**
   * The word as a behaviour without captured values; undefined unless it takes a map and a value and leaves a
   * map.
   */
  behaviourOf(word: string): Behaviour | undefined;
  /**
   * The word as a behaviour that makes a state of another, and looks at no message; undefined unless it takes
   * a map and leaves one.
   */
  migration(word: string): Behaviour | undefined;
  /**
   * Runs `main`, which is `( -- )` or `( -- Int )` (the exit code). `args` are what `args.at` gives from 1
   * on.
   */
  runMain(host: ScriptHost | TurnHost, args: readonly Text[], budgetReductions?: number): ScriptResult;
  /** The same in slices, and deeper: see Behaviour.start. What a slice has written stays written. */
  startMain(host: ScriptHost | TurnHost, args: readonly Text[], budgetReductions?: number): ScriptRun;
  /**
   * Runs `main`, or another word of effect `( -- )`, as fast as `runMain` does; but where all strands wait
   * for the host, `resume` gives `waiting`, and while some do, now and then `running`, so that the thread can
   * hear from outside. `reductions` is not looked at: only `budgetReductions` ends a run that never waits.
   */
  launch(word: string, host: ScriptHost, args: readonly Text[], budgetReductions?: number): ScriptRun;
  /**
   * What it compiles to, as data of which `revive` makes what `launch` runs; undefined where there is no
   * `main`, or something in it cannot be written down.
   */
  prepare(): PreparedProgram | undefined;
  /** Runs a word of effect `( -- )`; one that would have to wait for its host ends as a fault. */
  runWord(name: string, host: ScriptHost | TurnHost, budgetReductions?: number): ScriptResult;
}

export interface CompileOptions {
  /** The SHA-256 of the canonical bundle; references made by this program carry it. */
  readonly moduleHash?: ModuleHash;
  /** The releases of Seq, as in `2.x`, that files belong to which do not say so. Absent: found out. */
  readonly release?: string | undefined;
}

export type CompileResult =
  /** `release`: the line of releases that the program belongs to, or comes closest to, as in `Seq 7.x`. */
  | { readonly ok: true; readonly program: Program; readonly release: string }
  | { readonly ok: false; readonly diagnostics: readonly Diagnostic[]; readonly release: string };
