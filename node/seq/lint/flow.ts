// Follows the Bools of fallible words, channels and weaves through a body, over the checked operations: so
// what a word takes and leaves is known, whoever wrote it.
// 1. A Bool is reported if it was dropped and no path used it; a channel or weave, if a path dropped it and
//    did not use it.
// 2. What is left on the stack belongs to the caller, who gets to know of channels and weaves that are new.
// 3. What goes into a branch, a word, a data structure or a quotation counts as used.
import { FAILURES } from '../builtins/fallible.ts';
import type { Branch, Op, Word } from '../check/ir.ts';
import { depthOf, rowOf } from '../check/types.ts';
import type { WordDefinition } from '../syntax/ast.ts';
import type { Span } from '../syntax/diagnostic.ts';
import type { LintReport } from './report.ts';
import { unchecked } from './rules.ts';

type Kind = 'flag' | 'weave' | 'channel';

/** One value that is followed; its copies are the same. */
interface Tracked {
  readonly kind: Kind;
  readonly at: Span;
  /** The word that left it. */
  readonly word: string;
}

/** What a value may be, which depends on branches. */
type Slot = readonly Tracked[];

const OTHER: Slot = [];

/** What is known at one point of the code; the sets are of channels and weaves. */
interface Path {
  stack: Slot[];
  aux: Slot[];
  readonly used: Set<Tracked>;
  /** Dropped and not used. */
  readonly dropped: Set<Tracked>;
  /** They came to their end. */
  readonly ended: Set<Tracked>;
}

/** The kinds of what a word leaves and has made itself, top first. */
export type Left = readonly (Kind | undefined)[];
export type Leaves = ReadonlyMap<Word, Left>;

/** How many channels and weaves of one body are followed. Each branch has sets of them. */
const TRACKED_MAX = 1000;
/** Words that use a channel without a change of who has to close it. */
const LOOKS: ReadonlySet<string> = new Set(['chan.send', 'chan.receive', 'send', 'receive']);
const ENDS: ReadonlySet<string> = new Set(['chan.close', 'strand.weave-cancel']);

/** `leaves` has all words that the body calls, but for those that call it in turn. */
export function lintFlow(
  word: WordDefinition,
  body: readonly Op[],
  leaves: Leaves,
  report: LintReport,
): Left {
  return new Flow(word, leaves, report).body(body);
}

class Flow {
  readonly #word: WordDefinition;
  readonly #leaves: Leaves;
  readonly #report: LintReport;
  readonly #all: Tracked[] = [];
  /** How many channels and weaves. */
  #count = 0;
  /** Bools that any path used. */
  readonly #used = new Set<Tracked>();
  /** Bools that any path dropped, and what else one had dropped and not used when it ended. */
  readonly #dropped = new Set<Tracked>();
  #path: Path = { stack: [], aux: [], used: new Set(), dropped: new Set(), ended: new Set() };

  constructor(word: WordDefinition, leaves: Leaves, report: LintReport) {
    this.#word = word;
    this.#leaves = leaves;
    this.#report = report;
  }

  body(ops: readonly Op[]): Left {
    const kinds = this.#run(ops) ? this.#newOnes() : [];
    this.#leave();
    for (const each of this.#all) if (this.#dropped.has(each)) this.#reportDropped(each);
    return kinds;
  }

  #newOnes(): (Kind | undefined)[] {
    const { stack, ended } = this.#path;
    return stack.toReversed().map((slot) => {
      const open = slot.find((each) => each.kind !== 'flag' && !ended.has(each));
      return open?.kind;
    });
  }

  #reportDropped(each: Tracked): void {
    if (each.kind === 'flag') {
      if (!this.#used.has(each) && !this.#report.has('unchecked-', each.at))
        this.#report.add(this.#word, 'unchecked-error-flag', each.at, unchecked(each.word));
    } else if (!this.#report.has('weave-immediate-drop', each.at)) {
      const id = each.kind === 'weave' ? 'resource-leak-weavehandle' : 'resource-leak-channel';
      this.#report.add(this.#word, id, each.at);
    }
  }

