// Programs that ask to be told of something, and have no message in which they are told.
import { BUILTINS } from '../builtins/index.ts';
import type { FileTree, UnionDefinition } from '../syntax/ast.ts';
import { bodiesOf } from './patterns.ts';
import type { LintReport } from './report.ts';

interface Telling {
  readonly tag: string;
  readonly types: string;
  readonly rule: string;
}

/** By the word that asks. */
const TELLINGS: ReadonlyMap<string, Telling> = new Map([
  ['actor-watch', { tag: 'Terminated', types: 'String Symbol', rule: 'watch-untold' }],
  ['actor-subscribe', { tag: 'Recorded', types: 'String Int Map', rule: 'subscription-untold' }],
]);

export function lintWatches(files: readonly FileTree[], report: LintReport): void {
  const definitions = files.flatMap(({ words }) => words);
  const own = new Set(definitions.map(({ name }) => name));
  const unions = files.flatMap((file) => file.unions);
  for (const word of definitions)
    for (const body of bodiesOf(word.body))
      for (const node of body) {
        if (node.kind !== 'name' || own.has(node.name)) continue;
        const telling = TELLINGS.get(BUILTINS.get(node.name)?.name ?? '');
        if (telling !== undefined && !unions.some((union) => tells(union, telling)))
          report.add(word, telling.rule, node.at);
      }
}

function tells({ variants }: UnionDefinition, { tag, types }: Telling): boolean {
  return variants.some((each) => each.tag === tag && each.fields.map(({ type }) => type).join(' ') === types);
}
