// What strands are made of: their frames, the values that join them, and queues of them. Each class keeps one
// instance: when the last one is collected, engines forget the layout of the class, and with it the code that
// they had compiled for it.
import type { Value } from '../../base/value.ts';
import type { Results } from '../words/row.ts';
import { Quotation } from './quotation.ts';

/** A generator that runs or waits for the one above it. */
export interface Frame {
  readonly code: Iterator<unknown, Value, Value>;
  /** Where the frame below called this one: an index into CompiledModule.sites. */
  readonly site: number;
  readonly below: Frame | undefined;
  readonly depth: number;
}

/** What a word with the mark `ends` gives where there is no value and will be none. */
export const END = undefined;

export type StrandCode = (...args: Value[]) => Value;

/**
 * So many arguments are in the strand itself. Many strands may stand in a queue before their first turn, and
 * what lives there is what the collector copies: an array for each would be two objects more.
 */
const FEW = 3;

/** Code that runs in turns with the other strands of its run. */
export class Strand {
  static readonly kept = new Strand(() => 0, [], undefined);
  /** The innermost frame; what it runs, until it has begun. */
  top: Frame | StrandCode | undefined;
  /** What the word that it waits in leaves; its first argument, or all of many, until it has begun. */
  value: Results | typeof END;
  /** Why it cannot go on. */
  failure: { readonly error: unknown } | undefined = undefined;
  /** Present when it is the body of a weave. */
  readonly weave: WeaveCtx | undefined;
  ended = false;
  /** It waits without having left its code: the others take their turns from within it. */
  lends = false;
  /** Where it waits: an index into CompiledModule.sites; the number of its arguments, until it has begun. */
  waitsAt: number;
  /** The next in the queue that it stands in. */
  next: Strand | undefined = undefined;

  /** Its second and third argument, until it has begun. */
  second: Value | undefined;
  third: Value | undefined;

  constructor(code: StrandCode, args: readonly Value[], weave: WeaveCtx | undefined) {
    const few = args.length <= FEW;
    this.top = code;
    this.value = few ? args[0] : (args as Value[]);
    this.second = few && args.length > 1 ? args[1] : undefined;
    this.third = few && args.length > 2 ? args[2] : undefined;
    this.waitsAt = args.length;
    this.weave = weave;
  }

  /** Calls what it runs. */
  begin(): Value {
    const code = this.top as StrandCode;
    const { value, second, third, waitsAt } = this;
    this.top = undefined;
    this.value = undefined;
    this.second = undefined;
    this.third = undefined;
    this.waitsAt = -1;
    switch (waitsAt) {
      case 0:
        return code();
      case 1:
        return code(value as Value);
      case 2:
        return code(value as Value, second!);
      case FEW:
        return code(value as Value, second!, third!);
      default:
        return code(...(value as readonly Value[]));
    }
  }
}

/** Strands in the order in which they came. A strand stands in one queue at a time. */
export class StrandQueue {
  static readonly kept = new StrandQueue();
  #first: Strand | undefined = undefined;
  #last: Strand | undefined = undefined;

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  get first(): Strand | undefined {
    return this.#first;
  }

  push(strand: Strand): void {
    if (this.#last === undefined) this.#first = strand;
    else this.#last.next = strand;
    this.#last = strand;
  }

  /** Leaves out strands that were ended while they waited here. */
  shift(): Strand | undefined {
    for (;;) {
      const strand = this.#first;
      if (strand === undefined) return undefined;
      this.#first = strand.next;
      if (this.#first === undefined) this.#last = undefined;
      strand.next = undefined;
      if (!strand.ended) return strand;
    }
  }
}

/** A queue of values between strands. Not data: it cannot be journaled or sent to an actor. */
export class Channel {
  static readonly kept = new Channel();
  /** A ring: `#count` values from `#head` on. Its length is a power of two. */
  #values: Value[] = new Array(4);
  #head = 0;
  #count = 0;
  /** Strands that wait for a value; then there is none. */
  readonly receivers = new StrandQueue();
  closed = false;

  get count(): number {
    return this.#count;
  }

  put(value: Value): void {
    if (this.#count === this.#values.length) this.#grow();
    this.#values[(this.#head + this.#count++) & (this.#values.length - 1)] = value;
  }

  /** The oldest value; there must be one. */
  take(): Value {
    const value = this.#values[this.#head]!;
    this.#values[this.#head] = undefined as never;
    this.#head = (this.#head + 1) & (this.#values.length - 1);
    this.#count--;
    return value;
  }

  #grow(): void {
    const values: Value[] = new Array(this.#values.length * 2);
    for (let i = 0; i < this.#count; i++)
      values[i] = this.#values[(this.#head + i) & (this.#values.length - 1)]!;
    this.#values = values;
    this.#head = 0;
  }
}

/**
 * A coroutine as a value: both the handle of the one that resumes it and the context that its body yields
 * with.
 */
export class WeaveCtx {
  static readonly kept = new WeaveCtx(new Quotation(() => 0, 0, 1, 0, []), []);
  /** What it runs, until it is first resumed. */
  start: { readonly quotation: Quotation; readonly args: readonly Value[] } | undefined;
  ended = false;
  /** The strand that has yielded and waits to be resumed. */
  yielded: Strand | undefined = undefined;
  /** Who has resumed it and waits for what it yields; further ones wait behind the first. */
  resumer: Strand | undefined = undefined;
  readonly behind: { readonly strand: Strand; readonly value: Value }[] = [];

  constructor(quotation: Quotation, args: readonly Value[]) {
    this.start = { quotation, args };
  }
}
