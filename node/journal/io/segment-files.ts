// The disk operations of the write-ahead log on real files. Each resolves only when its effect is durable.
import * as fs from 'node:fs';
import { mkdir, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';

// Plain descriptors: a write through a FileHandle takes three times as long, and one that is forgotten ends
// the process.
const open = promisify(fs.open);
const close = promisify(fs.close);
const sync = promisify(fs.fsync);
const datasync = promisify(fs.fdatasync);
const { constants } = fs;

/** What the log needs of a disk. Narrow, so that tests can put failures in its way. */
export interface SegmentFiles {
  list(): Promise<string[]>;
  read(file: string): Promise<Uint8Array>;
  /** Makes a file of `bytes` zeros that begins with `header`, and keeps it open. */
  create(file: string, bytes: number, header: Uint8Array): Promise<void>;
  /** Opens a file that is there, for writing, and makes durable what is in it. */
  open(file: string): Promise<void>;
  write(file: string, at: number, bytes: Uint8Array): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Closes the file if it is open, and deletes it. */
  remove(file: string): Promise<void>;
  close(): Promise<void>;
}

/** A failed write, with how much of it had been handed to the system before. */
export class WriteFailure extends Error {
  override readonly name = 'WriteFailure';
  readonly written: number;
  readonly code: string | undefined;

  constructor(cause: NodeJS.ErrnoException, written: number) {
    super(cause.message, { cause });
    this.code = cause.code;
    this.written = written;
  }
}

/** Zeros are written and synced in pieces, so that a synced write of the log never waits for a long one. */
const FILL_BYTES = 1024 * 1024;
const FILL_SYNC_BYTES = 4 * FILL_BYTES;
/** Between two pieces the disk is the log's for as long as a piece took, but no longer than this. */
const FILL_PAUSE_MAX_MS = 50;

export async function openDirectory(directory: string): Promise<SegmentFiles> {
  const made = await mkdir(directory, { recursive: true });
  if (made !== undefined) await syncDirectory(dirname(made));
  return new DirectoryFiles(directory);
}

class DirectoryFiles implements SegmentFiles {
  readonly #directory: string;
  readonly #descriptors = new Map<string, number>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  list() {
    return readdir(this.#directory);
  }

  async read(file: string) {
    const { buffer, byteOffset, length } = await readFile(join(this.#directory, file));
    return new Uint8Array(buffer, byteOffset, length);
  }

  async create(file: string, bytes: number, header: Uint8Array) {
    const path = join(this.#directory, file);
    // Without O_DSYNC: millions of zeros are synced in a few strokes, and the header comes last.
    const descriptor = await open(path, constants.O_CREAT | constants.O_TRUNC | constants.O_RDWR, 0o600);
    try {
      const zeros = new Uint8Array(FILL_BYTES);
      let startedAt = performance.now();
      for (let at = 0; at < bytes; at += FILL_BYTES) {
        await writeFully(descriptor, at, zeros.subarray(0, Math.min(FILL_BYTES, bytes - at)));
        if ((at + FILL_BYTES) % FILL_SYNC_BYTES !== 0) continue;
        await datasync(descriptor);
        // A first segment is all that the disk is asked for, and the node waits for it.
        if (this.#descriptors.size === 0) continue;
        await delay(Math.min(performance.now() - startedAt, FILL_PAUSE_MAX_MS));
        startedAt = performance.now();
      }
      await writeFully(descriptor, 0, header);
      await sync(descriptor);
    } finally {
      await close(descriptor);
    }
    await this.#openForWriting(file);
    await syncDirectory(this.#directory);
  }

  async open(file: string) {
    const descriptor = await this.#openForWriting(file);
    await sync(descriptor);
    await syncDirectory(this.#directory);
  }

  write(file: string, at: number, bytes: Uint8Array) {
    const descriptor = this.#descriptors.get(file);
    if (descriptor === undefined) throw new Error(`${file} is not open`);
    return writeFully(descriptor, at, bytes);
  }

  async rename(from: string, to: string) {
    await rename(join(this.#directory, from), join(this.#directory, to));
    await syncDirectory(this.#directory);
    const descriptor = this.#descriptors.get(from);
    if (descriptor === undefined) return;
    this.#descriptors.delete(from);
    this.#descriptors.set(to, descriptor);
  }

  async remove(file: string) {
    const descriptor = this.#descriptors.get(file);
    this.#descriptors.delete(file);
    if (descriptor !== undefined) await close(descriptor);
    await unlink(join(this.#directory, file));
  }

  async close() {
    const descriptors = [...this.#descriptors.values()];
    this.#descriptors.clear();
    for (const descriptor of descriptors) await close(descriptor);
  }

  async #openForWriting(file: string): Promise<number> {
    const descriptor = await open(join(this.#directory, file), constants.O_RDWR | constants.O_DSYNC);
    this.#descriptors.set(file, descriptor);
    return descriptor;
  }
}

function writeFully(descriptor: number, at: number, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const step = (done: number) => {
      fs.write(descriptor, bytes, done, bytes.length - done, at + done, (error, written) => {
        if (error) reject(new WriteFailure(error, done));
        else if (done + written >= bytes.length) resolve();
        else step(done + written);
      });
    };
    step(0);
  });
}

/** Makes created, renamed and deleted names durable. */
async function syncDirectory(directory: string) {
  const descriptor = await open(directory, constants.O_RDONLY);
  try {
    await sync(descriptor);
  } finally {
    await close(descriptor);
  }
}
