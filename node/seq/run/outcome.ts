// What a run came to: results, signals and faults, with the words that were under way.
import { SeqNodeError } from '../../base/errors.ts';
import type { Fault as FaultResult, TraceEntry, TurnEnd } from '../api.ts';
import type { LineOrigin } from '../compile/code.ts';
import { Fault } from '../fault.ts';
import { AWAITING, EXHAUSTED, Exit } from './context.ts';
import type { ModuleInstance } from './instance.ts';
import { TURNS } from './strands.ts';
import { TOO_DEEP } from './too-deep.ts';

/** How many frames of a fault are kept, innermost first. */
const TRACE_MAX = 64;

const TOO_DEEP_TEXT = 'The words call each other too deep.';

/** Where the lines of a program come from. */
export interface TraceSource extends Pick<ModuleInstance, 'originAt' | 'numericName' | 'numericOrigins'> {
  /** The frames of a resumable run that are not on the stack of JavaScript, innermost first. */
  readonly waiting?: () => Iterable<LineOrigin>;
}

export type Failure = TurnEnd;

/**
 * Runs `run` with stack traces deep enough for a fault. Never throws: whatever `run` throws becomes a
 * failure. Generated code keeps no trace of its own; the frames of JavaScript are one, and each line of
 * generated code knows its place.
 */
export function guarded<T>(run: () => T, source: TraceSource): T | Failure {
  const limit = deepTraces();
  try {
    return run();
  } catch (thrown) {
    return failureOf(thrown, source);
  } finally {
    usualTraces(limit);
  }
}

const errors = Error as unknown as { stackTraceLimit: number };

/** Lets stack traces be deep enough for a fault until `usualTraces` is given what this returned. */
export function deepTraces(): number {
  const limit = errors.stackTraceLimit;
  errors.stackTraceLimit = TRACE_MAX * 2;
  return limit;
}

export function usualTraces(limit: number): void {
  errors.stackTraceLimit = limit;
}

/** What a run came to that threw. */
export function failureOf(thrown: unknown, source: TraceSource): Failure {
  if (thrown === EXHAUSTED) return { kind: 'exhausted' };
  if (thrown === AWAITING) return { kind: 'awaiting' };
  const trace = traceOf(thrown, source);
  const fault = (code: string, message: string): FaultResult => ({ kind: 'fault', code, message, trace });
  if (thrown === TOO_DEEP) return fault('stack-overflow', TOO_DEEP_TEXT);
  if (thrown instanceof Fault || thrown instanceof SeqNodeError) return fault(thrown.code, thrown.message);
  if (thrown instanceof RangeError) {
    return /call stack/.test(thrown.message)
      ? fault('stack-overflow', TOO_DEEP_TEXT)
      : fault('too-large', 'A value grew beyond what the machine can hold.');
  }
  return fault('internal', `The run met a fault of the node itself: ${String(thrown)}`);
}

/** What the code leaves, or the exit code with which it ends. */
export function leftOrExit<T>(code: () => T): T | number {
  try {
    return code();
  } catch (thrown) {
    if (thrown instanceof Exit) return thrown.code;
    throw thrown;
  }
}

/** The words that were under way when `thrown` was made, innermost first. */
export function traceOf(thrown: unknown, source: TraceSource): TraceEntry[] {
  const trace = thrown instanceof Error ? stackEntries(thrown, source) : [];
  for (const origin of source.waiting?.() ?? []) {
    if (trace.length >= TRACE_MAX) break;
    trace.push(entryOf(origin));
  }
  return trace;
}

interface CallSite {
  getScriptNameOrSourceURL(): string | null;
  getFunctionName(): string | null;
  getLineNumber(): number | null;
  getPosition(): number;
}

function stackEntries(error: Error, source: TraceSource): TraceEntry[] {
  const errors = Error as unknown as { prepareStackTrace: unknown };
  const before = errors.prepareStackTrace;
  errors.prepareStackTrace = (_: unknown, sites: unknown) => sites;
  try {
    const sites: unknown = error.stack;
    return Array.isArray(sites) ? entriesOf(sites as CallSite[], source) : [];
  } finally {
    errors.prepareStackTrace = before;
  }
}

function entriesOf(sites: readonly CallSite[], source: TraceSource): TraceEntry[] {
  const trace: TraceEntry[] = [];
  const numericOrigins = source.numericOrigins();
  const originOf = (site: CallSite): LineOrigin | undefined => {
    const script = site.getScriptNameOrSourceURL() ?? '';
    if (script.startsWith(source.numericName)) return numericOrigins?.get(site.getPosition());
    return source.originAt(script, site.getLineNumber() ?? 0);
  };
  for (const site of sites) {
    // What is below belongs to strands that lend their turn.
    if (site.getFunctionName() === TURNS) break;
    const origin = originOf(site);
    if (origin !== undefined) trace.push(entryOf(origin));
    if (trace.length === TRACE_MAX) break;
  }
  return trace;
}

const entryOf = ({ word, at }: LineOrigin): TraceEntry => ({
  word,
  file: at.source.file,
  line: at.line,
  column: at.column,
});
