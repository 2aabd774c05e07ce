// Random well-typed programs of words on Ints, Floats and Bools, which call themselves and each other, last
// or not, and may divide by 0. `handle` leaves in a map what they come to.

export type NumberType = 'Int' | 'Float' | 'Bool';

export interface NumberWord {
  readonly name: string;
  readonly takes: readonly NumberType[];
  readonly gives: readonly NumberType[];
}

const row = (takes: string, gives: string, names: string): NumberWord[] =>
  names.split(' ').map((name) => ({ name, takes: typesOf(takes), gives: typesOf(gives) }));

const LETTERS: Readonly<Record<string, NumberType>> = { i: 'Int', f: 'Float', b: 'Bool' };
const typesOf = (letters: string): NumberType[] => [...letters].map((letter) => LETTERS[letter]!);

/** What they take, what they leave, and their names. */
export const NUMBER_WORDS: readonly NumberWord[] = [
  ...row('ii', 'i', 'i.+ i.- i.* band bor bxor shl shr min max'),
  ...row('ii', 'ib', 'i./ i.% mod'),
  ...row('ii', 'b', 'i.= i.<> i.< i.> i.<= i.>='),
  ...row('i', 'i', 'bnot popcount clz ctz negate abs sign square'),
  ...row('iii', 'i', 'clamp'),
  ...row('', 'i', 'int-bits'),
  ...row('ff', 'f', 'f.+ f.- f.* f./ f.min f.max'),
  ...row('ff', 'b', 'f.= f.<> f.< f.> f.<= f.>='),
  ...row('f', 'f', 'f.sqrt f.floor f.ceil f.round f.trunc f.abs f.neg f.square'),
  ...row('fff', 'f', 'f.clamp'),
  ...row('', 'f', 'f.pi f.e f.tau'),
  ...row('i', 'f', 'int->float'),
  ...row('f', 'i', 'float->int'),
  ...row('bb', 'b', 'and or'),
  ...row('b', 'b', 'not'),
];

/** These end the run where the divisor is 0. */
const FAULTING: readonly NumberWord[] = [
  ...row('ii', 'i', 'divide modulo'),
  { name: '3 band divide', takes: ['Int', 'Int'], gives: ['Int'] },
];

export const NUMBER_LITERALS: Readonly<Record<NumberType, readonly string[]>> = {
  Int: [
    ...[
      '0',
      '1',
      '-1',
      '2',
      '7',
      '63',
      '64',
      '-3',
      '1000',
      '4503599627370496',
      '9007199254740991',
      '-9007199254740991',
    ],
    ...[
      '9007199254740992',
      '-9007199254740993',
      '4611686018427387903',
      '-4611686018427387904',
      '2305843009213693952',
    ],
  ],
  Float: [
    '0.0',
    '1.0',
    '-1.5',
    '2.5',
    '-0.5',
    '1e300',
    '-1e300',
    '4611686018427387904.0',
    '9007199254740993.0',
    '1e-310',
  ],
  Bool: ['true', 'false'],
};

const MOVES: readonly [string, number, readonly number[]][] = [
  ['dup', 1, [0, 0]],
  ['drop', 1, []],
  ['swap', 2, [1, 0]],
  ['over', 2, [0, 1, 0]],
  ['rot', 3, [1, 2, 0]],
  ['nip', 2, [1]],
  ['tuck', 2, [1, 0, 1]],
];

/** What makes a text of a value. */
export const NUMBER_TEXTS: Readonly<Record<NumberType, string>> = {
  Int: 'int->string',
  Float: 'float->string',
  Bool: '[ "true" ] [ "false" ] if',
};

const DEPTH_MAX = 12;
const NESTING_MAX = 3;

export class NumbersGenerator {
  readonly #random: () => number;
  readonly #words: NumberWord[] = [];
  readonly #definitions: string[] = [];
  #nesting = 0;

  /** `random` gives numbers in [0, 1). */
  constructor(random: () => number) {
    this.#random = random;
  }

  program(): string {
    const kinds = [this.#defineWord, this.#defineCounting, this.#defineCounting, this.#definePair];
    const count = 2 + this.#below(4);
    for (let i = 0; i < count; i++) this.#choose(kinds).call(this, i);
    const stack: NumberType[] = [];
    const pieces = this.#pieces(stack, 3 + this.#below(8));
    const last = this.#callOf(this.#words.at(-1)!, stack);
    const texts = stack
      .toReversed()
      .map((type) => `swap ${NUMBER_TEXTS[type]} " " string.concat string.concat`);
    return [
      'include std:imath include std:fmath',
      ...this.#definitions,
      `: handle ( Map Int -- Map ) drop ${pieces} ${last} "" ${texts.join(' ')} "results" swap map.set ;`,
    ].join('\n');
  }

  #below(n: number): number {
    return Math.floor(this.#random() * n);
  }

  #choose<T>(items: readonly T[]): T {
    return items[this.#below(items.length)]!;
  }

  #types(): NumberType[] {
    return Array.from({ length: this.#below(4) }, () =>
      this.#choose(['Int', 'Int', 'Float', 'Bool'] as const),
    );
  }

  #literal(type: NumberType): string {
    return this.#choose(NUMBER_LITERALS[type]);
  }

