// Files and folders. What cannot be done leaves false; only a text that is too large for a String is a fault.
import { bytesOf, List, type Text, textOf, type Value } from '../../base/value.ts';
import { Fault } from '../fault.ts';
import { show } from '../run/show.ts';
import { type Results, text } from '../words/row.ts';
import { TEXT_LENGTH_MAX } from '../words/text-length.ts';
import type { World } from '../world.ts';
import { pathOf } from './file-lines.ts';
import type { BuiltinRow } from './table.ts';
import { worldly } from './world.ts';

function slurp(world: World, name: Value): Results {
  const path = pathOf(name);
  const bytes = path === undefined ? undefined : world.readFile(path, 0, TEXT_LENGTH_MAX + 1);
  if (bytes === undefined) return ['', false];
  if (bytes.length > TEXT_LENGTH_MAX)
    throw new Fault(
      'too-large',
      `A String holds at most ${TEXT_LENGTH_MAX} bytes of a file; read it line by line.`,
    );
  return [textOf(bytes, true), true];
}

function write(world: World, content: Value, name: Value, append: boolean): boolean {
  const bytes = bytesOf(text(content));
  const path = pathOf(name);
  return path !== undefined && world.writeFile(path, bytes, append);
}

/** Names that are UTF-8 before all others. */
function byBytes(a: Text, b: Text): number {
  if (typeof a === 'string' && typeof b === 'string') return a < b ? -1 : a > b ? 1 : 0;
  return Number(typeof a !== 'string') - Number(typeof b !== 'string');
}

const kindAt = (world: World, name: Value) => {
  const path = pathOf(name);
  return path === undefined ? undefined : world.lookAt(path);
};

/** A word that takes a name and says whether it could be done. */
const act = (name: string, run: (world: World, path: string) => boolean): BuiltinRow =>
  worldly(name, '( String -- Bool )', (world, v) => {
    const path = pathOf(v);
    return path !== undefined && run(world, path);
  });

export const fileWords: readonly BuiltinRow[] = [
  worldly('file.slurp', '( String -- String Bool )', slurp),
  // The seed generation.
  worldly('file-slurp', '( String -- String )', (world, name) => {
    const [content, good] = slurp(world, name!) as [Value, boolean];
    if (!good) throw new Fault('bad-argument', `The file ${show(name)} cannot be read.`);
    return content;
  }),
  worldly('file.spit', '( String String -- Bool )', (world, content, path) =>
    write(world, content!, path!, false),
  ),
  worldly('file.append', '( String String -- Bool )', (world, content, path) =>
    write(world, content!, path!, true),
  ),
  {
    ...worldly('file.exists?', '( String -- Bool )', (world, path) => kindAt(world, path!) !== undefined),
    aliases: ['file-exists?'],
  },
  act('file.delete', (world, path) => world.deleteFile(path)),
  worldly('file.size', '( String -- Int Bool )', (world, path) => {
    const there = kindAt(world, path!);
    return there === undefined ? [0, false] : [there.size, true];
  }),
  {
    name: 'file.for-each-line',
    only: 'script',
    effect: '( String [ String -- ] -- Bool )',
    template: `function* (path, quotation) {
      const f = $call(quotation, 1, 0);
      const lines = $lines(C, path);
      if (lines === undefined) return false;
      for (const line of lines.all) { REDUCTION; CALL(f(line)); }
      return lines.complete;
    }`,
  },
  worldly('dir.exists?', '( String -- Bool )', (world, path) => kindAt(world, path!)?.kind === 'folder'),
  act('dir.make', (world, path) => world.makeFolder(path)),
  act('dir.delete', (world, path) => world.deleteFolder(path)),
  worldly('dir.list', '( String -- List Bool )', (world, name) => {
    const path = pathOf(name);
    const names = path === undefined ? undefined : world.listFolder(path);
    if (names === undefined) return [List.empty, false];
    return [List.of<Value>(names.map((bytes) => textOf(bytes)).sort(byBytes)), true];
  }),
];
