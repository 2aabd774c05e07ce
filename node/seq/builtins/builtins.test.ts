// Words that are carried out with their run, given whatever a program can have.
import test from 'ava';
import fc from 'fast-check';
import { SeqNodeError } from '../../base/errors.ts';
import { Float, List, SeqMap, sym, textOf, type Value, Variant } from '../../base/value.ts';
import { Fault } from '../fault.ts';
import { Exit, type RunContext } from '../run/context.ts';
import { WAIT } from '../run/strands.ts';
import type { World } from '../world.ts';
import { BUILTIN_ROWS } from './index.ts';
import { Socket } from './net.ts';
import { builtinOf } from './table.ts';

const ODD: readonly Value[] = [0, 1, -1, 2n ** 62n - 1n, -(2n ** 62n), new Float(1.5), true, '', 'text', '\0', 'x'.repeat(1000), textOf(Uint8Array.of(255)), sym('s'), List.of([1]), SeqMap.empty, new Variant('V', [1]), () => 1, new Socket(3), new Socket(2n ** 61n)]; // biome-ignore format: one line

/** Can do nothing, and gives what the words need in the shape that they need it. */
const GIVEN: Partial<Record<keyof World, unknown>> = {
  nanos: 1n,
  system: { name: 'linux', architecture: 'x86_64' },
  ...Object.fromEntries(
    [
      'writeFile',
      'deleteFile',
      'makeFolder',
      'deleteFolder',
      'handleSignal',
      'signalled',
      'tcpClose',
      'udpClose',
    ].map((name) => [name, false]),
  ),
};
const world = new Proxy({} as World, {
  get: (_, name) =>
    name === 'randomBytes' ? (count: number) => new Uint8Array(count) : () => GIVEN[name as keyof World],
});
const context = {
  host: { world, write: () => undefined, nowMillis: () => 0, random: () => 0.5 },
  strands: { waitFor: () => WAIT },
  args: ['program'],
  test: { name: '', passed: 0, failures: [] },
  here: () => undefined,
} as unknown as RunContext;

const words = BUILTIN_ROWS.filter((row) => (row.host ?? row.suspends) !== undefined && !row.strands)
  // Those of strands and actors need more than this.
  .filter(({ name }) => /^(args|crypto|dir|file|io|net|os|signal|tcp|terminal|test|time|udp)\./.test(name));

test('each takes it, or refuses it with a fault, and leaves as many values as its effect says', (t) => {
  t.true(words.length > 70);
  for (const row of words) {
    const { takes, results } = builtinOf(row);
    const run = row.suspends ?? row.host!;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...ODD), { minLength: takes, maxLength: takes }), (args) => {
        try {
          const left = run(context, ...args);
          return (
            left === WAIT || (left === undefined ? 0 : Array.isArray(left) ? left.length : 1) === results
          );
        } catch (error) {
          return error instanceof Fault || error instanceof SeqNodeError || error instanceof Exit;
        }
      }),
      { numRuns: 100 },
    );
  }
});
