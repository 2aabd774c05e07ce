// Programs that watch actors and have no message to be told in that one has ended.
import { BUILTINS } from '../builtins/index.ts';
import type { FileTree, UnionDefinition } from '../syntax/ast.ts';
import { bodiesOf } from './patterns.ts';
import type { LintReport } from './report.ts';

export function lintWatches(files: readonly FileTree[], report: LintReport): void {
  const definitions = files.flatMap(({ words }) => words);
  const own = new Set(definitions.map(({ name }) => name));
  if (files.some(({ unions }) => unions.some(takesTerminated))) return;
  for (const word of definitions)
    for (const body of bodiesOf(word.body))
      for (const node of body)
        if (node.kind === 'name' && !own.has(node.name) && BUILTINS.get(node.name)?.name === 'actor-watch')
          report.add(word, 'watch-untold', node.at);
}

function takesTerminated({ variants }: UnionDefinition): boolean {
  return variants.some(({ tag, fields }) => {
    const types = fields.map(({ type }) => type).join(' ');
    return tag === 'Terminated' && types === 'String Symbol';
  });
}
