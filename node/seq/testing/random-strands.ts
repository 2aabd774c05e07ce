// Random programs of strands, channels and weaves, each with a meaning that does not come from the compiler
// or its scheduler: every piece of text carries a generator that does the same, and a queue of a few lines
// runs those.

/** The values of a channel, and who waits for one. */
interface ChannelModel {
  readonly values: number[];
  readonly waiting: StrandModel[];
  closed: boolean;
}

/** What a strand asks for when it stops: to go to the end of the queue, or to wait for a value. */
type Stop = 'way' | ChannelModel;
/**
 * A strand stops with what it asks for and goes on with what it received; undefined from a closed channel.
 */
type Run<T> = Generator<Stop, T, number | undefined>;

interface StrandModel {
  readonly run: Run<void>;
  given: number | undefined;
}

class Model {
  output = '';
  readonly queue: StrandModel[] = [];
  readonly channels: readonly ChannelModel[] = Array.from({ length: CHANNELS }, () => ({
    values: [],
    waiting: [],
    closed: false,
  }));
  #ids = 0;

  say(text: string | number): void {
    this.output += `${text}\n`;
  }

  /** Also a weave takes a number when it is first resumed. */
  nextId(): number {
    return ++this.#ids;
  }

  start(run: Run<void>): void {
    this.queue.push({ run, given: undefined });
  }

  wake(strand: StrandModel, given: number | undefined): void {
    strand.given = given;
    this.queue.push(strand);
  }

  /** False when strands are left that wait. */
  go(): boolean {
    for (let strand = this.queue.shift(); strand !== undefined; strand = this.queue.shift()) {
      const { done, value } = strand.run.next(strand.given);
      strand.given = undefined;
      if (done) continue;
      if (value === 'way') this.queue.push(strand);
      else value.waiting.push(strand);
    }
    return this.channels.every(({ waiting }) => waiting.length === 0);
  }
}

interface Piece {
  readonly text: string;
  run(model: Model): Run<void>;
}

/**
 * The body of a weave: it begins with a value, stops like a strand or with a value that it yields, and leaves
 * nothing.
 */
interface WeavePiece {
  readonly text: string;
  run(
    model: Model,
    value: number,
  ): Generator<Stop | { readonly yielded: number }, number, number | undefined>;
}

/** Every word has so many channels at the bottom of its stack. */
const CHANNELS = 3;

export interface RandomStrands {
  readonly text: string;
  /** What the program writes, and whether it ends in a deadlock. */
  readonly expected: () => { readonly output: string; readonly deadlock: boolean };
}

export class StrandsGenerator {
  readonly #random: () => number;
  readonly #words: { readonly name: string; readonly run: Piece['run'] }[] = [];
  readonly #weaves: { readonly name: string; readonly run: WeavePiece['run'] }[] = [];
  readonly #definitions: string[] = [];

  /** `random` gives numbers in [0, 1). */
  constructor(random: () => number) {
    this.#random = random;
  }

