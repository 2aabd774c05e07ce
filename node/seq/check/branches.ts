// Conditionals and matches: each branch starts from the same stack, and all must leave the same.
import { nearest } from '../../base/nearest.ts';
import type { Arm, Node } from '../syntax/ast.ts';
import { DiagnosticError, fail, type Span } from '../syntax/diagnostic.ts';
import type { WordChecker } from './checker.ts';
import { Circular } from './effectless.ts';
import { fieldType, shorten, type VariantOf } from './environment.ts';
import type { Branch, MatchCase, Op } from './ir.ts';
import { endsInBool } from './origins.ts';
import { BOOL, INT, isAny, type Stack, showItems, type Type, typeOf } from './types.ts';

/** A branch as checked, and what it left. */
interface Tried {
  readonly body: Op[];
  readonly stack: Stack;
  readonly aux: Type[];
  /** Ends in a call of the word itself or of one that calls it: it may end the word instead of the branch. */
  readonly recursive: boolean;
  readonly at: Span;
  /** Ends the run. */
  readonly ends?: true;
}

/** `if … else … then`. The condition is an Int in the oldest programs: 0 is false. */
export function inferConditional(
  checker: WordChecker,
  node: Node & { kind: 'if' },
  tail: boolean,
  ops: Op[],
): void {
  const { keywordIf, truth, line } = checker.environment.vocabulary;
  if (!keywordIf)
    fail(
      node.at,
      'keyword-conditional',
      `${line.name} has no if … then.`,
      'Write c [ yes ] [ no ] if, or say with # seq: 5.x above that the file is of an older release.',
    );
  const condition = typeOf(checker.pop(node.at, 'if takes a Bool'));
  const ints = truth !== 'Bool';
  const truthy =
    ints && condition === INT
      ? 'int'
      : ints && (condition.kind === 'var' || isAny(condition))
        ? 'any'
        : false;
  if (truthy === false) checker.expect(condition, BOOL, node.at, 'The condition of if');
  inferBranches(checker, node.yes, node.no, truthy, node.at, tail, ops);
}

export function inferBranches(
  checker: WordChecker,
  yes: readonly Node[],
  no: readonly Node[],
  truthy: (Op & { op: 'if' })['truthy'],
  at: Span,
  tail: boolean,
  ops: Op[],
): void {
  const nodes = [yes, no];
  const branches = tryBranches(
    checker,
    nodes.map((body) => () => checker.body(body, tail)),
    nodes.map((body) => endsRecursive(checker, body)),
    [at, at],
  );
  const [first, second] = mergeBranches(checker, branches, at, 'The branches of if');
  ops.push({ op: 'if', truthy, yes: first!, no: second ?? first!, at });
}

function tryBranches(
  checker: WordChecker,
  bodies: readonly (() => Op[])[],
  recursive: readonly boolean[],
  ats: readonly Span[],
): Tried[] {
  const { stack, aux } = checker;
  const { auxBase, literalDepth } = checker;
  const tried: Tried[] = [];
  let circular: Circular | undefined;
  for (const [i, infer] of bodies.entries()) {
    checker.stack = stack;
    checker.aux = [...aux];
    try {
      const body = infer();
      tried.push({ body, stack: checker.stack, aux: checker.aux, recursive: recursive[i]!, at: ats[i]! });
    } catch (error) {
      Object.assign(checker, { auxBase, literalDepth });
      const body = lateUnderflow(checker, error);
      if (body !== undefined) {
        tried.push({ body, stack, aux, recursive: false, at: ats[i]!, ends: true });
        continue;
      }
      if (!(error instanceof Circular)) throw error;
      circular = error;
    }
  }
  if (tried.length === 0) throw circular;
  return tried;
}

/**
 * Makes the branches agree and leaves the checker with what they leave. A branch that ends in a recursive
 * call and does not agree with the others counts as the end of the word, as `… not if drop loop then …` means
 * it.
 */
function mergeBranches(checker: WordChecker, tried: readonly Tried[], at: Span, what: string): Branch[] {
  const going = tried.filter(({ ends }) => !ends);
  const leading = going.find((branch) => !branch.recursive) ?? going[0] ?? tried[0]!;
  const branches = tried.map((branch): Branch => {
    if (branch.ends) return { body: branch.body, returns: true };
    if (branch === leading) return { body: branch.body, returns: false };
    const mark = checker.unifier.mark();
    if (branch.aux.length === leading.aux.length && checker.unifier.stacks(branch.stack, leading.stack))
      return { body: branch.body, returns: false };
    checker.unifier.undo(mark);
    const endsWord =
      branch.recursive &&
      checker.literalDepth === 0 &&
      checker.unifier.stacks(branch.stack, checker.word.outputs);
    if (endsWord) return { body: branch.body, returns: true };
    if (branch.aux.length !== leading.aux.length)
      fail(
        at,
        'aux-unbalanced',
        `${what} leave different numbers of values on the aux stack.`,
        'Take back in each with aux> what it puts aside with >aux.',
      );
    for (const [one, other] of [
      [leading, branch],
      [branch, leading],
    ] as const)
      if (!endsInBool(other.stack))
        checker.origins.refuseFlag(one.stack, `the other branch leaves ${showItems(other.stack)}`);
    return fail(
      branch.at,
      'branch-mismatch',
      `${what} leave different stacks: ${showItems(leading.stack)}, and ${showItems(branch.stack)}.`,
      'Each must push and take the same.',
    );
  });
  checker.stack = leading.stack;
  checker.aux = leading.aux;
  return branches;
}

