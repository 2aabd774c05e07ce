// Watches the free space where the data lies, so that the node refuses work before a write fails.
import { statfs } from 'node:fs/promises';

export interface DiskWatchOptions {
  readonly directory: string;
  /** Below this many free bytes the disk counts as full; it counts as free again at a quarter more. */
  readonly reserveBytes: number;
  readonly everyMs: number;
  /** Called on every change, and with true at the first look when the disk is full already. */
  readonly onChange: (full: boolean, freeBytes: number) => void;
}

export class DiskWatch {
  freeBytes = Number.NaN;
  readonly #options: DiskWatchOptions;
  #full = false;
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
    const { directory, reserveBytes, onChange } = this.#options;
    let free: number;
    try {
      const { bavail, bsize } = await statfs(directory);
      free = bavail * bsize;
    } catch {
      // A file system that does not tell its free space is watched by its failing writes only.
      return;
    }
    if (this.#stopped) return;
    this.freeBytes = free;
    const full = free < (this.#full ? reserveBytes * 1.25 : reserveBytes);
    if (full === this.#full) return;
    this.#full = full;
    onChange(full, free);
  }
}
