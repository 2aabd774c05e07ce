// Random well-typed programs, each with a meaning that does not come from the compiler: every piece of text
// carries the function that does on an array what the text should do on the stack.
import { Float, List, type Value } from '../../base/value.ts';
import { BUILTINS } from '../builtins/index.ts';
import { mixed, type Vocabulary } from '../lines/vocabulary.ts';
import { big, isOperator, type RandomWords, randomWords, type Type } from './random-words.ts';

/** Changes the stack; the last element is the top. */
type Meaning = (stack: Value[]) => void;

interface Piece {
  readonly text: string;
  readonly run: Meaning;
}

export interface RandomProgram {
  readonly text: string;
  /** What `main` should write. */
  readonly output: () => string;
}

interface Word {
  readonly name: string;
  readonly takes: readonly Type[];
  readonly gives: readonly Type[];
  readonly run: Meaning;
}

const take = (stack: Value[], count: number): Value[] => stack.splice(stack.length - count, count);

/** Programs keep about so many values on the stack. */
const DEPTH_MAX = 14;

export class ProgramGenerator {
  readonly #random: () => number;
  readonly #words: Word[] = [];
  readonly #definitions: string[] = [];
  /** How deep pieces nest now. */
  #depth = 0;
  /** How many of these are quotations, and no branches between keywords. */
  #quoted = 0;

  readonly #vocabulary: RandomWords;
  /** For the choice of the pieces themselves. */
  readonly #kinds: readonly Kind[];

  /** `random` gives numbers in [0, 1). */
  constructor(random: () => number, vocabulary: Vocabulary = mixed(BUILTINS)) {
    this.#random = random;
    this.#vocabulary = randomWords(vocabulary);
    const { has, calls } = this.#vocabulary;
    const there = (name: string) => has(name) && (calls || name !== 'call');
    this.#kinds = KINDS.filter(([, ...needs]) => needs.every(there)).map(([kind]) => kind);
  }

