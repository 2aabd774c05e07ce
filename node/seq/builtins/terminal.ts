// Standard input, the terminal, and signals.
import { type Int, textOf, type Value } from '../../base/value.ts';
import { Fault } from '../fault.ts';
import type { RunContext } from '../run/context.ts';
import { bool, int, type Results } from '../words/row.ts';
import { TEXT_LENGTH_MAX } from '../words/text-length.ts';
import type { SignalAction, World } from '../world.ts';
import type { BuiltinRow } from './table.ts';
import { waiting, worldly } from './world.ts';

const READ_BYTES_MAX = 10 * 1024 * 1024;
const SIGNALS = ['INT', 'TERM', 'HUP', 'PIPE', 'USR1', 'USR2', 'CHLD', 'ALRM', 'CONT'];

/** The line with one line feed at its end, if it had one. */
function lineText(bytes: Uint8Array): Value {
  const end = bytes.length;
  if (bytes[end - 1] !== 10 || bytes[end - 2] !== 13) return textOf(bytes);
  const line = new Uint8Array(bytes.subarray(0, end - 1));
  line[end - 2] = 10;
  return textOf(line, true);
}

function readLine(world: World, { strands }: RunContext, results: (line: Uint8Array) => Results) {
  const line = world.readLine(TEXT_LENGTH_MAX);
  return line instanceof Uint8Array ? results(line) : strands!.waitFor(line, results);
}

const inputWords: readonly BuiltinRow[] = [
  waiting('io.read-line', '( -- String Bool )', (world, context) =>
    readLine(world, context, (line) => [lineText(line), line.length > 0]),
  ),
  // The seed generation: "" at the end of the input.
  {
    ...waiting('read_line', '( -- String )', (world, context) => readLine(world, context, lineText)),
    aliases: ['read-line'],
  },
  waiting('io.read-n', '( Int -- String Int )', (world, { strands }, v) => {
    const count = int(v);
    if (count < 0 || count > READ_BYTES_MAX) return ['', 0];
    return strands!.waitFor(world.readInput(Number(count)), (bytes) => [
      textOf(bytes),
      bytes.length === Number(count) ? 1 : 0,
    ]);
  }),
];

const terminalWords: readonly BuiltinRow[] = [
  worldly('terminal.raw-mode', '( Bool -- )', (world, on) => {
    world.rawMode(bool(on));
    return undefined;
  }),
  waiting('terminal.read-char', '( -- Int )', (world, { strands }) =>
    strands!.waitFor(world.readInput(1), ([byte]) => byte ?? -1),
  ),
  waiting('terminal.read-char?', '( -- Int )', (world, { strands }) =>
    strands!.waitFor(world.pollInput(), (byte) => byte ?? -1),
  ),
  worldly('terminal.width', '( -- Int )', (world) => world.terminalSize()?.columns ?? 80),
  worldly('terminal.height', '( -- Int )', (world) => world.terminalSize()?.rows ?? 24),
  // What is written leaves at once.
  { name: 'terminal.flush', effect: '( -- )', host: () => undefined },
];

function signalNumber(v: Value | undefined): number {
  const n: Int = int(v);
  if (typeof n === 'number' && n > 0 && n < 64) return n;
  throw new Fault('bad-argument', `There is no signal ${n}.`);
}

function handle(world: World, v: Value | undefined, action: SignalAction): undefined {
  const signal = signalNumber(v);
  if (!world.handleSignal(signal, action))
    throw new Fault('bad-argument', `The signal ${signal} cannot be handled.`);
}

const action = (name: string, to: SignalAction): BuiltinRow =>
  worldly(`signal.${name}`, '( Int -- )', (world, v) => handle(world, v, to));

/** A word that looks whether a signal has come. Signals come in only while the script gives way. */
const look = (name: string, forget: boolean): BuiltinRow =>
  waiting(`signal.${name}`, '( Int -- Bool )', (world, { strands }, v) => {
    const signal = signalNumber(v);
    return strands!.waitFor(world.lookOutside(), () => world.signalled(signal, forget));
  });

function constant(name: string): BuiltinRow {
  return worldly(`signal.SIG${name}`, '( -- Int )', (world) => {
    const signal = world.signal(`SIG${name}`);
    if (signal === undefined) throw new Fault('bad-argument', `There is no signal SIG${name} here.`);
    return signal;
  });
}

const library = (row: BuiltinRow): BuiltinRow => ({ ...row, module: 'std:signal' });

const signalWords: readonly BuiltinRow[] = [
  ...SIGNALS.map(constant),
  action('trap', 'note'),
  action('ignore', 'ignore'),
  action('default', 'default'),
  look('received?', true),
  look('pending?', false),
  worldly('signal.clear', '( Int -- )', (world, v) => {
    world.signalled(signalNumber(v), true);
    return undefined;
  }),
  library(
    worldly('signal.trap-shutdown', '( -- )', (world) => {
      for (const name of ['SIGINT', 'SIGTERM']) handle(world, world.signal(name), 'note');
      return undefined;
    }),
  ),
  library(
    waiting('signal.shutdown-requested?', '( -- Bool )', (world, { strands }) =>
      strands!.waitFor(world.lookOutside(), () => {
        const [interrupted, terminated] = ['SIGINT', 'SIGTERM'].map((name) =>
          world.signalled(world.signal(name)!, true),
        );
        return interrupted! || terminated!;
      }),
    ),
  ),
  library(
    worldly('signal.ignore-sigpipe', '( -- )', (world) => handle(world, world.signal('SIGPIPE'), 'ignore')),
  ),
];

export const terminalAndSignalWords: readonly BuiltinRow[] = [
  ...inputWords,
  ...terminalWords,
  ...signalWords,
];
