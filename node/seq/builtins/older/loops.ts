// The loops that quotations had until 1.1: `[ test ] [ body ] while`, `[ body ] [ test ] until`, `[ body ] n
// times` and, at first, `[ body ] forever`. The quotations work on the whole stack and leave it as they found
// it.
import { type Builtin, type BuiltinRow, builtinOfSize } from '../table.ts';
import { type OlderRow, older } from './row.ts';

export type Loop = 'while' | 'until' | 'times' | 'forever';

const loop = (name: Loop, releases: string, effect: string): OlderRow =>
  older(name, releases, undefined, { effect, special: true });

export const loopRows = (): readonly OlderRow[] => [
  loop('while', '0-1.1', '( ..a [ ..a -- ..a Bool ] [ ..a -- ..a ] -- ..a )'),
  loop('until', '0-1.1', '( ..a [ ..a -- ..a ] [ ..a -- ..a Bool ] -- ..a )'),
  loop('times', '0-1.1', '( ..a [ ..a -- ..a ] Int -- ..a )'),
  loop('forever', '0-0.6.4', '( ..a [ ..a -- ..a ] -- ..a )'),
];

/** The loop where `count` values lie below its quotations. */
export function loopOf(name: Loop, count: number): Builtin {
  const values = Array.from({ length: count }, (_, i) => `v${i}`);
  const given = values.join(', ');
  const takeBack = (call: string): string =>
    values.length === 0
      ? `${call};`
      : `v0 = ${call}; ${values
          .slice(1)
          .map((v, i) => `${v} = R${i + 1};`)
          .join(' ')}`;
  const body = takeBack(`CALL(body(${given}))`);
  const test =
    count === 0
      ? 'const flag = CALL(test());'
      : `${takeBack(`CALL(test(${given}))`)} const flag = R${count};`;
  const turns: Record<Loop, string> = {
    while: `for (;;) { REDUCTION; ${test} if (!$truth(flag)) break; ${body} }`,
    until: `for (;;) { REDUCTION; ${body} ${test} if ($truth(flag)) break; }`,
    times: `for (let left = $int(count); left > 0; left--) { REDUCTION; ${body} }`,
    forever: `for (;;) { REDUCTION; ${body} }`,
  };
  const quotations: Record<Loop, readonly string[]> = {
    while: ['test', 'body'],
    until: ['body', 'test'],
    times: ['body'],
    forever: ['body'],
  };
  const named = quotations[name];
  const parameters = [...values, ...named.map((each) => `${each}Of`), ...(name === 'times' ? ['count'] : [])];
  const called = named.map(
    (each) => `const ${each} = $call(${each}Of, ${count}, ${each === 'test' ? count + 1 : count});`,
  );
  const left = values.slice(1).map((v, i) => `R${i + 1} = ${v};`);
  const template = `function* (${parameters.join(', ')}) {
      ${called.join(' ')}
      ${turns[name]}
      ${left.join(' ')}
      ${count === 0 ? '' : 'return v0;'}
    }`;
  const row: BuiltinRow = { name, effect: '( T -- )', template };
  return builtinOfSize(row, parameters.length, count);
}
