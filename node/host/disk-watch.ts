// Watches the free space where the data lies, so that the node hands its work over before a write fails.
import { statfs } from 'node:fs/promises';
import type { Space } from '../core/types.ts';

/**
 * In bytes: with less free space the disk counts as low, or as full. It is better again at a quarter more.
 */
export interface Reserves {
  readonly low: number;
  readonly full: number;
}

export interface DiskWatchOptions {
  readonly directory: string;
  readonly reserves: Reserves;
  readonly everyMs: number;
  /** Called on every change, and at the first look when there is not enough space. */
  readonly onChange: (space: Space, freeBytes: number) => void;
}

/**
 * Segments of the log that must fit the disk beside what is there, for it to count as other than low, or
 * full.
 */
const LOW_SEGMENTS = 4;
const FULL_SEGMENTS = 2;
const BETTER_AT = 1.25;

/** What the disk must keep free for the node to lead, and to take entries. */
export function reservesOf(segmentBytes: number): Reserves {
  return { low: LOW_SEGMENTS * segmentBytes, full: FULL_SEGMENTS * segmentBytes };
}

/** What so much free space amounts to, when it counted as `before` until now. */
export function judgeSpace(freeBytes: number, { low, full }: Reserves, before: Space): Space {
  if (freeBytes < (before === 'full' ? BETTER_AT * full : full)) return 'full';
  return freeBytes < (before === 'enough' ? low : BETTER_AT * low) ? 'low' : 'enough';
}

/** Undefined where the file system does not tell. */
export async function freeBytesAt(directory: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(directory);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

export class DiskWatch {
  freeBytes = Number.NaN;
  readonly #options: DiskWatchOptions;
  #space: Space = 'enough';
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: DiskWatchOptions) {
    this.#options = options;
  }

  /** Looks once before it resolves, then again and again until `stop`. */
  async start(): Promise<void> {
    await this.#look();
    if (!this.#stopped) this.#timer = setTimeout(() => void this.start(), this.#options.everyMs).unref();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const { directory, reserves, onChange } = this.#options;
    const free = await freeBytesAt(directory);
    // A file system that does not tell its free space is watched by its failing writes only.
    if (free === undefined || this.#stopped) return;
    this.freeBytes = free;
    const space = judgeSpace(free, reserves, this.#space);
    if (space === this.#space) return;
    this.#space = space;
    onChange(space, free);
  }
}
