// What the behaviours of a node printed of late: the newest lines of each actor, in memory. Pure.
//
// Invariants
//  O1  It is bounded: so many lines and characters of an actor, and so many characters of all; what was
//      printed by the actors that have been silent longest goes first.
//  O2  Numbers grow with every line of the node, and name no line twice.
import type { ActorPath } from '../base/ids.ts';

export interface PrintedLine {
  readonly number: number;
  /** Milliseconds since 1970. */
  readonly atMillis: number;
  readonly text: string;
}

export const ACTOR_LINES_MAX = 200;
export const ACTOR_LENGTH_MAX = 32 * 1024;
export const LINE_LENGTH_MAX = 4096;
const NODE_LENGTH_MAX = 4 * 1024 * 1024;
/** What a line takes beside its characters. */
const LINE_COST = 64;

interface Recent {
  lines: PrintedLine[];
  length: number;
}

export class RecentOutput {
  /** The actor that printed longest ago first. */
  readonly #actors = new Map<ActorPath, Recent>();
  #length = 0;
  #newest = 0;

  /** What one turn printed. */
  add(path: ActorPath, text: string, atMillis: number): void {
    const recent = this.#actors.get(path) ?? { lines: [], length: 0 };
    this.#actors.delete(path);
    this.#actors.set(path, recent);
    for (const line of text.replace(/\n$/, '').split('\n')) {
      const cut = line.length > LINE_LENGTH_MAX ? `${line.slice(0, LINE_LENGTH_MAX).toWellFormed()}…` : line;
      recent.lines.push({ number: ++this.#newest, atMillis, text: cut });
      this.#grow(recent, costOf(cut));
    }
    let gone = 0;
    while (recent.lines.length - gone > ACTOR_LINES_MAX || recent.length > ACTOR_LENGTH_MAX)
      this.#grow(recent, -costOf(recent.lines[gone++]!.text));
    if (gone > 0) recent.lines = recent.lines.slice(gone);
    for (const [oldest, { length }] of this.#actors) {
      if (this.#length <= NODE_LENGTH_MAX || oldest === path) break;
      this.#actors.delete(oldest);
      this.#length -= length;
    }
  }

  #grow(recent: Recent, by: number): void {
    recent.length += by;
    this.#length += by;
  }

  /** The lines of the actor behind the line `number`, oldest first. */
  after(path: ActorPath, number: number): readonly PrintedLine[] {
    const { lines } = this.#actors.get(path) ?? { lines: [] };
    return lines.filter((line) => line.number > number);
  }
}

const costOf = (line: string): number => line.length + LINE_COST;
