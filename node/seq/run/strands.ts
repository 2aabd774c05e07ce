// The strands of one run, and which of them goes on next.
// 1. One strand runs at a time, until it waits, gives way or ends. Those that can go on stand in one queue
//    and take turns in the order in which they came; nothing else decides, so the same run has the same order
//    always.
// 2. A strand that waits lets the others take their turns from within its own code. When its turn comes again
//    it just goes on, which costs half as much as leaving its code and coming back. The order is the same.
// 3. A weave and the one that resumes it hand over to each other at once, past the queue.
// 4. A run ends when its last strand ends. A weave that waits to be resumed keeps no run from ending. Strands
//    that wait while none is left to wake them are a deadlock, which is a fault.
import type { Value } from '../../base/value.ts';
import type { Pending } from '../api.ts';
import { Fault } from '../fault.ts';
import type { Results } from '../words/row.ts';
import { Quotation } from './quotation.ts';
import { type Channel, END, type Frame, Strand, StrandQueue, WeaveCtx } from './strand.ts';
import { TOO_DEEP } from './too-deep.ts';

/** What generated code gives its driver when the budget of the slice is spent. */
export const PAUSE: unique symbol = Symbol('pause');
/** What a word gives when its strand must wait: it has arranged that the strand is woken. */
export const WAIT = null;

/** How many frames one strand may have. A frame takes about 300 bytes. */
const FRAMES_MAX = 200_000;
/** How many strands there may be at once. One takes about 500 bytes. */
const STRANDS_MAX = 1_000_000;
/** How many values may lie in all channels together. */
const BUFFERED_MAX = 10_000_000;
/** While something outside is under way, the thread is given back after so many turns. */
const TURNS_MAX = 1000;
/** How many strands at once may let others take turns from within their code. */
const LENDERS_MAX = 8;

/** The function that strands run from, as stack traces name it. */
export const TURNS = '#takeTurns';

/** Where a generator notes the place that it calls from, right before it does. */
export interface CallSite {
  site: number;
}

/** Resumes any generator; a look-up of `next` would find another prototype for each word. */
const RESUME = Object.getPrototypeOf(Object.getPrototypeOf((function* () {})())).next as (
  this: Frame['code'],
  value: Value,
) => IteratorResult<unknown, Value>;

const NOTHING: readonly Value[] = [];

export class Strands {
  /** See strand.ts. */
  static readonly kept = new Strands({ site: -1 }, () => 0, false);
  readonly #callSite: CallSite;
  readonly #canWait: boolean;
  readonly #queue = new StrandQueue();
  readonly #main: Strand;
  /** What the first strand left. */
  result: Value = undefined as never;
  #current: Strand | undefined;
  /** Whose turn it is, before those that were handed over to and the queue. */
  #next: Strand | undefined;
  /** The run ended in a deadlock. */
  #stuck = false;
  /** Goes on before the queue does. */
  #handedOver: Strand | undefined;
  /** How many strands have not ended, without weaves that wait to be resumed. */
  #live = 1;
  #ids = 0;
  /** How many strands let others take turns from within their code. */
  #lenders = 0;
  /** The thread is to be given back. */
  #givesBack = false;
  #buffered = 0;
  /** How many strands wait for the host. */
  #pending = 0;
  #turns = 0;
  #ready: (() => void) | undefined;
  /** Something from outside has come in, which another run from the start would not get at the same point. */
  heard = false;

  /** `canWait`: the run may wait for its host, as a script may and a turn may not. */
  constructor(callSite: CallSite, main: () => Value, canWait: boolean) {
    this.#callSite = callSite;
    this.#canWait = canWait;
    this.#main = new Strand(main, NOTHING, undefined);
    this.#queue.push(this.#main);
  }

