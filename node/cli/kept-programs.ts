// What `seq-node run` keeps of a program, so that its next start needs no compiler: one file for each program
// below the home directory, of an installed package only. A file is of one build of seq-node and of sources
// that it holds word by word; whatever does not fit is left alone, and the program is compiled. Whoever can
// write there can change what runs, as with the engine's own cache beside it.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join, normalize } from 'node:path';
import type { Program, SourceBundle } from '../seq/api.ts';
import type { PreparedProgram } from '../seq/prepared/prepared-program.ts';

/** Names what was built from the same source; in a checkout, which runs its source, nothing is kept. */
const BUILD = process.env.SEQ_NODE_BUILD ?? '';
/** Characters: to compile the whole of a larger program, which its run may not need, would be felt. */
const SOURCE_MAX = 128 * 1024;
const FILE_MAX = 2 * 1024 * 1024;
/** With more, all go. */
const FILES_MAX = 256;

/** The program that `file` names, as it was kept; undefined when it was not, or is not the same any more. */
export function keptProgram(file: string): PreparedProgram | undefined {
  if (!mayKeep()) return undefined;
  try {
    const whole = readFileSync(pathOf(file));
    const end = whole.indexOf('\n');
    const body = whole.subarray(end + 1);
    if (whole.toString('latin1', 0, end) !== headOf(body)) return undefined;
    const middle = body.indexOf('\n');
    const sources = JSON.parse(body.toString('utf8', 0, middle)) as readonly [string, string][];
    if (sources[0]![0] !== normalize(file)) return undefined;
    if (!sources.every(([name, text]) => Buffer.from(text).equals(readFileSync(name)))) return undefined;
    return JSON.parse(body.toString('utf8', middle + 1)) as PreparedProgram;
  } catch {
    return undefined;
  }
}

/** Where that is possible; a run does not fail for it. */
export function keepProgram({ entry, files }: SourceBundle, program: Program): void {
  if (!mayKeep() || Object.values(files).reduce((sum, { length }) => sum + length, 0) > SOURCE_MAX) return;
  const prepared = program.prepare();
  if (prepared === undefined) return;
  const others = Object.entries(files).filter(([name]) => name !== entry);
  const sources = JSON.stringify([[entry, files[entry]], ...others]);
  const body = Buffer.from(`${sources}\n${JSON.stringify(prepared)}`);
  if (body.length > FILE_MAX) return;
  const path = pathOf(entry);
  const written = `${path}.${process.pid}`;
  try {
    makeRoom();
    writeFileSync(written, Buffer.concat([Buffer.from(`${headOf(body)}\n`), body]), { mode: 0o600 });
    renameSync(written, path);
  } catch {
    // Without it the next start takes longer.
  }
}

/** Who wants no cache of compiled code wants none of this. */
const mayKeep = (): boolean => BUILD !== '' && !process.env.NODE_DISABLE_COMPILE_CACHE;

/** bin/seq-node.cjs makes what is above it. */
const folder = (): string => join(process.env.HOME || homedir(), '.cache', 'seq-node', 'programs');

/** Programs of one name in several folders are not each other's. */
function pathOf(file: string): string {
  const name = Buffer.from(`${process.cwd()}\n${normalize(file)}`);
  return join(folder(), hashOf(name));
}

function makeRoom(): void {
  if (!existsSync(folder())) mkdirSync(folder(), { mode: 0o700 });
  const names = readdirSync(folder());
  if (names.length >= FILES_MAX) for (const name of names) unlinkSync(join(folder(), name));
}

/** The first line of a file. */
const headOf = (body: Buffer): string => `seq-node ${BUILD} ${body.length} ${hashOf(body)}`;

/**
 * Of words of four bytes, and the last as if zeros followed; for accidents, and made here: to load a module
 * that has one takes 3 ms.
 */
function hashOf(bytes: Uint8Array): string {
  const whole = new Uint8Array((bytes.length + 3) & ~3);
  whole.set(bytes);
  const words = new Uint32Array(whole.buffer);
  let a = 0x811c9dc5;
  let b = bytes.length;
  for (let at = 0; at < words.length; at++) {
    a = Math.imul(a ^ words[at]!, 0x01000193);
    b = Math.imul((b << 7) ^ (b >>> 9) ^ words[at]!, 0x85ebca6b);
  }
  return `${(a >>> 0).toString(16)}-${(b >>> 0).toString(16)}`;
}
