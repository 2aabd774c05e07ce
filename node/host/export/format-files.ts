// An export as a folder for each actor, byte by byte as docs/FORMATS.md says.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32c } from '../../base/crc32c.ts';
import { count, record as fieldsOf, list, text } from '../../base/tree.ts';
import { BufferedFile } from './buffered-file.ts';
import { linesOf } from './format-jsonl.ts';
import { damaged, type ExportHeader, type ExportItem, type ExportWriter, type Items } from './items.ts';
import { type ExportRow, ROW_KINDS, type Sum, type TotalSum } from './rows.ts';

const PARTIAL = '.partial';
const JOURNAL = 'journal.bin';
const SNAPSHOT = 'snapshot.bin';
const MANIFEST = 'manifest.json';
const INDEX = 'actors.jsonl';
const MAGIC_BYTES = 8;
const MAGIC = { [JOURNAL]: Buffer.from('SEQNJRN1'), [SNAPSHOT]: Buffer.from('SEQNSNP1') } as const;
const BATCH_ROWS = 1000;

type BinFile = typeof JOURNAL | typeof SNAPSHOT;

/** A file of frames: magic; then each frame as length u32 and bytes; then 0 u32, frames u64, CRC-32C u32. */
class FrameFile {
  readonly #file: BufferedFile;
  #frames = 0;
  #crc: number;

  constructor(folder: string, name: BinFile) {
    this.#file = new BufferedFile(join(folder, name));
    this.#crc = crc32c(MAGIC[name]);
    this.#file.write(MAGIC[name]);
  }

  frame(...parts: readonly Uint8Array[]): void {
    const head = Buffer.alloc(4);
    head.writeUInt32LE(parts.reduce((sum, { length }) => sum + length, 0));
    for (const part of [head, ...parts]) {
      this.#crc = crc32c(part, this.#crc);
      this.#file.write(part);
    }
    this.#frames++;
  }

