// `npm run bench -- lang`: the language beside plain JavaScript, in the same run. Budgets and the rules of
// Ints are on. Each row is measured in a process of its own, both sides in turns, so that neither sees
// another load or heap than the other.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../integration/node-process.ts';
import type { Sides } from './lang-pairs.ts';
import { type Bar, type Measured, measured, median } from './report.ts';
import { runJson } from './run-json.ts';

const atMost = (bound: number): Bar => ({ kind: 'ratio-at-most', bound });
const NONE: Bar = { kind: 'none' };

const PAIRS: readonly { readonly name: string; readonly bar: Bar; readonly note: string }[] = [
  { name: 'fib', bar: atMost(1.2), note: 'fib(32), which calls itself twice; a function beside it.' },
  {
    name: 'squares',
    bar: atMost(1.2),
    note: '10,000,000 squarings in a word that calls itself last; a loop.',
  },
  { name: 'list', bar: atMost(3), note: 'A list of 1,000,000 is pushed and folded; an array.' },
  { name: 'map', bar: atMost(3), note: '1,000,000 updates of 100,000 keys; the Map of immutable.' },
  { name: 'channels', bar: atMost(3), note: '1,000,000 round trips of two strands; two generators.' },
  { name: 'weave', bar: NONE, note: '1,000,000 resumptions of a weave; a generator.' },
  { name: 'strands', bar: NONE, note: '100,000 strands at once, each sends one value; as many generators.' },
  {
    name: 'compile',
    bar: { kind: 'median-at-most', bound: 150 },
    note: 'A program of 10,000 lines is parsed, checked and compiled; its parse alone.',
  },
];
const START = 'start';
const STARTS = 11;

/** `wanted` says which rows to measure, by name. */
export async function lang(wanted: (name: string) => boolean): Promise<Measured[]> {
  const rows: Measured[] = [];
  for (const { name, bar, note } of PAIRS.filter((pair) => wanted(pair.name))) {
    process.stderr.write(`${name} …\n`);
    const { seq, other, heapMb } = await runJson<Sides>('lang-pairs.ts', [name], ['--expose-gc']);
    const memory = name === 'strands' ? ` The heap grew by ${Math.round(heapMb)} MB.` : '';
    rows.push(measured(name, 'ms', seq, median(other), bar, note + memory));
  }
  if (wanted(START)) rows.push(start());
  return rows;
}

/** From the start of the process to its end. */
function start(): Measured {
  const directory = mkdtempSync(join(tmpdir(), 'seq-node-bench-'));
  try {
    const [program, script] = [join(directory, 'hello.seq'), join(directory, 'hello.mjs')];
    writeFileSync(program, ': main ( -- ) "Hello" io.write-line ;\n');
    writeFileSync(script, 'console.log("Hello");\n');
    const command = installedCommand(directory);
    const times: { seq: number[]; bare: number[] } = { seq: [], bare: [] };
    for (let round = -1; round < STARTS; round++) {
      const seq = timed([command, 'run', program]);
      const bare = timed([script]);
      if (round < 0) continue;
      times.seq.push(seq);
      times.bare.push(bare);
    }
    const note = 'seq-node run, as packed, of a program that greets; bare node with a script that does.';
    return measured(START, 'ms', times.seq, median(times.bare), atMost(1.2), note);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The command as a package has it: its bundles are not in a checkout, which runs its source. */
function installedCommand(directory: string): string {
  execFileSync(process.execPath, [join(ROOT, 'scripts', 'build.ts')], { stdio: 'ignore' });
  for (const part of ['bin', 'dist', 'package.json'])
    cpSync(join(ROOT, part), join(directory, part), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  return join(directory, 'bin', 'seq-node.cjs');
}

function timed(args: readonly string[]): number {
  const from = performance.now();
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  const ms = performance.now() - from;
  if (status !== 0 || stdout !== 'Hello\n') throw new Error(`${args.join(' ')} ended with ${status}`);
  return ms;
}
