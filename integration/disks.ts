// Small disks of memory to fill, which only root may mount.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export class SmallDisk {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** A disk at `path`, which is made; or why there cannot be one. */
  static mount(path: string, megabytes: number): SmallDisk | string {
    mkdirSync(path, { recursive: true });
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', path], { stdio: 'pipe' });
      return new SmallDisk(path);
    } catch (cause) {
      return `no small disk can be mounted here, which needs Linux and root: ${(cause as Error).message}`;
    }
  }

  /** Takes all the space that is left, at once, but for `leaveBytes`. */
  fill(leaveBytes = 0): void {
    const file = openSync(this.#filler, 'a');
    const block = new Uint8Array(64 * 1024);
    try {
      for (;;) writeSync(file, block);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ENOSPC') throw cause;
    } finally {
      closeSync(file);
    }
    if (leaveBytes > 0) execFileSync('truncate', ['-s', `-${leaveBytes}`, this.#filler]);
  }

  free(): void {
    rmSync(this.#filler, { force: true });
  }

  unmount(): void {
    execFileSync('umount', ['-l', this.path]);
  }

  get #filler(): string {
    return join(this.path, 'filler');
  }
}
