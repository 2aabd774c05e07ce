// The standard input of a script: read only as far as the script asks for, so that the rest stays for others
// and the process can end.
import type { ReadStream } from 'node:tty';
import { nextRound } from './next-round.ts';

const LINE_FEED = 10;

export class ScriptInput {
  #pieces: Buffer[] = [];
  #length = 0;
  #opened = false;
  #ended = false;
  #raw = false;
  #arrived: (() => void) | undefined;
  /** One reader after the other, in the order in which they asked. */
  #last: Promise<unknown> = Promise.resolve();
  /** How many of them wait. */
  #readers = 0;

  line(length: number): Promise<Uint8Array> | Uint8Array {
    const first = this.#pieces[0];
    const at = this.#readers === 0 && first !== undefined ? first.indexOf(LINE_FEED) : -1;
    if (at >= 0) return this.#take(Math.min(length, at + 1));
    return this.#inTurn(async () => {
      for (let searched = 0, before = 0; ; ) {
        for (; searched < this.#pieces.length; searched++) {
          const piece = this.#pieces[searched]!;
          const end = piece.indexOf(LINE_FEED);
          if (end >= 0) return this.#take(Math.min(length, before + end + 1));
          before += piece.length;
        }
        if (before >= length || !(await this.#more())) return this.#take(length);
      }
    });
  }

  bytes(length: number): Promise<Uint8Array> {
    return this.#inTurn(async () => {
      while (this.#length < length && (await this.#more()));
      return this.#take(length);
    });
  }

  poll(): Promise<number | undefined> {
    return this.#inTurn(async () => {
      if (this.#length === 0 && !this.#ended) {
        this.#flow(true);
        await nextRound();
        this.#flow(false);
      }
      return this.#take(1)[0];
    });
  }

  /** A terminal that is left in raw mode would be of no use to its user. */
  readonly #restore = () => this.rawMode(false);

  rawMode(on: boolean): void {
    if (on === this.#raw) return;
    // Only now: a script that does not read leaves its input alone.
    const stdin: ReadStream = process.stdin;
    if (!stdin.isTTY) return;
    this.#raw = on;
    stdin.setRawMode(on);
    if (on) process.once('exit', this.#restore);
    else process.off('exit', this.#restore);
  }

  close(): void {
    this.rawMode(false);
    if (this.#opened) this.#flow(false);
  }

  #inTurn<T>(read: () => Promise<T>): Promise<T> {
    this.#readers++;
    const turn = this.#last.then(read).finally(() => {
      this.#readers--;
    });
    this.#last = turn;
    return turn;
  }

  /** Waits until there is more; false at the end. */
  async #more(): Promise<boolean> {
    if (this.#ended) return false;
    const before = this.#length;
    this.#flow(true);
    while (this.#length === before && !this.#ended)
      await new Promise<void>((arrived) => {
        this.#arrived = arrived;
      });
    this.#flow(false);
    return this.#length > before;
  }

  #flow(on: boolean): void {
    const stdin: ReadStream = process.stdin;
    if (!this.#opened) {
      this.#opened = true;
      stdin.on('data', (piece: Buffer) => {
        this.#pieces.push(piece);
        this.#length += piece.length;
        this.#arrived?.();
      });
      const end = () => {
        this.#ended = true;
        this.#arrived?.();
      };
      stdin.on('end', end).on('error', end).on('close', end);
    }
    if (on) {
      stdin.ref?.();
      stdin.resume();
    } else {
      stdin.pause();
      stdin.unref?.();
    }
  }

  /** At most `length` bytes from the front. */
  #take(length: number): Uint8Array {
    const first = this.#pieces[0];
    if (first !== undefined && first.length > length) {
      this.#length -= length;
      this.#pieces[0] = first.subarray(length);
      return first.subarray(0, length);
    }
    const taken: Buffer[] = [];
    let left = Math.min(length, this.#length);
    this.#length -= left;
    let used = 0;
    for (; left > 0; used++) {
      const piece = this.#pieces[used]!;
      if (piece.length > left) {
        taken.push(piece.subarray(0, left));
        this.#pieces[used] = piece.subarray(left);
        break;
      }
      taken.push(piece);
      left -= piece.length;
    }
    this.#pieces.splice(0, used);
    return new Uint8Array(Buffer.concat(taken));
  }
}
