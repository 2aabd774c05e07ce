// The world of a session: that of a script, but its input is what the session's reader has not read yet.
import { ScriptWorld } from '../script-world.ts';
import type { LineReader } from './line-reader.ts';

export class SessionWorld extends ScriptWorld {
  readonly #reader: LineReader;
  #held: Buffer = Buffer.alloc(0);

  constructor(reader: LineReader) {
    super();
    this.#reader = reader;
  }

  /** The terminal belongs to the session. */
  override rawMode(): void {}

  override async readLine(length: number): Promise<Uint8Array> {
    if (this.#held.length === 0) await this.#more();
    const end = this.#held.indexOf(10) + 1;
    return this.#take(Math.min(length, end === 0 ? this.#held.length : end));
  }

  override async readInput(length: number): Promise<Uint8Array> {
    while (this.#held.length < length && (await this.#more()));
    return this.#take(length);
  }

  override async pollInput(): Promise<number | undefined> {
    return this.#take(1)[0];
  }

  async #more(): Promise<boolean> {
    const line = await this.#reader.next('');
    if (line === undefined) return false;
    this.#held = Buffer.concat([this.#held, Buffer.from(`${line}\n`)]);
    return true;
  }

  #take(length: number): Uint8Array {
    const taken = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(taken.length);
    return new Uint8Array(taken);
  }
}