  /** Ends a path: what is there is the caller's. */
  #leave(): void {
    const { stack, aux, dropped } = this.#path;
    this.#use([...stack, ...aux]);
    for (const each of dropped) this.#dropped.add(each);
  }

  #use(slots: readonly Slot[]): void {
    for (const slot of slots)
      for (const each of slot) {
        if (each.kind === 'flag') {
          this.#used.add(each);
          continue;
        }
        this.#path.used.add(each);
        this.#path.dropped.delete(each);
      }
  }

  #drop(slot: Slot): void {
    for (const each of slot)
      if (each.kind === 'flag') this.#dropped.add(each);
      else if (!this.#path.used.has(each)) this.#path.dropped.add(each);
  }

  /** Returns whether what stands after these is reached. */
  #run(ops: readonly Op[]): boolean {
    for (const op of ops) if (!this.#op(op)) return false;
    return true;
  }

  #op(op: Op): boolean {
    switch (op.op) {
      case 'shuffle':
        this.#shuffle(op);
        return true;
      case 'stash':
        this.#path.aux.push(this.#path.stack.pop() ?? OTHER);
        return true;
      case 'unstash':
        this.#path.stack.push(this.#path.aux.pop() ?? OTHER);
        return true;
      case 'if':
        this.#use(this.#take(1));
        return this.#branches(op.at, [op.yes, op.no]);
      case 'match':
        this.#use(this.#take(1));
        return this.#branches(
          op.at,
          op.cases.map(({ branch }) => branch),
          op.cases.map(({ fields }) => fields.length),
        );
      case 'fault':
        return false;
      default:
        this.#call(op);
        return true;
    }
  }

  #shuffle({ take, give, at }: Op & { op: 'shuffle' }): void {
    const taken = this.#take(take);
    taken.forEach((slot, i) => {
      if (give.includes(i)) return;
      if (at === undefined) this.#use([slot]);
      else this.#drop(slot);
    });
    for (const i of give) this.#path.stack.push(taken[i]!);
  }

  #call(op: Exclude<Op, { op: 'shuffle' | 'stash' | 'unstash' | 'if' | 'match' | 'fault' }>): void {
    switch (op.op) {
      case 'constant':
        return this.#push(1);
      case 'builtin':
        return this.#builtin(op);
      case 'word':
        if (op.arguments.length > 0) return this.#forget();
        this.#use(this.#take(depthOf(op.word.inputs)));
        this.#push(depthOf(op.word.outputs));
        this.#leaves.get(op.word)?.forEach((kind, i) => {
          const { stack } = this.#path;
          if (kind !== undefined) stack[stack.length - 1 - i] = this.#tracked(kind, op.word.name, op.at);
        });
        return;
      case 'quote':
        this.#use(this.#take(op.captures));
        return this.#push(1);
      case 'call': {
        this.#take(1);
        const { inputs, outputs } = op.quote;
        if (rowOf(inputs) !== rowOf(outputs)) return this.#forget();
        this.#use(this.#take(depthOf(inputs)));
        return this.#push(depthOf(outputs));
      }
      case 'strand':
        this.#take(1);
        // The new strand has copies of what is there.
        this.#use(this.#path.stack);
        if (op.weave) this.#track('weave', 'strand.weave', op.at);
        else this.#push(1);
        return;
      case 'make':
        this.#use(this.#take(op.count));
        return this.#push(1);
      case 'is':
      case 'field':
        this.#take(1);
        return this.#push(1);
    }
  }

  #builtin({ builtin, at }: Op & { op: 'builtin' }): void {
    const { name, takes, results } = builtin;
    const taken = this.#take(takes);
    for (const each of taken.flat()) {
      if (each.kind === 'channel' && LOOKS.has(name)) continue;
      this.#use([[each]]);
      if (ENDS.has(name)) this.#path.ended.add(each);
    }
    if (name === 'chan.make') return this.#track('channel', name, at);
    if (!FAILURES.has(name)) return this.#push(results);
    this.#push(results - 1);
    this.#track('flag', name, at);
  }

  /** Each branch begins with what is there. `pushes`: how many values it begins with besides. */
  #branches(at: Span, branches: readonly Branch[], pushes: readonly number[] = []): boolean {
    const start = this.#path;
    const ends: Path[] = [];
    branches.forEach(({ body, returns }, i) => {
      this.#path = copied(start);
      this.#push(pushes[i] ?? 0);
      if (!this.#run(body)) return;
      if (returns) this.#leave();
      else ends.push(this.#path);
    });
    if (ends.length === 0) return false;
    this.#compare(at, start, ends);
    this.#path = joined(ends);
    return true;
  }

  /** What one branch ends must not be left over by another. */
  #compare(at: Span, start: Path, ends: readonly Path[]): void {
    for (const end of ends)
      for (const each of end.ended) {
        if (start.ended.has(each)) continue;
        const left = ends.some(
          ({ stack, ended }) => !ended.has(each) && stack.some((slot) => slot.includes(each)),
        );
        const what = each.kind === 'weave' ? 'weave' : 'channel';
        if (left)
          this.#report.add(
            this.#word,
            'resource-branch-inconsistent',
            at,
            `One branch ends the ${what} of line ${each.at.line}, another leaves it.`,
          );
      }
  }

  #tracked(kind: Kind, word: string, at: Span): Slot {
    if (kind !== 'flag' && ++this.#count > TRACKED_MAX) return OTHER;
    const tracked: Tracked = { kind, at, word };
    this.#all.push(tracked);
    return [tracked];
  }

  #track(kind: Kind, word: string, at: Span): void {
    this.#path.stack.push(this.#tracked(kind, word, at));
  }

  /** Bottom to top; what the word was given is not followed. */
  #take(count: number): Slot[] {
    const { stack } = this.#path;
    const here = stack.splice(Math.max(0, stack.length - count), count);
    return [...new Array<Slot>(count - here.length).fill(OTHER), ...here];
  }

  #push(count: number): void {
    for (let i = 0; i < count; i++) this.#path.stack.push(OTHER);
  }

  /** It is not known how many values a quotation takes: nothing that is there can be followed any more. */
  #forget(): void {
    this.#use(this.#path.stack);
    this.#path.stack = [];
  }
}