  program(): RandomProgram {
    const count = this.#below(5);
    for (let i = 0; i < count; i++) {
      if (this.#random() < 0.4) this.#defineLoop(i);
      else this.#defineWord(i);
    }
    const types: Type[] = [];
    const body = this.#pieces(types, 5 + this.#below(20));
    const shown: string[] = [];
    for (let type = types.pop(); type !== undefined; type = types.pop()) shown.push(this.#shown(type));
    const run = meaningOf(body);
    const text = `${this.#definitions.join('\n')}\n: main ( -- )\n  ${textOf(body)}\n  ${shown.join(' ')}\n;\n`;
    return { text, output: () => this.#output(run) };
  }

  #below(n: number): number {
    return Math.floor(this.#random() * n);
  }

  #choose<T>(items: readonly T[]): T {
    return items[this.#below(items.length)]!;
  }

  /** Text that writes the top value, which is of that type, and takes it. */
  #shown(type: Type): string {
    switch (type) {
      case 'Int':
        return 'int->string io.write-line';
      case 'Bool':
        return `${this.#conditional('"true"', '"false"')} io.write-line`;
      case 'String':
        return 'io.write-line';
      case 'Float':
        return 'float->int int->string io.write-line';
      case 'List':
        return '0 [ 31 i.* i.+ ] list.fold int->string io.write-line';
    }
  }

  #output(run: Meaning): string {
    const stack: Value[] = [];
    run(stack);
    const lines = stack.reverse().map((value) => {
      if (value instanceof Float) return String(Math.trunc(value.value));
      if (!(value instanceof List)) return String(value);
      // The captured 31 is there on purpose: the text has it as a literal inside.
      let sum = 0n;
      for (const each of value) sum = big(this.#vocabulary.int(sum + big(each as Value) * 31n));
      return String(sum);
    });
    return lines.map((line) => `${line}\n`).join('');
  }

  #type(): Type {
    return this.#choose(this.#vocabulary.types);
  }

  #literal(type: Type): Piece {
    const constant = (text: string, value: Value): Piece => ({
      text,
      run: (stack) => void stack.push(value),
    });
    switch (type) {
      case 'Int': {
        const n = this.#choose([...this.#vocabulary.ints, BigInt(this.#below(1000))]);
        return constant(String(n), this.#vocabulary.int(n));
      }
      case 'Bool': {
        const value = this.#random() < 0.5;
        return constant(String(value), value);
      }
      case 'String': {
        const value = this.#choose(['', 'a', 'bc', '$&', '`']);
        return constant(`"${value}"`, value);
      }
      case 'Float': {
        const value = this.#below(100) / 4;
        return constant(value.toFixed(2), new Float(value));
      }
      case 'List': {
        const items = Array.from({ length: this.#below(4) }, () => this.#below(10));
        const text = ['list.make', ...items.map((n) => `${n} list.push`)].join(' ');
        return constant(text, List.of<Value>(items));
      }
    }
  }

  #defineWord(index: number): void {
    const takes = Array.from({ length: this.#below(4) }, () => this.#type());
    const types = [...takes];
    const body = this.#pieces(types, 1 + this.#below(8));
    const name = `word-${index}`;
    this.#define(name, takes, types, textOf(body));
    this.#words.push({ name, takes, gives: types, run: meaningOf(body) });
  }

  /**
   * A word that counts a topmost Int down and calls itself, last or not, with the other inputs changed. It is
   * called only with small counts: a use of it pushes one.
   */
  #defineLoop(index: number): void {
    const { strict, combinatorIf, has } = this.#vocabulary;
    const aside = has('>aux') || has('dip');
    const takes = Array.from({ length: aside ? this.#below(3) : 0 }, () => this.#type());
    const branch = () => this.#innerLeaving([...takes], takes, this.#vocabulary.combinatorIf);
    const [base, before] = [branch(), branch()];
    const after = this.#random() < 0.6 ? undefined : branch();
    const name = `loop-${index}`;
    const run: Meaning = (stack) => {
      const count = Number(stack.pop());
      if (count <= 0) return base.run(stack);
      before.run(stack);
      stack.push(count - 1);
      run(stack);
      after?.run(stack);
    };
    // The count is put aside meanwhile; where nothing is taken from below it, it can stay.
    const changed = !aside
      ? before.text
      : strict && combinatorIf
        ? `[ ${before.text} ] dip`
        : `>aux ${before.text} aux>`;
    const again = `1 i.- ${changed} ${name} ${after?.text ?? ''}`;
    const branches = this.#conditional(`drop ${base.text}`, again);
    this.#define(name, [...takes, 'Int'], takes, `dup 0 i.<= ${branches}`);
    const count = this.#below(4);
    this.#words.push({
      name: `${count} ${name}`,
      takes,
      gives: takes,
      run: (stack) => {
        stack.push(count);
        run(stack);
      },
    });
  }

  #define(name: string, takes: readonly Type[], gives: readonly Type[], body: string): void {
    // The reference has no name for the type of lists.
    const named = (types: readonly Type[]): string =>
      types.map((type) => (type === 'List' && this.#vocabulary.strict ? 'Variant' : type)).join(' ');
    this.#definitions.push(`: ${name} ( ${named(takes)} -- ${named(gives)} ) ${body} ;`);
  }

  /** Pieces that turn a stack of `types` (changed to what they leave) into another. */
  #pieces(types: Type[], count: number): Piece[] {
    const pieces: Piece[] = [];
    for (let i = 0; i < count; i++) pieces.push(this.#piece(types));
    return pieces;
  }

  #piece(types: Type[]): Piece {
    if (types.length > DEPTH_MAX) {
      types.length -= 4;
      // Its compilers make no code that runs of a quotation that ends with 3drop.
      const text = this.#vocabulary.strict ? 'drop drop drop drop' : 'drop 3drop';
      return { text, run: (stack) => void stack.splice(-4) };
    }
    for (let attempt = 0; attempt < 4; attempt++) {
      const piece = this.#choose(this.#nests() ? this.#kinds : this.#kinds.slice(0, 4)).call(this, types);
      if (piece !== undefined) return piece;
    }
    return this.push(types);
  }

  /** Before 6.0 the reference's compilers knew nothing of what a quotation finds below it. */
  #nests(): boolean {
    const { strict, combinatorIf } = this.#vocabulary;
    return this.#depth < 4 && (!strict || combinatorIf || this.#quoted === 0);
  }

  push(types: Type[]): Piece {
    const type = this.#type();
    types.push(type);
    return this.#literal(type);
  }

  simple(types: Type[]): Piece | undefined {
    // An operator needs to see its operands, which a quotation that is a value does not.
    const fitting = this.#vocabulary.simple.filter(
      ([text, takes]) => fits(types, takes) && (this.#depth === 0 || !isOperator(text)),
    );
    if (fitting.length === 0) return undefined;
    const [text, takes, gives, run] = this.#choose(fitting);
    types.splice(types.length - takes.length, takes.length, ...gives);
    return { text, run: (stack) => void stack.push(...run(...take(stack, takes.length))) };
  }

  move(types: Type[]): Piece | undefined {
    const [text, count, give] = this.#choose(this.#vocabulary.moves);
    if (types.length < count) return undefined;
    const taken = types.splice(types.length - count, count);
    types.push(...give.map((i) => taken[i]!));
    return {
      text,
      run: (stack) => {
        const values = take(stack, count);
        stack.push(...give.map((i) => values[i]!));
      },
    };
  }

  word(types: Type[]): Piece | undefined {
    const fitting = this.#words.filter(({ takes }) => fits(types, takes));
    if (fitting.length === 0) return undefined;
    const { name, takes, gives, run } = this.#choose(fitting);
    types.splice(types.length - takes.length, takes.length, ...gives);
    return { text: name, run };
  }

  /** Pieces one level further in. */
  #inner(types: Type[], quoted = true): { text: string; run: Meaning } {
    this.#depth++;
    if (quoted) this.#quoted++;
    const pieces = this.#pieces(types, 1 + this.#below(4));
    if (quoted) this.#quoted--;
    this.#depth--;
    const end = quoted ? this.#vocabulary.quotationEnd : '';
    return { text: textOf(pieces) + end, run: meaningOf(pieces) };
  }

  /** Like `#inner`, but then made to leave `wanted` on top of what was below. */
  #innerLeaving(types: Type[], wanted: readonly Type[], quoted = true): { text: string; run: Meaning } {
    const { text, run } = this.#inner(types, quoted);
    const mend: Piece[] = [];
    let same = 0;
    while (same < types.length && same < wanted.length && types[same] === wanted[same]) same++;
    while (types.length > same) {
      types.pop();
      mend.push({ text: 'drop', run: (stack) => void stack.pop() });
    }
    for (const type of wanted.slice(same)) {
      types.push(type);
      mend.push(this.#literal(type));
    }
    const pieces = [{ text, run }, ...mend];
    const end = quoted ? this.#vocabulary.quotationEnd : '';
    return { text: textOf(pieces) + end, run: meaningOf(pieces) };
  }

  conditional(types: Type[]): Piece | undefined {
    if (types.at(-1) !== 'Bool') return undefined;
    types.pop();
    const before = [...types];
    const yes = this.#inner(types, this.#vocabulary.combinatorIf);
    const no = this.#innerLeaving(before, types, this.#vocabulary.combinatorIf);
    const run: Meaning = (stack) => (stack.pop() === true ? yes.run(stack) : no.run(stack));
    return { text: this.#conditional(yes.text, no.text), run };
  }

  #conditional(yes: string, no: string): string {
    const { keywordIf, combinatorIf } = this.#vocabulary;
    const keyword = keywordIf && (!combinatorIf || this.#random() < 0.4);
    return keyword ? `if ${yes} else ${no} then` : `[ ${yes} ] [ ${no} ] if`;
  }

  when(types: Type[]): Piece | undefined {
    if (types.at(-1) !== 'Bool') return undefined;
    types.pop();
    const body = this.#innerLeaving([...types], types);
    const negated = this.#random() < 0.5;
    const run: Meaning = (stack) => {
      if ((stack.pop() === true) !== negated) body.run(stack);
    };
    return { text: `[ ${body.text} ] ${negated ? 'unless' : 'when'}`, run };
  }

  dip(types: Type[]): Piece | undefined {
    const hidden = types.pop();
    if (hidden === undefined) return undefined;
    const kept = this.#random() < 0.5;
    if (kept) types.push(hidden);
    const body = this.#inner(types);
    types.push(hidden);
    const run: Meaning = (stack) => {
      const top = stack.pop()!;
      if (kept) stack.push(top);
      body.run(stack);
      stack.push(top);
    };
    // `"" drop` parts the quotation from the word, so that it is made as a value.
    const apart = this.#random() < 0.3 ? '"" drop ' : '';
    return { text: `[ ${body.text} ] ${apart}${kept ? 'keep' : 'dip'}`, run };
  }

  bi(types: Type[]): Piece | undefined {
    const both = types.at(-1);
    if (both === undefined) return undefined;
    const first = this.#inner(types);
    types.push(both);
    const second = this.#inner(types);
    const run: Meaning = (stack) => {
      const top = stack.at(-1)!;
      first.run(stack);
      stack.push(top);
      second.run(stack);
    };
    return { text: `[ ${first.text} ] [ ${second.text} ] bi`, run };
  }

  call(types: Type[]): Piece {
    const body = this.#inner(types);
    const apart = this.#random() < 0.4 ? '"" drop ' : '';
    return { text: `[ ${body.text} ] ${apart}call`, run: body.run };
  }

  aux(types: Type[]): Piece | undefined {
    if (this.#vocabulary.strict && this.#quoted > 0) return undefined;
    const put = types.pop();
    if (put === undefined) return undefined;
    const body = this.#inner(types);
    types.push(put);
    const run: Meaning = (stack) => {
      const top = stack.pop()!;
      body.run(stack);
      stack.push(top);
    };
    return { text: `>aux ${body.text} aux>`, run };
  }

  /** A list and a quotation that captures what lies between them. */
  mapped(types: Type[]): Piece | undefined {
    if (types.at(-1) !== 'List') return undefined;
    // Within a quotation its compilers forget what one inside has captured.
    const captured =
      this.#random() < 0.5 &&
      !(this.#vocabulary.strict && (this.#quoted > 0 || !this.#vocabulary.has('dip')));
    const inside: Type[] = captured ? ['Int', 'Int'] : ['Int'];
    const body = this.#innerLeaving(inside, ['Int']);
    const value = this.#below(50);
    const run: Meaning = (stack) => {
      const list = stack.pop() as List<Value>;
      const results = list.toArray().map((each) => {
        const own: Value[] = captured ? [each, value] : [each];
        body.run(own);
        return own.pop()!;
      });
      stack.push(List.of(results));
    };
    // `2dup drop drop` would take more than is given; `dup drop` makes sure that the quotation takes what it
    // captures.
    const touch = captured ? '2dup drop drop ' : 'dup drop ';
    return { text: `${captured ? `${value} ` : ''}[ ${touch}${body.text} ] list.map`, run };
  }

  folded(types: Type[]): Piece | undefined {
    if (types.at(-1) !== 'List') return undefined;
    types.pop();
    const start = this.#type();
    const body = this.#innerLeaving([start, 'Int'], [start]);
    types.push(start);
    const first = this.#literal(start);
    const run: Meaning = (stack) => {
      const list = stack.pop() as List<Value>;
      const own: Value[] = [];
      first.run(own);
      for (const each of list) {
        own.push(each as Value);
        body.run(own);
      }
      stack.push(own.pop()!);
    };
    return { text: `${first.text} [ 2dup drop drop ${body.text} ] list.fold`, run };
  }
}

type Kind = (this: ProgramGenerator, types: Type[]) => Piece | undefined;

/** Kinds of pieces, and the words that each needs. The first do not nest. */
const KINDS: readonly (readonly [Kind, ...string[]])[] = [
  [ProgramGenerator.prototype.push],
  [ProgramGenerator.prototype.simple],
  [ProgramGenerator.prototype.move],
  [ProgramGenerator.prototype.word],
  [ProgramGenerator.prototype.simple],
  [ProgramGenerator.prototype.conditional],
  [ProgramGenerator.prototype.when, 'when'],
  [ProgramGenerator.prototype.dip, 'dip', 'keep'],
  [ProgramGenerator.prototype.bi, 'bi'],
  [ProgramGenerator.prototype.call, 'call'],
  [ProgramGenerator.prototype.aux, '>aux'],
  [ProgramGenerator.prototype.mapped, 'list.make'],
  [ProgramGenerator.prototype.folded, 'list.make'],
];

const fits = (types: readonly Type[], takes: readonly Type[]): boolean =>
  types.length >= takes.length && takes.every((type, i) => types[types.length - takes.length + i] === type);

const textOf = (pieces: readonly Piece[]): string => pieces.map(({ text }) => text).join(' ');

function meaningOf(pieces: readonly Piece[]): Meaning {
  return (stack) => {
    for (const { run } of pieces) run(stack);
  };
}
