// The system: environment, names of files, the end of the program. Names of files are put together and taken
// apart as Unix has them, by their text alone.
import { bytesOf, type Text, textOf, type Value } from '../../base/value.ts';
import { codePointsOf } from '../../base/value-text.ts';
import { Fault } from '../fault.ts';
import { Exit } from '../run/context.ts';
import { int, type Results, text } from '../words/row.ts';
import { pathOf } from './file-lines.ts';
import type { BuiltinRow } from './table.ts';
import { worldly, worldOf } from './world.ts';

/** The text and true, or "" and false. */
const found = (v: Text | undefined): Results => (v === undefined ? ['', false] : [v, true]);

function join(base: string, part: string): string {
  if (part.startsWith('/') || base === '') return part;
  return base.endsWith('/') ? base + part : `${base}/${part}`;
}

/** Without the slashes and dots at its end that name nothing. */
function trimmed(path: string): string {
  let end = path.length;
  while (end > 1 && (path[end - 1] === '/' || (path[end - 1] === '.' && path[end - 2] === '/'))) end--;
  return path.slice(0, end);
}

function parent(path: string): string | undefined {
  const whole = trimmed(path);
  if (whole === '' || whole === '/') return undefined;
  return trimmed(whole.slice(0, whole.lastIndexOf('/') + 1));
}

function fileName(path: string): string | undefined {
  const whole = trimmed(path);
  const name = whole.slice(whole.lastIndexOf('/') + 1);
  return name === '' || name === '.' || name === '..' ? undefined : name;
}

const is = (name: string, kind: string | undefined): BuiltinRow =>
  worldly(`os.${name}`, '( String -- Bool )', (world, v) => {
    const path = pathOf(v);
    const there = path === undefined ? undefined : world.lookAt(path);
    return there !== undefined && (kind === undefined || there.kind === kind);
  });

/** On parts of paths. Where one is not UTF-8, on bytes: a slash and a dot are one byte each. */
const onText = (name: string, effect: string, run: (...args: string[]) => Results): BuiltinRow => ({
  name: `os.${name}`,
  effect,
  run: (...args: Value[]) => {
    const texts = args.map(text);
    if (texts.every((each) => typeof each === 'string')) return run(...texts);
    const bytes = (each: Text) => Buffer.from(bytesOf(each)).toString('latin1');
    const back = (v: Value): Value =>
      typeof v === 'string' ? textOf(new Uint8Array(Buffer.from(v, 'latin1')), true) : v;
    const results = run(...texts.map(bytes));
    return Array.isArray(results) ? results.map(back) : back(results as Value);
  },
});

export const osWords: readonly BuiltinRow[] = [
  worldly('os.getenv', '( String -- String Bool )', (world, name) =>
    found(world.environment(codePointsOf(text(name)))),
  ),
  worldly('os.home-dir', '( -- String Bool )', (world) => found(world.environment('HOME'))),
  worldly('os.current-dir', '( -- String Bool )', (world) => found(world.workingFolder())),
  is('path-exists', undefined),
  is('path-is-file', 'file'),
  is('path-is-dir', 'folder'),
  onText('path-join', '( String String -- String )', join as (...args: string[]) => string),
  onText('path-parent', '( String -- String Bool )', (path) => found(parent(path!))),
  onText('path-filename', '( String -- String Bool )', (path) => found(fileName(path!))),
  {
    name: 'os.exit',
    only: 'script',
    effect: '( Int -- )',
    host: (context, v) => {
      worldOf(context);
      const code = int(v);
      if (typeof code !== 'number' || code < 0 || code > 255)
        throw new Fault('bad-argument', 'The exit code of a program is from 0 to 255.');
      throw new Exit(code);
    },
  },
  worldly('os.name', '( -- String )', (world) => world.system().name),
  worldly('os.arch', '( -- String )', (world) => world.system().architecture),
];
