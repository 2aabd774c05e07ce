// Files and folders. What cannot be done leaves false; only a text that is too large for a String is a fault.
import { bytesOf, List, type Text, textOf, type Value } from '../../base/value.ts';
import { Fault } from '../fault.ts';
import type { RunContext } from '../run/context.ts';
import { show } from '../run/show.ts';
import { type Results, text } from '../words/row.ts';
import { TEXT_LENGTH_MAX } from '../words/strings.ts';
import type { World } from '../world.ts';
import type { BuiltinRow } from './table.ts';
import { worldly, worldOf } from './world.ts';

const CHUNK_BYTES = 256 * 1024;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** Undefined for what no file can be named: bytes that are no text, or a text with a zero in it. */
export function pathOf(v: Value | undefined): string | undefined {
  const path = text(v);
  return typeof path !== 'string' || path.includes('\0') ? undefined : path;
}

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

/** The lines of a file, as they are read. */
class FileLines {
  /** False once the file could not be read to its end. */
  complete = true;
  readonly all: Iterable<Value>;

  constructor(world: World, path: string, first: Uint8Array) {
    this.all = this.#read(world, path, first);
  }

  *#read(world: World, path: string, first: Uint8Array): Generator<Value> {
    let begun: Uint8Array[] = [];
    let length = 0;
    let at = 0;
    for (let chunk: Uint8Array | undefined = first; chunk?.length !== 0; ) {
      if (chunk === undefined) {
        this.complete = false;
        return;
      }
      let from = 0;
      for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
        const whole = begun.length === 0 && chunk[end - 1] !== CARRIAGE_RETURN;
        yield whole ? textOf(chunk.subarray(from, end + 1)) : line([...begun, chunk.subarray(from, end)]);
        begun = [];
        length = 0;
        from = end + 1;
      }
      begun.push(chunk.subarray(from));
      length += chunk.length - from;
      if (length > TEXT_LENGTH_MAX)
        throw new Fault('too-large', `A line of the file has more than ${TEXT_LENGTH_MAX} bytes.`);
      at += chunk.length;
      chunk = world.readFile(path, at, CHUNK_BYTES);
    }
    if (length > 0) yield line(begun);
  }
}

/** Each line with one line feed at its end; undefined when the file cannot be read. */
export function linesOf(context: RunContext, name: unknown): FileLines | undefined {
  const world = worldOf(context);
  const path = pathOf(name as Value);
  const first = path === undefined ? undefined : world.readFile(path, 0, CHUNK_BYTES);
  return first === undefined ? undefined : new FileLines(world, path!, first);
}

function line(parts: readonly Uint8Array[]): Value {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 1));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  if (bytes[at - 1] === CARRIAGE_RETURN) at--;
  bytes[at] = LINE_FEED;
  return textOf(bytes.subarray(0, at + 1));
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
