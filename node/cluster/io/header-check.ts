// The headers of yamux frames: a frame that claims more bytes than the flow-control window is refused before
// any of it is there.
import { WINDOW_BYTES } from './limits.ts';

/** Version, type, flags (2), stream (4), length (4). */
export const HEADER_BYTES = 12;
export const TYPE_DATA = 0;
const TYPE_GO_AWAY = 3;

export class MuxerError extends Error {
  override readonly name = 'MuxerError';
}

/** Walks over a yamux byte stream and looks at nothing but the headers. */
export class HeaderCheck {
  readonly #header = new Uint8Array(HEADER_BYTES);
  #headerBytes = 0;
  #bodyBytesLeft = 0;

  /** Throws MuxerError at the first header that no honest peer sends. */
  read(chunk: Uint8Array): void {
    let at = 0;
    while (at < chunk.byteLength) {
      if (this.#bodyBytesLeft > 0) {
        const skipped = Math.min(this.#bodyBytesLeft, chunk.byteLength - at);
        this.#bodyBytesLeft -= skipped;
        at += skipped;
        continue;
      }
      this.#header[this.#headerBytes++] = chunk[at++]!;
      if (this.#headerBytes < HEADER_BYTES) continue;
      this.#headerBytes = 0;
      this.#check();
    }
  }

  #check(): void {
    const header = this.#header;
    const type = header[1]!;
    if (header[0] !== 0 || type > TYPE_GO_AWAY)
      throw new MuxerError(`a yamux header of version ${header[0]}, type ${type}`);
    if (type !== TYPE_DATA) return;
    const length = header[8]! * 0x1000000 + ((header[9]! << 16) | (header[10]! << 8) | header[11]!);
    if (length > WINDOW_BYTES) throw new MuxerError(`a yamux frame of ${length} bytes`);
    this.#bodyBytesLeft = length;
  }
}
