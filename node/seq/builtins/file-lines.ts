// Names of files, and the lines of one.
import { textOf, type Value } from '../../base/value.ts';
import { Fault } from '../fault.ts';
import type { RunContext } from '../run/context.ts';
import { text } from '../words/row.ts';
import { TEXT_LENGTH_MAX } from '../words/text-length.ts';
import type { World } from '../world.ts';
import { worldOf } from './world.ts';

const CHUNK_BYTES = 256 * 1024;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

/** Undefined for what no file can be named: bytes that are no text, or a text with a zero in it. */
export function pathOf(v: Value | undefined): string | undefined {
  const path = text(v);
  return typeof path !== 'string' || path.includes('\0') ? undefined : path;
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
