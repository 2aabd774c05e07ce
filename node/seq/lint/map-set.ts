// map.set takes the key, then the value. A String literal right before it is the value; where it was meant as
// the key, the value has become the key.
import type { Node, WordDefinition } from '../syntax/ast.ts';
import { bodiesOf } from './patterns.ts';
import type { LintReport } from './report.ts';

const SETS: ReadonlySet<string> = new Set(['map.set', 'map-set', 'kv']);
/** Words that take a key from the top of the stack. */
const LOOKS: ReadonlySet<string> = new Set([
  'map.get',
  'map.has?',
  'map.remove',
  'map-get',
  'map-get-safe',
  'map-has?',
  'map-remove',
]);
/** Words that leave a number: hardly a key right below a String literal. */
const COMPUTES =
  /^(?:[if]\.)?(?:[-+*]|add|subtract|multiply)$|^(?:list|map|string)\.(?:length|size)$|^string->int$/;

/** The texts that a word certainly has for keys. */
export const keysIn = ({ body }: WordDefinition): readonly string[] =>
  [...bodiesOf(body)].flatMap((nodes) =>
    nodes.filter((_, at) => isKey(nodes, at)).map((node) => textOf(node)!),
  );

/** `keys`: those of all words of the program. */
export function lintMapSets(
  definitions: readonly WordDefinition[],
  keys: ReadonlySet<string>,
  defined: { has(name: string): boolean },
  report: LintReport,
): void {
  for (const word of definitions)
    for (const nodes of bodiesOf(word.body))
      nodes.forEach((node, at) => {
        const text = textOf(node);
        const next = nodes[at + 1];
        const before = nodes[at - 1];
        if (text === undefined || next?.kind !== 'name' || !SETS.has(next.name) || defined.has(next.name))
          return;
        // Of two texts the order is as it was written.
        if (before !== undefined && textOf(before) !== undefined) return;
        if (!keys.has(text) && !(before?.kind === 'name' && COMPUTES.test(before.name))) return;
        report.add(
          word,
          'map-set-order',
          node.at,
          `${JSON.stringify(text.slice(0, 40))} is the value here, and what lies below it the key.`,
        );
      });
}

const textOf = (node: Node): string | undefined =>
  node.kind === 'literal' && typeof node.value === 'string' ? node.value : undefined;

/** Whether the literal at a place is certainly meant as a key. */
function isKey(nodes: readonly Node[], at: number): boolean {
  if (textOf(nodes[at]!) === undefined) return false;
  const next = nodes[at + 1];
  if (next?.kind === 'name' && LOOKS.has(next.name)) return true;
  const after = nodes[at + 2];
  const sets = after?.kind === 'name' && SETS.has(after.name);
  return sets && (next?.kind === 'literal' || (next?.kind === 'name' && next.name === 'swap'));
}
