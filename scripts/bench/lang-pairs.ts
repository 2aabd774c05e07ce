// `node --expose-gc scripts/bench/lang-pairs.ts NAME` times a word of lang.seq and the same in plain
// JavaScript, or a compilation and its parse, in turns, in one process, and prints one JSON object. Both must
// come to the same result.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Map as ImmutableMap } from 'immutable';
import { resolveBundle } from '../../node/seq/include.ts';
import { compileProgram, type Program, type SourceBundle } from '../../node/seq/index.ts';

export interface Sides {
  /** Milliseconds of each round. */
  readonly seq: readonly number[];
  readonly other: readonly number[];
  /** By how many MB the heap grew in the round of Seq in which it did most. */
  readonly heapMb: number;
}

const WARM_UPS = 2;
const ROUNDS = 7;

function fib(n: number): number {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

function squares(): number {
  let sum = 0;
  for (let n = 10_000_000; n !== 0; n--) sum += (n & 1023) * (n & 1023);
  return sum;
}

function list(): number {
  const numbers: number[] = [];
  for (let n = 0; n !== 1_000_000; n++) numbers.push(n);
  return numbers.reduce((sum, n) => sum + n, 0);
}

function map(): number {
  let numbers = ImmutableMap<number, number>();
  for (let n = 1_000_000; n !== 0; n--) numbers = numbers.set(n % 100_000, n);
  return numbers.size;
}

function* pong(): Generator<number, never, number> {
  let value = 0;
  for (;;) value = yield value;
}

function* ping(): Generator<number, number, number> {
  let sum = 0;
  for (let n = 1_000_000; n > 0; n--) sum += yield n;
  return sum;
}

function generators(): number {
  const [a, b] = [ping(), pong()];
  b.next();
  for (let back = 0; ; ) {
    const { done, value } = a.next(back);
    if (done) return value;
    back = b.next(value).value;
  }
}

function* counting(first: number): Generator<number, never, number> {
  for (let value = first; ; ) value = yield value + 1;
}

function resumes(): number {
  const weave = counting(0);
  let value = weave.next().value;
  for (let n = 1; n < 1_000_000; n++) value = weave.next(value).value;
  return value;
}

function* reporter(n: number): Generator<number, void, void> {
  yield n;
}

/** Generators that are all made before the first of them runs. */
function strands(): number {
  const all: Generator<number>[] = [];
  for (let n = 100_000; n !== 0; n--) all.push(reporter(n));
  let sum = 0;
  for (const each of all) sum += each.next().value as number;
  return sum;
}

const PAIRS: Readonly<Record<string, () => number>> = {
  fib: () => fib(32),
  squares,
  list,
  map,
  channels: generators,
  weave: resumes,
  strands,
};

function load(): Program {
  const text = readFileSync(join(import.meta.dirname, 'lang.seq'), 'utf8');
  return compiled({ entry: 'lang.seq', files: { 'lang.seq': text } });
}

function compiled(bundle: SourceBundle): Program {
  const result = compileProgram(bundle);
  if (!result.ok) throw new Error(result.diagnostics.map(({ message }) => message).join('\n'));
  return result.program;
}

/** A word of lang.seq, whose result it writes. */
function runnable(name: string): () => number {
  const program = load();
  return () => {
    let written = '';
    const host = {
      write: (text: string | Uint8Array) => {
        written += text;
      },
      nowMillis: () => Date.now(),
      random: () => Math.random(),
    };
    const result = program.runWord(`bench-${name}`, host, 1e12);
    if (result.kind !== 'done') throw new Error(JSON.stringify(result));
    return Number(written);
  };
}

/** Both give the number of words. */
function compilation(): [() => number, () => number] {
  const lines: string[] = [': main ( -- ) ;'];
  for (let i = 0; lines.length < 10_000; i++)
    lines.push(
      `: w${i} ( Int -- Int )`,
      `  dup ${i} i.> [ ${i} i.- 2 i.* ] [ 3 i.+ ] if`,
      i === 0 ? '' : `  dup 7 i.% drop 0 i.= [ w${i - 1} ] when`,
      `  list.make over list.push [ ${i} i.+ ] list.map 0 [ i.+ ] list.fold i.+`,
      `  "n${i}" over int->string string.concat string.length i.+`,
      '  map.make "k" 2 pick map.set "k" map.get drop i.+',
      '  dup 1000000 i.> if drop 1 else 1 i.+ then',
      '  >aux 5 aux> tuck i.- i.+',
      ';',
      '',
    );
  const bundle = { entry: 'long.seq', files: { 'long.seq': lines.join('\n') } };
  return [
    () => compiled(bundle).words.length,
    () => resolveBundle(bundle).files.reduce((sum, { words }) => sum + words.length, 0),
  ];
}

function timed<T>(run: () => T): { result: T; ms: number } {
  globalThis.gc?.();
  const from = performance.now();
  const result = run();
  return { result, ms: performance.now() - from };
}

function measure(name: string, seq: () => number, other: () => number): Sides {
  const times = { seq: [] as number[], other: [] as number[] };
  let heap = 0;
  for (let round = -WARM_UPS; round < ROUNDS; round++) {
    const before = process.memoryUsage().heapUsed;
    const ours = timed(seq);
    heap = Math.max(heap, process.memoryUsage().heapUsed - before);
    const theirs = timed(other);
    if (ours.result !== theirs.result) throw new Error(`${name}: ${ours.result} is not ${theirs.result}`);
    if (round < 0) continue;
    times.seq.push(ours.ms);
    times.other.push(theirs.ms);
  }
  return { ...times, heapMb: heap / 2 ** 20 };
}

const name = process.argv[2] ?? '';
const pair: [() => number, () => number] | undefined =
  name === 'compile'
    ? compilation()
    : Object.hasOwn(PAIRS, name)
      ? [runnable(name), PAIRS[name]!]
      : undefined;
if (pair === undefined) throw new Error(`There is no pair ${name}.`);
process.stdout.write(JSON.stringify(measure(name, ...pair)));
