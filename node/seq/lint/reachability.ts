// chan.yield gives way to other strands; in a word that no strand can come to, there are none.
import type { Node, WordDefinition } from '../syntax/ast.ts';
import { bodiesOf } from './patterns.ts';
import type { LintReport } from './report.ts';

const STARTS: ReadonlySet<string> = new Set(['strand.spawn', 'strand.weave', 'spawn']);

type Name = Node & { kind: 'name' };

export function lintYields(words: readonly WordDefinition[], report: LintReport): void {
  const names = new Map(words.map((word) => [word.name, namesIn(word.body)]));
  const yielding = words.filter(({ name }) => names.get(name)!.some((each) => each.name === 'chan.yield'));
  if (yielding.length === 0) return;
  // Strands run a word that starts one, or all that it calls, whether in the quotation that it starts or
  // beside it.
  const beside = new Set<string>();
  const starting = [...names.keys()].filter((name) => names.get(name)!.some((each) => STARTS.has(each.name)));
  for (let name = starting.pop(); name !== undefined; name = starting.pop()) {
    if (beside.has(name)) continue;
    beside.add(name);
    for (const each of names.get(name) ?? []) if (names.has(each.name)) starting.push(each.name);
  }
  for (const word of yielding)
    if (!beside.has(word.name))
      for (const each of names.get(word.name)!)
        if (each.name === 'chan.yield') report.add(word, 'unreachable-chan-yield', each.at);
}

const namesIn = (body: readonly Node[]): Name[] =>
  [...bodiesOf(body)].flatMap((nodes) => nodes.filter((node): node is Name => node.kind === 'name'));
