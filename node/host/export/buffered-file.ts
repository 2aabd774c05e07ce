// A new file that is written from its start to its end.
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';

const BUFFER_BYTES = 1024 * 1024;

export class BufferedFile {
  readonly #fd: number;
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** Throws when the file exists. */
  constructor(name: string) {
    this.#fd = openSync(name, 'wx');
  }

  write(bytes: Uint8Array): void {
    this.#parts.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes >= BUFFER_BYTES) this.#flush();
  }

  #flush(): void {
    const all = Buffer.concat(this.#parts, this.#bytes);
    for (let at = 0; at < all.length; ) at += writeSync(this.#fd, all, at);
    this.#parts = [];
    this.#bytes = 0;
  }

  close(sync = false): void {
    this.#flush();
    if (sync) fsyncSync(this.#fd);
    closeSync(this.#fd);
  }

  /** What is buffered is given up. */
  abandon(): void {
    closeSync(this.#fd);
  }
}
