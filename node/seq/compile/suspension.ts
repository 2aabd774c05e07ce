// Which code can come to a word at which its strand may wait.
import { branchesOf, type Literal, type Op, type Word } from '../check/ir.ts';

export interface Suspension {
  /** Whether the program has strands at all. */
  readonly strands: boolean;
  /** Whether a quotation of which only its effect is known may suspend. */
  readonly quotations: boolean;
  readonly words: ReadonlySet<Word>;
  readonly literals: ReadonlySet<Literal>;
}

/** What the body of a word or literal does, without the bodies of the literals in it. */
interface Facts {
  suspends: boolean;
  readonly words: Set<Word>;
  callsQuotations: boolean;
  /** Quotations that it makes, but not right before they become strands. */
  readonly passes: Set<Literal>;
}

const NOTHING_SUSPENDS: Suspension = {
  strands: false,
  quotations: false,
  words: new Set(),
  literals: new Set(),
};

export function suspensionOf(words: readonly Word[], literals: readonly Literal[]): Suspension {
  // Most programs have no strands, and no need of the facts.
  const code = [...words, ...literals];
  if (!code.some(({ body }) => hasStrands(body))) return NOTHING_SUSPENDS;
  const facts = new Map<Word | Literal, Facts>();
  for (const each of code) facts.set(each, factsOf(each.body));
  const suspending = new Set<Word | Literal>();
  const callers = callersOf(facts);
  const add = (code: Word | Literal) => {
    if (suspending.has(code)) return;
    suspending.add(code);
    for (const pending: (Word | Literal)[] = [code]; pending.length > 0; )
      for (const caller of callers.get(pending.pop()!) ?? []) {
        if (suspending.has(caller)) continue;
        suspending.add(caller);
        pending.push(caller);
      }
  };
  for (const [code, { suspends }] of facts) if (suspends) add(code);
  const passed = new Set([...facts.values()].flatMap(({ passes }) => [...passes]));
  const quotations = [...passed].some((literal) => suspending.has(literal));
  if (quotations) {
    // From outside they are all called in the same way.
    for (const literal of passed) add(literal);
    for (const [code, { callsQuotations }] of facts) if (callsQuotations) add(code);
  }
  return {
    strands: true,
    quotations,
    words: new Set(words.filter((word) => suspending.has(word))),
    literals: new Set(literals.filter((literal) => suspending.has(literal))),
  };
}

function callersOf(facts: ReadonlyMap<Word | Literal, Facts>): Map<Word | Literal, (Word | Literal)[]> {
  const callers = new Map<Word | Literal, (Word | Literal)[]>();
  for (const [caller, { words }] of facts)
    for (const word of words) {
      const known = callers.get(word);
      if (known === undefined) callers.set(word, [caller]);
      else known.push(caller);
    }
  return callers;
}

function factsOf(body: readonly Op[]): Facts {
  const facts: Facts = {
    suspends: false,
    words: new Set(),
    callsQuotations: false,
    passes: new Set(),
  };
  collect(body, facts);
  return facts;
}

function collect(ops: readonly Op[], facts: Facts): void {
  ops.forEach((op, i) => {
    if (op.op === 'word') facts.words.add(op.word);
    else if (op.op === 'call') facts.callsQuotations = true;
    else if (op.op === 'quote' && ops[i + 1]?.op !== 'strand') facts.passes.add(op.literal);
    else if (op.op === 'builtin') {
      const { suspends, template } = op.builtin;
      if (template !== undefined) facts.callsQuotations = true;
      if (suspends !== undefined) facts.suspends = true;
    } else if (op.op === 'if' || op.op === 'match')
      for (const branch of branchesOf(op)) collect(branch.body, facts);
  });
}

function hasStrands(ops: readonly Op[]): boolean {
  return ops.some((op) => {
    if (op.op === 'builtin') return op.builtin.strands === true || op.builtin.suspends !== undefined;
    return op.op === 'strand' || branchesOf(op).some(({ body }) => hasStrands(body));
  });
}