/** What stands for a branch that finds too few values, where that ends the run instead of the check. */
function lateUnderflow(checker: WordChecker, error: unknown): Op[] | undefined {
  if (!checker.environment.vocabulary.lateUnderflow || !(error instanceof DiagnosticError)) return undefined;
  const { code, message, line, column, endColumn } = error.diagnostic;
  if (code !== 'stack-underflow') return undefined;
  return [{ op: 'fault', code, message, at: { source: checker.word.at.source, line, column, endColumn } }];
}

/** Whether the last thing that happens is a call of this word, or of one that calls it. */
function endsRecursive(checker: WordChecker, nodes: readonly Node[]): boolean {
  const last = nodes.at(-1);
  if (last?.kind !== 'name') return false;
  return checker.environment.cycles.get(checker.word.name)?.has(last.name) ?? false;
}

export function inferMatch(
  checker: WordChecker,
  node: Node & { kind: 'match' },
  tail: boolean,
  ops: Op[],
): void {
  const matched = checker.pop(node.at, 'match takes a value');
  const variants = variantsOf(checker, node.arms, typeOf(matched));
  const { union } = variants[0]!;
  checker.expect(matched, { kind: 'union', name: union.name }, node.at, 'The value of match');
  const tags = new Set(node.arms.map((arm) => arm.tag));
  const missing = union.variants.filter(({ tag }) => !tags.has(tag));
  if (missing.length > 0)
    fail(
      node.at,
      'non-exhaustive-match',
      `The match on ${union.name} has no arm for ${missing.map(({ tag }) => tag).join(', ')}.`,
      `Write an arm, as in ${missing[0]!.tag} -> …`,
    );
  const fields = node.arms.map((arm, i) => pushedFields(arm, variants[i]!));
  const tried = tryBranches(
    checker,
    node.arms.map((arm, i) => () => {
      const { variant } = variants[i]!;
      for (const field of fields[i]!)
        checker.push(fieldType(variant.fields[field]!.type, checker.environment.unions));
      return checker.body(arm.body, tail);
    }),
    node.arms.map((arm) => endsRecursive(checker, arm.body)),
    node.arms.map((arm) => arm.at),
  );
  const branches = mergeBranches(checker, tried, node.at, 'The arms of the match');
  const cases = node.arms.map(
    (arm, i): MatchCase => ({
      tag: arm.tag,
      count: variants[i]!.variant.fields.length,
      fields: fields[i]!,
      branch: branches[i] ?? branches[0]!,
    }),
  );
  ops.push({ op: 'match', cases, at: node.at });
}

/** The variant of each arm, all of one union: that of the value, or that of the first arm. */
function variantsOf(checker: WordChecker, arms: readonly Arm[], matched: Type): VariantOf[] {
  const { unions, variants } = checker.environment;
  const seen = new Set<string>();
  for (const arm of arms) {
    if (seen.has(arm.tag))
      fail(arm.at, 'duplicate', `The match has two arms for ${arm.tag}.`, 'Leave one of them out.');
    seen.add(arm.tag);
  }
  const union = matched.kind === 'union' ? unions.get(matched.name)! : variants.get(arms[0]!.tag)?.union;
  return arms.map((arm) => {
    const found = variants.get(arm.tag);
    if (found !== undefined && found.union === union) return found;
    const near = nearest(arm.tag, union?.variants.map(({ tag }) => tag) ?? variants.keys());
    return fail(
      arm.at,
      'unknown-variant',
      union === undefined
        ? `No union has the variant ${shorten(arm.tag)}.`
        : `Union ${union.name} has no variant ${shorten(arm.tag)}.`,
      near === undefined ? 'Name a variant of the union that is matched.' : `Did you mean ${near}?`,
    );
  });
}

/** Which fields the arm pushes. */
function pushedFields(arm: Arm, { variant }: VariantOf): number[] {
  if (arm.bindings === undefined) return variant.fields.map((_, i) => i);
  return arm.bindings.map(({ field, at }) => {
    const index = variant.fields.findIndex(({ name }) => name === field);
    if (index >= 0) return index;
    const names = variant.fields.map(({ name }) => name);
    return fail(
      at,
      'unknown-field',
      `${arm.tag} has no field ${shorten(field)}.`,
      names.length === 0 ? 'It has no fields.' : `Its fields are ${names.join(', ')}.`,
    );
  });
}
