// Follows the Bools of fallible words, channels and weaves through a body, over the checked operations: so what a word takes
// and leaves is known, whoever wrote it.
// 1. Only what is dropped and was never used otherwise is reported. What is left on the stack belongs to the caller.
// 2. What goes into a branch, a word, a data structure or a quotation counts as used.
import type { Branch, Op } from '../check/ir.ts';
import { depthOf, rowOf } from '../check/types.ts';
import type { WordDefinition } from '../syntax/ast.ts';
import type { Span } from '../syntax/diagnostic.ts';
import type { LintReport } from './report.ts';
import { FAILURES, unchecked } from './rules.ts';

/** One value that is followed; its copies are the same. */
interface Tracked {
  readonly kind: 'flag' | 'weave' | 'channel';
  readonly at: Span;
  /** Of a flag: the word that left it. */
  readonly word: string;
  used: boolean;
  dropped: boolean;
}

/** What a value may be, which depends on branches. */
type Slot = readonly Tracked[];

const OTHER: Slot = [];

/** What an end of a branch holds. */
interface End {
  readonly stack: Slot[];
  readonly aux: Slot[];
  readonly ended: ReadonlySet<Tracked>;
}

/** Words that use a channel without a change of who has to close it. */
const LOOKS: ReadonlySet<string> = new Set(['chan.send', 'chan.receive', 'send', 'receive']);
const ENDS: ReadonlySet<string> = new Set(['chan.close', 'strand.weave-cancel']);

export function lintFlow(word: WordDefinition, body: readonly Op[], report: LintReport): void {
  new Flow(word, report).body(body);
}

class Flow {
  readonly #word: WordDefinition;
  readonly #report: LintReport;
  readonly #all: Tracked[] = [];
  #stack: Slot[] = [];
  #aux: Slot[] = [];
  /** Channels and weaves that came to their end. */
  #ended = new Set<Tracked>();

  constructor(word: WordDefinition, report: LintReport) {
    this.#word = word;
    this.#report = report;
  }

  body(ops: readonly Op[]): void {
    if (this.#run(ops)) use([...this.#stack, ...this.#aux]);
    for (const each of this.#all) {
      if (!each.dropped || each.used) continue;
      if (each.kind === 'flag') {
        if (!this.#report.has('unchecked-', each.at))
          this.#report.add(this.#word, 'unchecked-error-flag', each.at, unchecked(each.word));
      } else if (!this.#report.has('weave-immediate-drop', each.at)) {
        const id = each.kind === 'weave' ? 'resource-leak-weavehandle' : 'resource-leak-channel';
        this.#report.add(this.#word, id, each.at);
      }
    }
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
        this.#aux.push(this.#stack.pop() ?? OTHER);
        return true;
      case 'unstash':
        this.#stack.push(this.#aux.pop() ?? OTHER);
        return true;
      case 'if':
        use(this.#take(1));
        return this.#branches(op.at, [op.yes, op.no]);
      case 'match':
        use(this.#take(1));
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
      if (at === undefined) use([slot]);
      else for (const each of slot) each.dropped = true;
    });
    for (const i of give) this.#stack.push(taken[i]!);
  }

  #call(op: Exclude<Op, { op: 'shuffle' | 'stash' | 'unstash' | 'if' | 'match' | 'fault' }>): void {
    switch (op.op) {
      case 'constant':
        return this.#push(1);
      case 'builtin':
        return this.#builtin(op);
      case 'word':
        if (op.arguments.length > 0) return this.#forget();
        use(this.#take(depthOf(op.word.inputs)));
        return this.#push(depthOf(op.word.outputs));
      case 'quote':
        use(this.#take(op.captures));
        return this.#push(1);
      case 'call': {
        this.#take(1);
        const { inputs, outputs } = op.quote;
        if (rowOf(inputs) !== rowOf(outputs)) return this.#forget();
        use(this.#take(depthOf(inputs)));
        return this.#push(depthOf(outputs));
      }
      case 'strand':
        this.#take(1);
        // The new strand has copies of what is there.
        use(this.#stack);
        if (op.weave) this.#track('weave', 'strand.weave', op.at);
        else this.#push(1);
        return;
      case 'make':
        use(this.#take(op.count));
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
      each.used = true;
      if (ENDS.has(name)) this.#ended.add(each);
    }
    if (name === 'chan.make') return this.#track('channel', name, at);
    if (!FAILURES.has(name)) return this.#push(results);
    this.#push(results - 1);
    this.#track('flag', name, at);
  }

  /** Emits each branch from the same stack. `pushes`: how many values each begins with. */
  #branches(at: Span, branches: readonly Branch[], pushes: readonly number[] = []): boolean {
    const start = this.#end();
    const ends: End[] = [];
    branches.forEach(({ body, returns }, i) => {
      this.#begin(start);
      this.#push(pushes[i] ?? 0);
      if (!this.#run(body)) return;
      if (returns) use([...this.#stack, ...this.#aux]);
      else ends.push(this.#end());
    });
    const first = ends[0];
    if (first === undefined) return false;
    this.#compare(at, start, ends);
    this.#begin(first);
    this.#stack = merged(ends.map(({ stack }) => stack));
    this.#aux = merged(ends.map(({ aux }) => aux));
    for (const { ended } of ends) this.#ended = this.#ended.intersection(ended);
    return true;
  }

  /** What one branch ends must not be left over by another. */
  #compare(at: Span, start: End, ends: readonly End[]): void {
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

  #end(): End {
    return { stack: [...this.#stack], aux: [...this.#aux], ended: new Set(this.#ended) };
  }

  #begin({ stack, aux, ended }: End): void {
    this.#stack = [...stack];
    this.#aux = [...aux];
    this.#ended = new Set(ended);
  }

  #track(kind: Tracked['kind'], word: string, at: Span): void {
    const tracked: Tracked = { kind, at, word, used: false, dropped: false };
    this.#all.push(tracked);
    this.#stack.push([tracked]);
  }

  /** Bottom to top; what the word was given is not followed. */
  #take(count: number): Slot[] {
    const here = this.#stack.splice(Math.max(0, this.#stack.length - count), count);
    return [...new Array<Slot>(count - here.length).fill(OTHER), ...here];
  }

  #push(count: number): void {
    for (let i = 0; i < count; i++) this.#stack.push(OTHER);
  }

  /** It is not known how many values a quotation takes: nothing that is there can be followed any more. */
  #forget(): void {
    use(this.#stack);
    this.#stack = [];
  }
}

function use(slots: readonly Slot[]): void {
  for (const each of slots.flat()) each.used = true;
}

/** What is at a place in any of the stacks. They end at the same height, but may be known to different depths. */
function merged(stacks: readonly Slot[][]): Slot[] {
  const depth = Math.max(...stacks.map(({ length }) => length));
  return Array.from({ length: depth }, (_, i) => {
    // Most values are not followed.
    const slots = stacks.map((stack) => stack[stack.length - depth + i] ?? OTHER);
    return [...new Set(slots.flat())];
  });
}