  /**
   * Lets strands take turns. `running`: it gave the thread back, and goes on with the next call. `waiting`:
   * all strands wait for the host; see `whenReady`. Throws what a strand throws; the run cannot go on then.
   */
  go(): 'ended' | 'running' | 'waiting' {
    this.#givesBack = false;
    this.#takeTurns();
    if (this.#givesBack) return 'running';
    if (this.#live === 0) return 'ended';
    if (this.#pending > 0) return 'waiting';
    this.#stuck = true;
    if (!this.#main.ended) this.#current = this.#main;
    throw new Fault(
      'deadlock',
      this.#live === 1
        ? 'A strand waits, and nothing is left that could wake it.'
        : `${this.#live} strands wait, and nothing is left that could wake them.`,
    );
  }

  /** Calls `ready` once, as soon as a strand that waits for the host can go on. */
  whenReady(ready: () => void): void {
    if (this.#queue.isEmpty) this.#ready = ready;
    else ready();
  }

  /**
   * Where the frames of the current strand stand, innermost first; that of the innermost only if it waits.
   */
  *sites(): Iterable<number> {
    const strand = this.#current;
    if (strand?.ended === false && (this.#stuck || strand.failure !== undefined)) yield strand.waitsAt;
    for (let frame = frameOf(strand); frame?.below !== undefined; frame = frame.below) yield frame.site;
  }

  /**
   * Until none can go on, or the thread is to be given back, or it is the turn of one that lends, which it
   * gives.
   */
  #takeTurns(): Strand | undefined {
    for (;;) {
      const strand = this.#take();
      if (strand === undefined || strand.lends) return strand;
      this.#current = strand;
      if (!this.#advance(strand)) {
        this.#next = strand;
        this.#givesBack = true;
      }
      if (this.#isLastTurn() || this.#givesBack) return undefined;
    }
  }

  /**
   * Lets the others take their turns until the current strand can go on; WAIT if it has to leave its code for
   * that.
   */
  #wait(): Strand['value'] | typeof WAIT {
    if (this.#lenders >= LENDERS_MAX || (this.#handedOver ?? this.#queue.first)?.lends) return WAIT;
    const strand = this.#current!;
    strand.lends = true;
    this.#lenders++;
    const next = this.#takeTurns();
    this.#lenders--;
    strand.lends = false;
    if (next !== strand || strand.failure !== undefined || this.#isLastTurn()) {
      this.#next ??= next;
      return WAIT;
    }
    this.#current = strand;
    const { value } = strand;
    strand.value = undefined;
    return value;
  }

  #isLastTurn(): boolean {
    if (this.#pending === 0 || ++this.#turns < TURNS_MAX) return false;
    this.#turns = 0;
    this.#givesBack = true;
    return true;
  }

  #take(): Strand | undefined {
    const next = this.#next;
    if (next !== undefined) {
      this.#next = undefined;
      return next;
    }
    const strand = this.#handedOver;
    if (strand === undefined) return this.#queue.shift();
    this.#handedOver = undefined;
    return strand;
  }

  /** Runs one strand; false when the slice is spent. */
  #advance(strand: Strand): boolean {
    if (strand.failure !== undefined) throw strand.failure.error;
    let top: Frame;
    let step: IteratorResult<unknown, Value>;
    if (typeof strand.top === 'function') {
      const code = strand.begin();
      if (!isGenerator(code)) {
        this.#end(strand, code);
        return true;
      }
      step = RESUME.call(code, undefined as never);
      // Most strands of many end in their first turn, and need no frame.
      if (step.done) {
        this.#end(strand, step.value);
        return true;
      }
      top = { code, site: -1, below: undefined, depth: 1 };
      strand.top = top;
    } else {
      top = strand.top!;
      const value = strand.value as Value;
      strand.value = undefined;
      step = RESUME.call(top.code, value);
    }
    for (;;) {
      const { done, value: out } = step;
      let value: Value;
      if (done) {
        if (top.below === undefined) {
          this.#end(strand, out);
          return true;
        }
        top = top.below;
        value = out;
      } else if (out === null) {
        strand.waitsAt = this.#callSite.site;
        return true;
      } else if (out === PAUSE) return false;
      else {
        if (top.depth >= FRAMES_MAX) throw TOO_DEEP;
        const code = out as Frame['code'];
        top = { code, site: this.#callSite.site, below: top, depth: top.depth + 1 };
        value = undefined as never;
      }
      strand.top = top;
      step = RESUME.call(top.code, value);
    }
  }

  #end(strand: Strand, left: Value): void {
    strand.ended = true;
    strand.top = undefined;
    this.#live--;
    if (strand === this.#main) this.result = left;
    if (strand.weave !== undefined && !strand.weave.ended) this.cancel(strand.weave);
  }

  /** Lets a strand that waits go on with `results`, which is what its word leaves. */
  wake(strand: Strand, results: Strand['value']): void {
    strand.value = results;
    this.#queue.push(strand);
  }

  /** Ends the run as a fault at the word in which a strand waits. */
  fail(strand: Strand, error: unknown): void {
    strand.failure = { error };
    this.#queue.push(strand);
  }

  #handOver(strand: Strand, results: Strand['value']): void {
    strand.value = results;
    this.#goNext(strand);
  }

  /** Ahead of the queue, if no other is. */
  #goNext(strand: Strand): void {
    if (this.#handedOver === undefined) this.#handedOver = strand;
    else this.#queue.push(strand);
  }

  /** Gives way to the strands that can go on, and to what comes from outside, if there is any of them. */
  giveWay(): Strand['value'] | typeof WAIT {
    if (this.#queue.isEmpty && this.#pending === 0) return undefined;
    this.#queue.push(this.#current!);
    return this.#wait();
  }

  /**
   * The current strand waits until `pending` is settled, then goes on with what `results` makes of its value.
   * Rejected with a Fault or SeqNodeError, or where `results` throws one, the run ends as a fault at the word
   * that waited.
   */
  waitFor<T>(pending: Pending<T>, results: (value: T) => Results): typeof WAIT {
    if (!this.#canWait)
      throw new Fault('not-in-script', 'This word waits for something outside, which only a script can.');
    const strand = this.#current!;
    this.#pending++;
    const settle = (outcome: () => Results) => {
      this.#pending--;
      this.heard = true;
      try {
        this.wake(strand, outcome());
      } catch (error) {
        this.fail(strand, error);
      }
      const ready = this.#ready;
      this.#ready = undefined;
      ready?.();
    };
    pending.then(
      (value) => settle(() => results(value)),
      (error) =>
        settle(() => {
          throw error;
        }),
    );
    return WAIT;
  }

  /** A new strand that runs the quotation with the topmost of `args`. Returns its number. */
  spawn(quotation: unknown, args: readonly Value[]): number {
    const fitting = checked(quotation, args.length);
    if (this.#live >= STRANDS_MAX)
      throw new Fault('too-large', `There can be ${STRANDS_MAX} strands at once, not more.`);
    this.#live++;
    this.#queue.push(strandOf(fitting, args, undefined));
    return ++this.#ids;
  }

  /** False when the channel is closed. */
  send(channel: Channel, value: Value): boolean {
    if (channel.closed) return false;
    const receiver = channel.receivers.shift();
    if (receiver !== undefined) this.wake(receiver, value);
    else {
      if (this.#buffered >= BUFFERED_MAX)
        throw new Fault('too-large', `Channels can hold ${BUFFERED_MAX} values together, not more.`);
      this.#buffered++;
      channel.put(value);
    }
    return true;
  }

  /** The oldest value; END when the channel is closed and holds nothing. */
  receive(channel: Channel): Strand['value'] | typeof WAIT {
    if (channel.count > 0) {
      this.#buffered--;
      return channel.take();
    }
    if (channel.closed) return END;
    channel.receivers.push(this.#current!);
    return this.#wait();
  }

  /** What lies in the channel can still be received. */
  close(channel: Channel): void {
    channel.closed = true;
    for (let strand = channel.receivers.shift(); strand !== undefined; strand = channel.receivers.shift())
      this.wake(strand, END);
  }

  /** A coroutine, not yet begun, of the quotation on `args`, itself, and what it is first resumed with. */
  weave(quotation: unknown, args: readonly Value[]): WeaveCtx {
    return new WeaveCtx(checked(quotation, args.length + 2), args);
  }

  /** What the weave yields next; END when it ends instead. */
  resume(weave: WeaveCtx, value: Value): Strand['value'] | typeof WAIT {
    if (weave.ended) return END;
    if (weave.resumer !== undefined) weave.behind.push({ strand: this.#current!, value });
    else this.#run(weave, this.#current!, value);
    return this.#wait();
  }

  #run(weave: WeaveCtx, resumer: Strand, value: Value): void {
    const { start, yielded } = weave;
    weave.resumer = resumer;
    this.#live++;
    if (start === undefined) {
      weave.yielded = undefined;
      this.#handOver(yielded!, value);
      return;
    }
    weave.start = undefined;
    const args = [...start.args, weave, value];
    this.#ids++;
    this.#goNext(strandOf(start.quotation, args, weave));
  }

  /** What the weave is resumed with next. */
  yield(weave: WeaveCtx, value: Value): Strand['value'] | typeof WAIT {
    const strand = this.#current!;
    if (weave.ended && strand.weave === weave) {
      // Cancelled while it ran: this is as far as it comes.
      strand.ended = true;
      this.#live--;
      return WAIT;
    }
    const { resumer } = weave;
    if (resumer === undefined)
      throw new Fault('bad-argument', 'A weave can yield only while it is being resumed.');
    weave.yielded = strand;
    weave.resumer = undefined;
    this.#live--;
    this.#handOver(resumer, value);
    const next = weave.behind.shift();
    if (next !== undefined) this.#run(weave, next.strand, next.value);
    return this.#wait();
  }

  /** Ends a weave where it waits, or where it yields next. */
  cancel(weave: WeaveCtx): void {
    weave.ended = true;
    weave.start = undefined;
    if (weave.yielded !== undefined) weave.yielded.ended = true;
    weave.yielded = undefined;
    if (weave.resumer !== undefined) this.#handOver(weave.resumer, END);
    weave.resumer = undefined;
    for (const { strand } of weave.behind.splice(0)) this.#handOver(strand, END);
  }
}

function checked(quotation: unknown, inputs: number): Quotation {
  if (quotation instanceof Quotation && quotation.inputs <= inputs) return quotation;
  throw new Fault(
    'type-fault',
    quotation instanceof Quotation
      ? `The quotation takes ${quotation.inputs} values, but only ${inputs} are there.`
      : 'A quotation is needed here.',
  );
}

/** A strand that runs the quotation on the topmost of `args`. */
function strandOf(quotation: Quotation, args: readonly Value[], weave: WeaveCtx | undefined): Strand {
  const { run, inputs } = quotation;
  return new Strand(run, args.length === inputs ? args : args.slice(args.length - inputs), weave);
}

const frameOf = (strand: Strand | undefined): Frame | undefined =>
  typeof strand?.top === 'function' ? undefined : strand?.top;

/** A word that cannot wait gives its value at once, and a value has no `next`. */
function isGenerator(started: unknown): started is Frame['code'] {
  return typeof started === 'object' && started !== null && 'next' in started;
}
