// The definitions of a file that does not parse, by how their lines begin: so that its outline stays while it
// is being written.
import type { Definition } from './definitions.ts';

const WORD = /^(\s*:\s+)(\S+)(?:\s+(\([^()]*\)))?/;
const UNION = /^(\s*union\s+)([^\s{]+)/;

/** Those whose places are not among `known`. */
export function looseDefinitions(file: string, text: string, known: readonly Definition[]): Definition[] {
  const taken = new Set(known.filter((each) => each.file === file).map(({ line }) => line));
  const found: Definition[] = [];
  text.split('\n').forEach((written, at) => {
    const line = at + 1;
    if (taken.has(line)) return;
    const word = WORD.exec(written);
    const union = word === null ? UNION.exec(written) : null;
    const [, before = '', name = '', effect = ''] = word ?? union ?? [];
    if (name === '') return;
    const column = before.length + 1;
    const kind = word === null ? 'union' : 'word';
    const shown = word === null ? `union ${name}` : effect;
    found.push({ kind, name, file, line, column, endColumn: column + name.length, text: shown });
  });
  return found;
}