  close(): void {
    const end = Buffer.alloc(16);
    end.writeBigUInt64LE(BigInt(this.#frames), 4);
    end.writeUInt32LE(crc32c(end, this.#crc, 0, 12), 12);
    this.#file.write(end);
    this.#file.close();
  }

  abandon(): void {
    this.#file.abandon();
  }
}

export class FilesWriter implements ExportWriter {
  readonly #name: string;
  readonly #folder: string;
  readonly #index: BufferedFile;
  #indexCrc = 0;
  #header: ExportHeader | undefined;
  #actorFolder = '';
  #journal: FrameFile | undefined;
  #snapshot: FrameFile | undefined;

  constructor(name: string) {
    this.#name = name;
    this.#folder = name + PARTIAL;
    rmSync(this.#folder, { recursive: true, force: true });
    mkdirSync(join(this.#folder, 'modules'), { recursive: true });
    this.#index = new BufferedFile(join(this.#folder, INDEX));
  }

  write(item: ExportItem): void {
    switch (item.kind) {
      case 'header':
        this.#header = item.header;
        return;
      case 'module': {
        const { kind: _, hash, ...module } = item;
        writeFileSync(join(this.#folder, 'modules', `${hash}.json`), JSON.stringify(module));
        return;
      }
      case 'actor':
        this.#actorFolder = join(this.#folder, folderOf(item.path));
        mkdirSync(this.#actorFolder, { recursive: true });
        return;
      case 'rows':
        for (const row of item.rows) this.#put(row);
        return;
      case 'actor-end':
        this.#journal?.close();
        this.#snapshot?.close();
        this.#journal = undefined;
        this.#snapshot = undefined;
        return this.#indexLine({ actor: item.path, ...item.sum });
      case 'end':
        return this.#end(item.totals);
    }
  }

  #put({ kind, name, value }: ExportRow): void {
    if (kind === 'record') {
      this.#journal ??= new FrameFile(this.#actorFolder, JOURNAL);
      return this.#journal.frame(value);
    }
    this.#snapshot ??= new FrameFile(this.#actorFolder, SNAPSHOT);
    const bytes = Buffer.from(name);
    const head = Buffer.alloc(3);
    head[0] = ROW_KINDS.indexOf(kind);
    head.writeUInt16LE(bytes.length, 1);
    this.#snapshot.frame(head, bytes, value);
  }

  #indexLine(json: object): void {
    const bytes = Buffer.from(`${JSON.stringify(json)}\n`);
    this.#indexCrc = crc32c(bytes, this.#indexCrc);
    this.#index.write(bytes);
  }

  #end(totals: TotalSum): void {
    const files = readdirSync(join(this.#folder, 'modules')).sort();
    const modules = files.map((name) => ({
      name,
      crc: crc32c(readFileSync(join(this.#folder, 'modules', name))),
    }));
    const manifest = { header: this.#header, totals, index: this.#indexCrc, modules };
    writeFileSync(join(this.#folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  }

  async finish(): Promise<void> {
    this.#index.close(true);
    renameSync(this.#folder, this.#name);
  }

  async abandon(): Promise<void> {
    this.#index.abandon();
    this.#journal?.abandon();
    this.#snapshot?.abandon();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/**
 * Where the files of an actor lie. No segment may have the name of a file: the dot of one that ends with .bin
 * is written %2E, which no path holds.
 */
export function folderOf(path: string): string {
  const segments = path.slice(1).split('/');
  return join('actors', ...segments.map((each) => each.replace(/\.bin$/, '%2Ebin')));
}

/** Throws `export-damaged` with the file that is not as it was written. */
export async function* readFiles(folder: string): Items {
  const { header, totals, index, modules } = readManifest(folder);
  yield { kind: 'header', header };
  for (const { name, crc } of modules) yield readModule(folder, name, crc);
  let indexCrc = 0;
  let actors = 0;
  for await (const line of linesOf(join(folder, INDEX))) {
    indexCrc = crc32c(Buffer.from(`${line}\n`), indexCrc);
    const { path, sum } = indexLine(folder, line);
    actors++;
    yield { kind: 'actor', path };
    yield* actorRows(folder, path);
    yield { kind: 'actor-end', path, sum };
  }
  if (indexCrc !== index) throw changed(join(folder, INDEX), 'its checksum differs');
  const found = foldersIn(join(folder, 'actors'));
  if (found !== actors)
    throw damaged(`${folder} holds the files of ${found} actors; it was written with ${actors}.`, {
      file: folder,
    });
  yield { kind: 'end', totals };
}

const changed = (file: string, how: string) => damaged(`${file} is not as it was written: ${how}.`, { file });

function readManifest(folder: string) {
  const file = join(folder, MANIFEST);
  if (!existsSync(file)) throw changed(folder, `it has no ${MANIFEST}`);
  try {
    const { header, totals, index, modules } = fieldsOf(JSON.parse(readFileSync(file, 'utf8')));
    return {
      header: fieldsOf(header) as unknown as ExportHeader,
      totals: fieldsOf(totals) as unknown as TotalSum,
      index: count(index),
      modules: list(modules).map((each) => {
        const { name, crc } = fieldsOf(each);
        return { name: text(name), crc: count(crc) };
      }),
    };
  } catch (error) {
    throw changed(file, error instanceof Error ? error.message : String(error));
  }
}

function readModule(folder: string, name: string, crc: number): ExportItem {
  const file = join(folder, 'modules', name);
  if (!existsSync(file)) throw changed(file, 'it is not there');
  const bytes = readFileSync(file);
  if (crc32c(bytes) !== crc) throw changed(file, 'its checksum differs');
  const { entry, files } = fieldsOf(JSON.parse(bytes.toString('utf8')));
  const hash = name.replace(/\.json$/, '');
  return { kind: 'module', hash, entry: text(entry), files: fieldsOf(files) as Record<string, string> };
}

function indexLine(folder: string, line: string): { readonly path: string; readonly sum: Sum } {
  try {
    const { actor, rows, records, crc } = fieldsOf(JSON.parse(line));
    return { path: text(actor), sum: { rows: count(rows), records: count(records), crc: count(crc) } };
  } catch {
    throw changed(join(folder, INDEX), 'a line of it cannot be read');
  }
}

/** How many folders hold the files of an actor. */
function foldersIn(folder: string): number {
  if (!existsSync(folder)) return 0;
  const entries = readdirSync(folder, { withFileTypes: true });
  const own = entries.some((entry) => entry.isFile() && entry.name.endsWith('.bin')) ? 1 : 0;
  return entries
    .filter((entry) => entry.isDirectory())
    .reduce((sum, { name }) => sum + foldersIn(join(folder, name)), own);
}

async function* actorRows(folder: string, path: string): AsyncGenerator<ExportItem> {
  const own = join(folder, folderOf(path));
  const others: ExportRow[] = [];
  for await (const frames of framesOf(own, SNAPSHOT))
    for (const frame of frames) others.push(rowIn(own, frame));
  const heads = others.filter(({ kind }) => kind === 'head');
  if (heads.length > 0) yield { kind: 'rows', rows: heads };
  let sequence = 0;
  for await (const frames of framesOf(own, JOURNAL))
    yield {
      kind: 'rows',
      rows: frames.map((value): ExportRow => ({ kind: 'record', name: String(++sequence), value })),
    };
  const rest = others.filter(({ kind }) => kind !== 'head');
  if (rest.length > 0) yield { kind: 'rows', rows: rest };
}

function rowIn(folder: string, frame: Buffer): ExportRow {
  const kind = ROW_KINDS[frame[0] ?? -1];
  const end = frame.length < 3 ? Number.NaN : 3 + frame.readUInt16LE(1);
  if (kind === undefined || !(end <= frame.length))
    throw changed(join(folder, SNAPSHOT), 'a frame of it is no row');
  return { kind, name: frame.toString('utf8', 3, end), value: new Uint8Array(frame.subarray(end)) };
}

/** The frames of a file, some at once; none where the file is not there. */
async function* framesOf(folder: string, name: BinFile): AsyncGenerator<Buffer[]> {
  const file = join(folder, name);
  if (!existsSync(file)) return;
  const { size } = statSync(file);
  const handle = await open(file);
  try {
    const reading = new FrameReading(file, name, size);
    const stream = handle.createReadStream({ highWaterMark: 1024 * 1024, autoClose: false });
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const frames = reading.take(chunk);
      for (let at = 0; at < frames.length; at += BATCH_ROWS) yield frames.slice(at, at + BATCH_ROWS);
    }
    reading.finish();
  } finally {
    await handle.close();
  }
}

class FrameReading {
  readonly #file: string;
  readonly #size: number;
  readonly #magic: Buffer;
  #rest: Buffer = Buffer.alloc(0);
  #began = false;
  #frames = 0n;
  #crc = 0;
  #ended = false;

  constructor(file: string, name: BinFile, size: number) {
    this.#file = file;
    this.#size = size;
    this.#magic = MAGIC[name];
  }

  take(chunk: Buffer): Buffer[] {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    if (!this.#began) bytes = this.#begin(bytes);
    const frames: Buffer[] = [];
    let at = 0;
    while (this.#began && !this.#ended && bytes.length - at >= 4) {
      const length = bytes.readUInt32LE(at);
      if (length > this.#size) throw changed(this.#file, 'a length in it is beyond its end');
      if (length === 0) {
        if (bytes.length - at < 16) break;
        this.#end(bytes.subarray(at, at + 16));
        at += 16;
        break;
      }
      if (bytes.length - at < 4 + length) break;
      this.#crc = crc32c(bytes, this.#crc, at, at + 4 + length);
      frames.push(bytes.subarray(at + 4, at + 4 + length));
      this.#frames++;
      at += 4 + length;
    }
    this.#rest = bytes.subarray(at);
    return frames;
  }

  #begin(bytes: Buffer): Buffer {
    if (bytes.length < MAGIC_BYTES) return bytes;
    if (!bytes.subarray(0, MAGIC_BYTES).equals(this.#magic)) throw changed(this.#file, 'it begins otherwise');
    this.#began = true;
    this.#crc = crc32c(this.#magic);
    return bytes.subarray(MAGIC_BYTES);
  }

  #end(end: Buffer): void {
    if (end.readBigUInt64LE(4) !== this.#frames || end.readUInt32LE(12) !== crc32c(end, this.#crc, 0, 12))
      throw changed(this.#file, 'its count or checksum differs');
    this.#ended = true;
  }

  finish(): void {
    if (!this.#ended) throw changed(this.#file, 'it is cut off');
    if (this.#rest.length > 0) throw changed(this.#file, 'something follows its end');
  }
}