  #define(name: string, takes: readonly NumberType[], gives: readonly NumberType[], body: string): void {
    this.#definitions.push(`: ${name} ( ${takes.join(' ')} -- ${gives.join(' ')} ) ${body} ;`);
  }

  #defineWord(index: number): void {
    const takes = this.#types();
    const gives = [...takes];
    const body = this.#pieces(gives, 1 + this.#below(6));
    const name = `word-${index}`;
    this.#define(name, takes, gives, body);
    this.#words.push({ name, takes, gives });
  }

  /** A word that counts its topmost input down and calls itself once or twice, last or not. */
  #defineCounting(index: number): void {
    const takes = this.#types();
    const name = `count-${index}`;
    this.#define(name, [...takes, 'Int'], takes, this.#counting(takes, name, this.#choose([1, 1, 2])));
    this.#words.push({ name, takes: [...takes, 'Int'], gives: takes });
  }

  /** Two words that count down and call each other. */
  #definePair(index: number): void {
    const takes = this.#types();
    const names = [`even-${index}`, `odd-${index}`] as const;
    this.#define(names[0], [...takes, 'Int'], takes, this.#counting(takes, names[1], 1));
    this.#define(names[1], [...takes, 'Int'], takes, this.#counting(takes, names[0], 1));
    this.#words.push({ name: this.#choose(names), takes: [...takes, 'Int'], gives: takes });
  }

  #counting(takes: readonly NumberType[], called: string, calls: number): string {
    const base = this.#leaving([...takes], takes);
    const before = this.#leaving([...takes], takes);
    const after = this.#random() < 0.6 ? '' : this.#leaving([...takes], takes);
    const twice = calls === 2 ? `dup >aux ${called} aux> ${called}` : called;
    const again = `1 i.- >aux ${before} aux> ${twice} ${after}`;
    return `dup 0 i.<= [ drop ${base} ] [ ${again} ] if`;
  }

  #pieces(types: NumberType[], count: number): string {
    return Array.from({ length: count }, () => this.#piece(types)).join(' ');
  }

  #piece(types: NumberType[]): string {
    if (types.length > DEPTH_MAX) {
      types.length -= 3;
      return '3drop';
    }
    const kinds = [
      this.#simple,
      this.#simple,
      this.#simple,
      this.#move,
      this.#call,
      this.#conditional,
      this.#dip,
    ];
    for (let attempt = 0; attempt < 3; attempt++) {
      const piece = this.#choose(kinds).call(this, types);
      if (piece !== undefined) return piece;
    }
    const type = this.#choose(['Int', 'Int', 'Float', 'Bool'] as const);
    types.push(type);
    return this.#literal(type);
  }

  #simple(types: NumberType[]): string | undefined {
    const all = this.#random() < 0.3 ? FAULTING : NUMBER_WORDS;
    const fitting = all.filter(({ takes }) => fits(types, takes));
    if (fitting.length === 0) return undefined;
    const { name, takes, gives } = this.#choose(fitting);
    types.splice(types.length - takes.length, takes.length, ...gives);
    return name;
  }

  #move(types: NumberType[]): string | undefined {
    const [text, count, give] = this.#choose(MOVES);
    if (types.length < count) return undefined;
    const taken = types.splice(types.length - count, count);
    types.push(...give.map((i) => taken[i]!));
    return text;
  }

  #call(types: NumberType[]): string | undefined {
    const known = this.#words.filter(({ name }) => this.#nesting === 0 || name.startsWith('word'));
    return known.length === 0 ? undefined : this.#callOf(this.#choose(known), types);
  }

  /** Counts are small, so that words that call each other many times come to their end. */
  #callOf({ name, takes, gives }: NumberWord, types: NumberType[]): string {
    const counts = !name.startsWith('word');
    const wanted = counts ? takes.slice(0, -1) : takes;
    const text = this.#mend(types, wanted);
    types.splice(types.length - wanted.length, wanted.length, ...gives);
    return `${text} ${counts ? this.#below(6) : ''} ${name}`;
  }

  /** Pushes what is missing on top. */
  #mend(types: NumberType[], wanted: readonly NumberType[]): string {
    if (fits(types, wanted)) return '';
    types.push(...wanted);
    return wanted.map((type) => this.#literal(type)).join(' ');
  }

  /** Pieces that turn `types` into `wanted`. */
  #leaving(types: NumberType[], wanted: readonly NumberType[]): string {
    this.#nesting++;
    const body = this.#pieces(types, 1 + this.#below(4));
    this.#nesting--;
    let same = 0;
    while (same < types.length && same < wanted.length && types[same] === wanted[same]) same++;
    const drops = 'drop '.repeat(types.length - same);
    types.splice(same, types.length - same, ...wanted.slice(same));
    return `${body} ${drops} ${wanted
      .slice(same)
      .map((type) => this.#literal(type))
      .join(' ')}`;
  }

  #conditional(types: NumberType[]): string | undefined {
    if (types.at(-1) !== 'Bool' || this.#nesting >= NESTING_MAX) return undefined;
    types.pop();
    const before = [...types];
    this.#nesting++;
    const yes = this.#pieces(types, 1 + this.#below(3));
    this.#nesting--;
    return `[ ${yes} ] [ ${this.#leaving(before, types)} ] if`;
  }

  #dip(types: NumberType[]): string | undefined {
    const top = types.pop();
    if (top === undefined) return undefined;
    this.#nesting++;
    const body = this.#pieces(types, 1 + this.#below(3));
    this.#nesting--;
    types.push(top);
    return this.#random() < 0.5 ? `[ ${body} ] dip` : `>aux ${body} aux>`;
  }
}

const fits = (types: readonly NumberType[], takes: readonly NumberType[]): boolean =>
  types.length >= takes.length && takes.every((type, i) => types[types.length - takes.length + i] === type);
