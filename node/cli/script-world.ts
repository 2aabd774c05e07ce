// The world of a script that runs on the command line: files, environment, terminal and signals of this
// process.

import {
  closeSync,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { constants } from 'node:os';
import type { Text } from '../base/value.ts';
import { makeFolders } from '../host/make-folders.ts';
import type { SignalAction, World } from '../seq/index.ts';
import { DeferredNetwork } from './deferred-network.ts';
import { nextRound } from './next-round.ts';
import { rawVariable } from './raw-texts.ts';
import { ScriptInput } from './script-input.ts';

/** What a read asks of the system at once, where the size of the file does not tell. */
const READ_BYTES = 64 * 1024;
/** The longest time that a timer can be set to. */
const TIMER_MS_MAX = 2 ** 31 - 1;
const SYSTEM_NAMES: Readonly<Record<string, string>> = { win32: 'windows' };
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'x86_64', arm64: 'aarch64', ia32: 'x86' };

/** The result, or undefined when the system refuses. */
function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}

const done = (act: () => void): boolean =>
  attempt(() => {
    act();
    return true;
  }) ?? false;

export class ScriptWorld extends DeferredNetwork implements World {
  readonly #input = new ScriptInput();
  readonly #signals = new Map<number, { come: boolean; readonly listener: () => void }>();

  /** Gives back the terminal and the signals, and closes what is open. */
  override close(): void {
    super.close();
    this.#input.close();
    for (const signal of [...this.#signals.keys()]) this.handleSignal(signal, 'default');
  }

  readFile(path: string, from: number, length: number): Uint8Array | undefined {
    return attempt(() => {
      const file = openSync(path, 'r');
      try {
        return readFrom(file, from, length);
      } finally {
        closeSync(file);
      }
    });
  }

  writeFile(path: string, bytes: Uint8Array, append: boolean): boolean {
    return done(() => writeFileSync(path, bytes, { flag: append ? 'a' : 'w' }));
  }

  deleteFile(path: string): boolean {
    return done(() => unlinkSync(path));
  }

  lookAt(path: string): ReturnType<World['lookAt']> {
    return attempt(() => {
      const found = statSync(path);
      return { kind: found.isFile() ? 'file' : found.isDirectory() ? 'folder' : 'other', size: found.size };
    });
  }

  makeFolder(path: string): boolean {
    return done(() => makeFolders(path));
  }

  deleteFolder(path: string): boolean {
    return done(() => rmdirSync(path));
  }

  listFolder(path: string): readonly Uint8Array[] | undefined {
    return attempt(() => readdirSync(path, { encoding: 'buffer' }));
  }

  environment(name: string): Text | undefined {
    return rawVariable(name);
  }

  workingFolder(): string | undefined {
    return attempt(() => process.cwd());
  }

  system(): { name: string; architecture: string } {
    return {
      name: SYSTEM_NAMES[process.platform] ?? process.platform,
      architecture: ARCHITECTURES[process.arch] ?? process.arch,
    };
  }

  nanos(): bigint {
    return process.hrtime.bigint();
  }

  randomBytes(count: number): Uint8Array {
    // Loaded here: few scripts need it, and all would wait for it.
    return new Uint8Array(process.getBuiltinModule('node:crypto').randomBytes(count));
  }

  terminalSize(): { columns: number; rows: number } | undefined {
    const { isTTY, columns, rows } = process.stdout;
    return isTTY && columns > 0 && rows > 0 ? { columns, rows } : undefined;
  }

  rawMode(on: boolean): void {
    this.#input.rawMode(on);
  }

  signal(name: string): number | undefined {
    return (constants.signals as Readonly<Record<string, number>>)[name];
  }

  handleSignal(signal: number, action: SignalAction): boolean {
    const name = Object.entries(constants.signals).find(([, number]) => number === signal)?.[0];
    if (name === undefined) return false;
    const before = this.#signals.get(signal);
    if (before !== undefined) process.off(name, before.listener);
    this.#signals.delete(signal);
    if (action === 'default') return true;
    const handled = {
      come: before?.come ?? false,
      listener: () => {
        handled.come = action === 'note';
      },
    };
    const good = done(() => process.on(name as NodeJS.Signals, handled.listener));
    if (good) this.#signals.set(signal, handled);
    return good;
  }

  signalled(signal: number, forget: boolean): boolean {
    const handled = this.#signals.get(signal);
    const come = handled?.come ?? false;
    if (handled !== undefined && forget) handled.come = false;
    return come;
  }

  readLine(length: number): Promise<Uint8Array> | Uint8Array {
    return this.#input.line(length);
  }

  readInput(length: number): Promise<Uint8Array> {
    return this.#input.bytes(length);
  }

  pollInput(): Promise<number | undefined> {
    return this.#input.poll();
  }

  async sleep(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left >= 0; left -= TIMER_MS_MAX)
      await new Promise((wake) => setTimeout(wake, Math.min(left, TIMER_MS_MAX)));
  }

  lookOutside(): Promise<void> {
    return nextRound();
  }
}

/** Where files have positions, `from` is one; pipes and terminals can only be read from where they are. */
function readFrom(file: number, from: number, length: number): Uint8Array {
  const status = fstatSync(file);
  const expected = status.isFile() && status.size > from ? status.size - from + 1 : READ_BYTES;
  const pieces: Buffer[] = [];
  let count = 0;
  while (count < length) {
    const piece = Buffer.allocUnsafe(Math.min(length - count, pieces.length === 0 ? expected : READ_BYTES));
    const read = readSync(file, piece, 0, piece.length, from === 0 ? null : from + count);
    if (read === 0) break;
    pieces.push(piece.subarray(0, read));
    count += read;
  }
  return new Uint8Array(Buffer.concat(pieces));
}
