// The formats of an export by their names, and a file or folder by what it holds.
import { closeSync, existsSync, openSync, readSync, statSync } from 'node:fs';
import { SeqNodeError } from '../../base/errors.ts';
import { FilesWriter, readFiles } from './format-files.ts';
import { JsonlWriter, readJsonl } from './format-jsonl.ts';
import { readSqlite, SqliteWriter } from './format-sqlite.ts';
import { type ExportWriter, type Items, verified } from './items.ts';

export const FORMATS = ['files', 'sqlite', 'jsonl'] as const;
export type Format = (typeof FORMATS)[number];

/** Throws `bad-usage` where something has that name: an export replaces nothing. */
export function createExport(format: Format, name: string): ExportWriter {
  if (existsSync(name)) throw new SeqNodeError('bad-usage', `${name} exists already.`, { file: name });
  switch (format) {
    case 'files':
      return new FilesWriter(name);
    case 'sqlite':
      return new SqliteWriter(name);
    case 'jsonl':
      return new JsonlWriter(name);
  }
}

/**
 * The items of an export, checked as they are read. Throws `unreadable-file`, or `export-damaged` where it is
 * not as it was written: maybe late, so an import reads an export once before it imports any of it.
 */
export function openExport(name: string): Items {
  return verified(itemsIn(name));
}

function itemsIn(name: string): Items {
  try {
    if (statSync(name).isDirectory()) return readFiles(name);
    return isSqlite(name) ? readSqlite(name) : readJsonl(name);
  } catch (error) {
    if (error instanceof SeqNodeError || !(error instanceof Error)) throw error;
    throw new SeqNodeError('unreadable-file', `${name} cannot be read: ${error.message}.`, { file: name });
  }
}

const SQLITE = 'SQLite format 3\0';

function isSqlite(name: string): boolean {
  const fd = openSync(name, 'r');
  try {
    const bytes = Buffer.alloc(SQLITE.length);
    readSync(fd, bytes);
    return bytes.toString('latin1') === SQLITE;
  } finally {
    closeSync(fd);
  }
}
