// The trace of a run: a running hash of everything that happened, and the readable lines when somebody wants
// to read them.

const PRIME = 0x01000193;

/** FNV-1a in two lanes with different starts: 64 bits, enough to tell two runs apart. Not for secrets. */
export class TraceHash {
  #a = 0x811c9dc5;
  #b = 0x5bd1e995;

  number(value: number): void {
    const low = value | 0;
    this.#a = Math.imul(this.#a ^ low, PRIME);
    this.#b = Math.imul(this.#b ^ low ^ (this.#a >>> 15), 0x85ebca6b);
    if (low !== value) {
      const high = Math.floor(value / 2 ** 32) | 0;
      this.#a = Math.imul(this.#a ^ high, PRIME);
    }
  }

  text(value: string): void {
    for (let at = 0; at < value.length; at++) this.#a = Math.imul(this.#a ^ value.charCodeAt(at), PRIME);
    this.number(value.length);
  }

  bytes(value: Uint8Array): void {
    this.number(hashBytes(value));
  }

  get hex(): string {
    return hex(this.#a) + hex(this.#b);
  }
}

const hex = (word: number) => (word >>> 0).toString(16).padStart(8, '0');

/** A 32-bit hash of bytes, four at a time. */
export function hashBytes(value: Uint8Array): number {
  let hash = value.length ^ 0x9e3779b9;
  let at = 0;
  for (; at + 4 <= value.length; at += 4) {
    const word =
      (value[at] as number) |
      ((value[at + 1] as number) << 8) |
      ((value[at + 2] as number) << 16) |
      ((value[at + 3] as number) << 24);
    hash = Math.imul(hash ^ word, 0xcc9e2d51);
    hash ^= hash >>> 15;
  }
  for (; at < value.length; at++) hash = Math.imul(hash ^ (value[at] as number), 0x1b873593);
  return hash ^ (hash >>> 13);
}

export interface TraceOptions {
  /** Gets each readable line; without it no line is made. */
  readonly print?: (line: string) => void;
}

export class Trace {
  readonly hash = new TraceHash();
  readonly #print: ((line: string) => void) | undefined;
  readonly #clock: () => number;
  #events = 0;

  /** `clock` gives virtual microseconds. */
  constructor(clock: () => number, options: TraceOptions = {}) {
    this.#clock = clock;
    this.#print = options.print;
  }

  get events(): number {
    return this.#events;
  }

  /** Counts an event in; `detail` is called only when the trace is read, and must not change anything. */
  event(who: string, what: string, detail?: () => string): void {
    this.#events++;
    this.hash.number(this.#clock());
    this.hash.text(who);
    this.hash.text(what);
    if (this.#print === undefined) return;
    const seconds = (this.#clock() / 1e6).toFixed(6).padStart(11);
    this.#print(`${seconds} ${who.padEnd(4)} ${what}${detail ? ` ${detail()}` : ''}`);
  }

  /** A line for the reader alone: not part of the hash. */
  note(who: string, text: () => string): void {
    if (this.#print === undefined) return;
    this.#print(`${(this.#clock() / 1e6).toFixed(6).padStart(11)} ${who.padEnd(4)} ${text()}`);
  }
}
