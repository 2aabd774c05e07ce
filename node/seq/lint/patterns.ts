// Rules about words that stand side by side, and about how deep conditionals nest.
import type { Node, WordDefinition } from '../syntax/ast.ts';
import type { Span } from '../syntax/diagnostic.ts';
import type { LintReport } from './report.ts';
import { RULES } from './rules.ts';

interface Pattern {
  readonly id: string;
  readonly words: readonly string[];
}

const PATTERNS: readonly Pattern[] = RULES.flatMap(({ id, pattern }) =>
  pattern === undefined ? [] : [{ id, words: pattern.split(' ') }],
);
const BY_FIRST: ReadonlyMap<string, readonly Pattern[]> = Map.groupBy(PATTERNS, ({ words }) => words[0]!);

/** Conditionals that nest so deep are reported. */
const NESTING_MAX = 4;

/** `defined`: words that the program gives a meaning of its own. */
export function lintPatterns(
  word: WordDefinition,
  defined: { has(name: string): boolean },
  report: LintReport,
): void {
  for (const body of bodiesOf(word.body)) lintBody(word, body, defined, report);
  const depth = nestingOf(word.body, 0);
  if (depth >= NESTING_MAX)
    report.add(word, 'deep-nesting', word.at, `Conditionals nest ${depth} levels deep.`);
}

function lintBody(
  word: WordDefinition,
  nodes: readonly Node[],
  defined: { has(name: string): boolean },
  report: LintReport,
): void {
  const names = nodes.map((node) => (node.kind === 'name' && !defined.has(node.name) ? node.name : ''));
  // A match begins after the end of the one before it.
  const free = new Map<Pattern, number>();
  names.forEach((name, at) => {
    for (const pattern of BY_FIRST.get(name) ?? []) {
      if (at < (free.get(pattern) ?? 0) || pattern.words.some((each, i) => names[at + i] !== each)) continue;
      free.set(pattern, at + pattern.words.length);
      const first = nodes[at]!.at;
      const last = nodes[at + pattern.words.length - 1]!.at;
      report.add(word, pattern.id, joined(first, last));
    }
  });
}

const joined = (first: Span, last: Span): Span =>
  first.line === last.line ? { ...first, endColumn: last.endColumn } : first;

/** The body itself and all within it. */
export function* bodiesOf(nodes: readonly Node[]): Iterable<readonly Node[]> {
  const pending = [nodes];
  for (let body = pending.pop(); body !== undefined; body = pending.pop()) {
    yield body;
    for (const node of body) pending.push(...partsOf(node));
  }
}

function partsOf(node: Node): (readonly Node[])[] {
  switch (node.kind) {
    case 'quotation':
      return [node.body];
    case 'if':
      return [node.yes, node.no];
    case 'match':
      return node.arms.map(({ body }) => body);
    default:
      return [];
  }
}

const QUOTATIONS: Readonly<Record<string, number>> = { if: 2, when: 1, unless: 1 };

/** How many conditionals are within each other at most. */
function nestingOf(nodes: readonly Node[], around: number): number {
  let deepest = around;
  nodes.forEach((node, at) => {
    const inner =
      node.kind === 'if' || isBranch(nodes, at) ? around + 1 : node.kind === 'quotation' ? 0 : around;
    for (const part of partsOf(node)) deepest = Math.max(deepest, nestingOf(part, inner));
  });
  return deepest;
}

/** Whether the quotation is a branch of an `if`, `when` or `unless`. */
function isBranch(nodes: readonly Node[], at: number): boolean {
  if (nodes[at]!.kind !== 'quotation') return false;
  for (const ahead of [1, 2]) {
    const node = nodes[at + ahead];
    if (node?.kind === 'name')
      return (Object.hasOwn(QUOTATIONS, node.name) ? QUOTATIONS[node.name]! : 0) >= ahead;
    if (node?.kind !== 'quotation') return false;
  }
  return false;
}