const copied = ({ stack, aux, used, dropped, ended }: Path): Path => ({
  stack: stack.slice(),
  aux: aux.slice(),
  used: new Set(used),
  dropped: new Set(dropped),
  ended: new Set(ended),
});

function joined(paths: readonly Path[]): Path {
  const [first, ...others] = paths as [Path, ...Path[]];
  const path = copied(first);
  path.stack = merged(paths.map(({ stack }) => stack));
  path.aux = merged(paths.map(({ aux }) => aux));
  for (const { used, dropped, ended } of others) {
    for (const each of used) path.used.add(each);
    for (const each of dropped) path.dropped.add(each);
    for (const each of path.ended) if (!ended.has(each)) path.ended.delete(each);
  }
  return path;
}

/**
 * What is at a place in any of the stacks. They end at the same height, but may be known to different depths.
 */
function merged(stacks: readonly Slot[][]): Slot[] {
  const depth = Math.max(...stacks.map(({ length }) => length));
  const slots: Slot[] = [];
  for (let fromTop = depth; fromTop > 0; fromTop--) {
    let slot = OTHER;
    for (const stack of stacks) {
      const other = stack[stack.length - fromTop] ?? OTHER;
      if (slot.length === 0) slot = other;
      else if (other !== slot && other.length > 0) slot = [...new Set([...slot, ...other])];
    }
    slots.push(slot);
  }
  return slots;
}
