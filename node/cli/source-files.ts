// Reads a Seq program from disk: the file and all that it includes.
import { readFileSync } from 'node:fs';
import { basename, dirname, join, normalize, sep } from 'node:path';
import { SeqNodeError } from '../base/errors.ts';
import { includedPath, includesIn } from '../seq/include.ts';
import type { SourceBundle } from '../seq/index.ts';

/**
 * Names are as the user gave them, so that diagnostics can be clicked on. Files that are included and missing
 * are left out: the compiler reports them where they are included. Throws `unreadable-file` when the program
 * itself cannot be read.
 */
export function readProgram(file: string): SourceBundle {
  return collect(normalize(file).split(sep).join('/'), '', readSource);
}

/**
 * As `readProgram`; a text that an editor holds goes before the file, the program's own included. Whatever
 * cannot be read is left out.
 */
export function readEdited(file: string, texts: ReadonlyMap<string, string>): SourceBundle {
  const readIfPossible = (path: string) => {
    try {
      return readText(path);
    } catch {
      return undefined;
    }
  };
  return collect(file, '', (path) => texts.get(path) ?? readIfPossible(path));
}

/**
 * As `readProgram`, with names relative to the program's folder: the same source has the same hash wherever
 * it lies.
 */
export function readModule(file: string): SourceBundle {
  return collect(basename(file), dirname(file), readSource);
}

/** Reads a file; undefined when it is not `required` and cannot be read. */
type Read = (path: string, required: boolean) => string | undefined;

function collect(entry: string, folder: string, read: Read): SourceBundle {
  const files: Record<string, string> = {};
  const pending = [entry];
  while (pending.length > 0) {
    const name = pending.pop()!;
    if (Object.hasOwn(files, name)) continue;
    const text = read(join(folder, name), name === entry);
    if (text === undefined) continue;
    files[name] = text;
    for (const include of includesIn(name, text)) {
      const path = includedPath(name, include.name);
      if (path !== undefined) pending.push(path);
    }
  }
  return { entry, files };
}

/** The text of one file. Throws `unreadable-file` when it cannot be read. */
export const readText = (path: string): string => readSource(path, true)!;

function readSource(path: string, required: boolean): string | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if (!required) return undefined;
    throw unreadable(path, error);
  }
  try {
    return strictText.decode(bytes);
  } catch {
    throw new SeqNodeError('unreadable-file', `${path} is not UTF-8.`, { file: path });
  }
}

const strictText = new TextDecoder('utf-8', { fatal: true });

export function unreadable(path: string, error: unknown): SeqNodeError {
  const reason = (error as NodeJS.ErrnoException).code ?? String(error);
  const sentence = reason === 'ENOENT' ? `There is no file ${path}.` : `${path} cannot be read (${reason}).`;
  return new SeqNodeError('unreadable-file', sentence, { file: path });
}
