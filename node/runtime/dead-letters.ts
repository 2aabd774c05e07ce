// Messages without a waiter that their receivers refused for good, kept in the shard of their sender: to be
// inspected, replayed or dropped.
//
// Invariants
//  D1  A dead letter is written in the entry that takes its message out of the outbox: it is in one of the
//      two places, never in both.
//  D2  A replayed message is sent by the entry that deletes the letter, under a new number: it takes effect
//      once.
//  D3  Numbers are never reused, also of deleted letters: none is given before those in the store are known.
//      The oldest letters make room for new ones.
import { invariant } from '../base/assert.ts';
import { type ErrorCode, isErrorCode } from '../base/errors.ts';
import { type ActorPath, type SenderName, senderPath } from '../base/ids.ts';
import { pack } from '../base/pack.ts';
import { bytesView, count, list, text } from '../base/tree.ts';
import { counterBytes, type GroupKeys, parseCounter, parseKey } from '../journal/keys.ts';
import { readRange } from '../journal/scanning.ts';
import { ROW_VERSION, readRow } from './actor/row.ts';
import type { RuntimeContext } from './context.ts';
import type { Note, RowChange } from './shard/entry.ts';

export interface DeadLetter {
  /** When its message was refused, in milliseconds since 1970. */
  readonly atMillis: number;
  readonly sender: SenderName;
  readonly receiver: ActorPath;
  /** Why its receiver refused it. */
  readonly code: ErrorCode;
  readonly reason: string;
  /** See actor/payload.ts. */
  readonly payload: Uint8Array;
}

function encodeDeadLetter(letter: DeadLetter): Uint8Array {
  const { atMillis, sender, receiver, code, reason, payload } = letter;
  return pack([ROW_VERSION, atMillis, sender, receiver, code, reason, payload]);
}

/** Throws `journal-damaged`. */
export function decodeDeadLetter(bytes: Uint8Array): DeadLetter {
  return readRow(bytes, 'A dead letter', (fields) => {
    const [atMillis, sender, receiver, code, reason, payload] = list(fields, 6);
    const known = text(code);
    return {
      atMillis: count(atMillis),
      sender: text(sender) as SenderName,
      receiver: text(receiver) as ActorPath,
      code: isErrorCode(known) ? known : 'internal',
      reason: text(reason),
      payload: bytesView(payload).slice(),
    };
  });
}

/** In the place of an incarnation, for messages that are sent again: they have numbers of their own. */
const REPLAY = 'replay';

export class DeadLetters {
  readonly #context: Pick<RuntimeContext, 'limits' | 'time' | 'count' | 'log' | 'get' | 'scan'>;
  readonly #keys: GroupKeys;
  /** The bytes of each letter, the oldest first. */
  readonly #kept = new Map<number, number>();
  #bytes = 0;
  /** Undefined until the store was read. */
  #next: number | undefined;

  constructor(
    context: Pick<RuntimeContext, 'limits' | 'time' | 'count' | 'log' | 'get' | 'scan'>,
    keys: GroupKeys,
  ) {
    this.#context = context;
    this.#keys = keys;
  }

  get size(): number {
    return this.#kept.size;
  }

  has(number: number): boolean {
    return this.#kept.has(number);
  }

  /** Reads what the store holds of them. */
  load(done: () => void): void {
    readRange(this.#context, this.#keys.deadLetters(), {
      page: (rows) => {
        for (const [key, value] of rows) {
          const parsed = parseKey(key);
          if (parsed.kind !== 'dead-letter') continue;
          if (parsed.number === 0) this.#next = parseCounter(value);
          else this.#keep(parsed.number, value.length);
        }
        return true;
      },
      end: () => {
        this.#next ??= 1;
        done();
      },
    });
  }

  #number(): number {
    const number = this.#next;
    invariant(number !== undefined, 'a dead letter before those of the store are known');
    this.#next = number + 1;
    return number;
  }

  /** The rows that keep a letter, and let the oldest go for which there is no more room. */
  add(letter: Omit<DeadLetter, 'atMillis'>): readonly RowChange[] {
    const { wall } = this.#context.time;
    const bytes = encodeDeadLetter({ ...letter, atMillis: Math.floor(wall) });
    const number = this.#number();
    this.#keep(number, bytes.length);
    this.#context.count('dead-letters');
    const { sender: from, receiver: to, code, reason } = letter;
    this.#context.log('warn', 'dead-letter', { from, to, code, problem: reason });
    const rows: RowChange[] = [[this.#keys.deadLetter(number), bytes], this.#counterRow()];
    const { deadLetters, deadLetterBytes } = this.#context.limits;
    for (const oldest of this.#kept.keys()) {
      if (oldest === number || (this.#kept.size <= deadLetters && this.#bytes <= deadLetterBytes)) break;
      this.#context.log('warn', 'dead-letter-dropped', { number: oldest });
      rows.push(this.#drop(oldest));
    }
    return rows;
  }

  /** Drops the letter, which must be there. */
  drop(number: number): Note {
    return { rows: [this.#drop(number)] };
  }

  /** Sends the message of the letter again, which must be there. */
  replay(number: number, { sender, receiver, payload }: DeadLetter): Note {
    const rows = [this.#drop(number)];
    const again = this.#number();
    rows.push(this.#counterRow());
    return {
      rows,
      outbox: { sender: `${senderPath(sender)}#${REPLAY}`, rows: [[receiver, again, payload]] },
    };
  }

  #keep(number: number, bytes: number): void {
    this.#kept.set(number, bytes);
    this.#bytes += bytes;
  }

  #drop(number: number): RowChange {
    this.#bytes -= this.#kept.get(number) ?? 0;
    this.#kept.delete(number);
    return [this.#keys.deadLetter(number), null];
  }

  #counterRow(): RowChange {
    return [this.#keys.deadLetter(0), counterBytes(this.#next ?? 1)];
  }
}