  program(): RandomStrands {
    for (let i = this.#below(3); i >= 0; i--) this.#defineWeave(`weave-${i}`);
    for (let i = this.#below(4); i >= 0; i--) this.#defineWord(`word-${i}`);
    const { text, run } = this.#block(2 + this.#below(8));
    const makes = 'chan.make '.repeat(CHANNELS);
    return {
      text: `${this.#definitions.join('\n')}\n: main ( -- ) ${makes}\n  ${text}\n  3drop ;\n`,
      expected: () => {
        const model = new Model();
        model.start(run(model));
        const ended = model.go();
        return { output: model.output, deadlock: !ended };
      },
    };
  }

  #below(n: number): number {
    return Math.floor(this.#random() * n);
  }

  #defineWord(name: string): void {
    const { text, run } = this.#block(1 + this.#below(6));
    this.#definitions.push(`: ${name} ( Channel Channel Channel -- )\n  ${text}\n  3drop ;`);
    this.#words.push({ name, run });
  }

  #defineWeave(name: string): void {
    // The first kind of piece yields, as the effect says.
    const pieces = Array.from({ length: 1 + this.#below(4) }, (_, i) =>
      this.#weavePiece(i === 0 ? 0 : this.#below(4)),
    );
    const text = pieces.map((piece) => piece.text).join(' ');
    this.#definitions.push(`: ${name} ( Ctx Int -- Ctx | Yield Int ) ${text} drop ;`);
    this.#weaves.push({
      name,
      run: function* (model, first) {
        let value = first;
        for (const piece of pieces) value = yield* piece.run(model, value);
        return value;
      },
    });
  }

  #weavePiece(kind: number): WeavePiece {
    const n = this.#below(100);
    switch (kind) {
      case 0:
        return {
          text: 'yield',
          run: function* (_, value) {
            return (yield { yielded: value }) as number;
          },
        };
      case 1:
        return {
          text: `${n} i.+`,
          // biome-ignore lint/correctness/useYield: a piece that never stops
          run: function* (_, value) {
            return value + n;
          },
        };
      case 2:
        return {
          text: 'dup int->string io.write-line chan.yield',
          run: function* (model, value) {
            model.say(value);
            if (model.queue.length > 0) yield 'way';
            return value;
          },
        };
      default:
        return {
          text: `${n} i.+ yield 2 i.*`,
          run: function* (_, value) {
            return ((yield { yielded: value + n }) as number) * 2;
          },
        };
    }
  }

  #block(count: number): Piece {
    const pieces = Array.from({ length: count }, () => this.#piece());
    return {
      text: pieces.map(({ text }) => text).join('\n  '),
      run: function* (model) {
        for (const piece of pieces) yield* piece.run(model);
      },
    };
  }

  #piece(): Piece {
    const channel = this.#below(CHANNELS);
    switch (this.#below(9)) {
      case 0:
      case 1:
        return this.#send(channel, this.#below(1000));
      case 2:
        return this.#receive(channel);
      case 3:
        return this.#spawn();
      case 4:
        return this.#call();
      case 5:
        return this.#resumes();
      case 6:
        return this.#fold();
      case 7:
        return this.#random() < 0.3 ? this.#close(channel) : this.#giveWay();
      default:
        return this.#giveWay();
    }
  }

  #giveWay(): Piece {
    const name = `"w${this.#below(100)}"`;
    return {
      text: `chan.yield ${name} io.write-line`,
      run: function* (model) {
        if (model.queue.length > 0) yield 'way';
        model.say(name.slice(1, -1));
      },
    };
  }

  #send(channel: number, n: number): Piece {
    return {
      text: `${n} ${CHANNELS - channel} pick chan.send [ "sent" ] [ "refused" ] if io.write-line`,
      // biome-ignore lint/correctness/useYield: a piece that never stops
      run: function* (model) {
        const { values, waiting, closed } = model.channels[channel]!;
        model.say(closed ? 'refused' : 'sent');
        if (closed) return;
        const receiver = waiting.shift();
        if (receiver === undefined) values.push(n);
        else model.wake(receiver, n);
      },
    };
  }

  #receive(channel: number): Piece {
    const pick = `${CHANNELS - 1 - channel} pick`;
    return {
      text: `${pick} chan.receive [ int->string io.write-line ] [ drop "none" io.write-line ] if`,
      run: function* (model) {
        const { values, closed } = model.channels[channel]!;
        const value = values.length > 0 || closed ? values.shift() : yield model.channels[channel]!;
        model.say(value ?? 'none');
      },
    };
  }

  #close(channel: number): Piece {
    return {
      text: `${CHANNELS - 1 - channel} pick chan.close`,
      // biome-ignore lint/correctness/useYield: a piece that never stops
      run: function* (model) {
        const closing = model.channels[channel]!;
        closing.closed = true;
        for (const strand of closing.waiting.splice(0)) model.wake(strand, undefined);
      },
    };
  }

  #spawn(): Piece {
    const word = this.#words[this.#below(this.#words.length)];
    if (word === undefined) return this.#giveWay();
    return {
      text: `[ ${word.name} ] strand.spawn int->string io.write-line`,
      // biome-ignore lint/correctness/useYield: a piece that never stops
      run: function* (model) {
        model.start(word.run(model));
        model.say(model.nextId());
      },
    };
  }

  #call(): Piece {
    const word = this.#words[this.#below(this.#words.length)];
    if (word === undefined) return this.#giveWay();
    return { text: `${'2 pick '.repeat(CHANNELS)}${word.name}`, run: word.run };
  }

  /** A quotation that gives way, called by a word that takes any. */
  #fold(): Piece {
    const numbers = Array.from({ length: this.#below(3) }, () => this.#below(10));
    const list = `list.make ${numbers.map((n) => `${n} list.push `).join('')}`;
    return {
      text: `${list}0 [ chan.yield i.+ ] list.fold int->string io.write-line`,
      run: function* (model) {
        let sum = 0;
        for (const n of numbers) {
          if (model.queue.length > 0) yield 'way';
          sum += n;
        }
        model.say(sum);
      },
    };
  }

  /** A weave that is made, resumed some times, and cancelled or left. */
  #resumes(): Piece {
    const weave = this.#weaves[this.#below(this.#weaves.length)]!;
    const values = Array.from({ length: this.#below(5) }, () => this.#below(100));
    const show = 'strand.resume [ int->string ] [ drop "end" ] if io.write-line';
    const end = this.#random() < 0.5 ? 'strand.weave-cancel' : 'drop';
    return {
      text: `[ ${weave.name} ] strand.weave ${values.map((n) => `${n} ${show} `).join('')}${end}`,
      run: function* (model) {
        let body: ReturnType<WeavePiece['run']> | undefined;
        let ended = false;
        for (const value of values) {
          if (body === undefined) model.nextId();
          let step: IteratorResult<Stop | { readonly yielded: number }, number> | undefined;
          if (body === undefined) {
            body = weave.run(model, value);
            step = body.next();
          } else if (!ended) step = body.next(value);
          // While the body waits, so does the one that resumed it.
          while (step !== undefined && !step.done && !isYielded(step.value))
            step = body.next(yield step.value);
          ended ||= step?.done === true;
          model.say(step !== undefined && !step.done && isYielded(step.value) ? step.value.yielded : 'end');
        }
      },
    };
  }
}

const isYielded = (stop: Stop | { readonly yielded: number }): stop is { readonly yielded: number } =>
  typeof stop === 'object' && 'yielded' in stop;
