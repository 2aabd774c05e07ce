import { equals, type Value } from '../../base/value.ts';
import type { RunContext } from '../run/context.ts';
import { show } from '../run/show.ts';
import { bool, int, text } from '../words/row.ts';
import type { BuiltinRow } from './table.ts';

const FAILURES_SHOWN = 5;

function check(context: RunContext, held: boolean, failure: () => string): undefined {
  const { test } = context;
  if (held) test.passed++;
  else test.failures.push({ message: failure(), line: context.here()?.line ?? 0 });
}

const same = (context: RunContext, actual: Value, expected: Value): undefined =>
  check(context, equals(actual, expected), () => `expected ${show(expected)}, got ${show(actual)}`);

export const testWords: readonly BuiltinRow[] = [
  {
    name: 'test.init',
    effect: '( String -- )',
    host: ({ test }, name) => {
      test.name = String(text(name));
      test.passed = 0;
      test.failures.length = 0;
    },
  },
  {
    name: 'test.set-name',
    effect: '( String -- )',
    host: ({ test }, name) => {
      test.name = String(text(name));
    },
  },
  {
    name: 'test.finish',
    effect: '( -- )',
    host: ({ test, host }) => {
      const failed = test.failures.length;
      host.write(`${test.name} ... ${failed === 0 ? 'ok' : 'FAILED'}\n`);
      for (const { line, message } of test.failures.slice(0, FAILURES_SHOWN))
        host.write(`  at line ${line}: ${message}\n`);
      if (failed > FAILURES_SHOWN) host.write(`  +${failed - FAILURES_SHOWN} more failures\n`);
    },
  },
  {
    name: 'test.assert',
    effect: '( Bool -- )',
    host: (context, held) => check(context, bool(held), () => 'expected true, got false'),
  },
  {
    name: 'test.assert-not',
    effect: '( Bool -- )',
    host: (context, held) => check(context, !bool(held), () => 'expected false, got true'),
  },
  {
    name: 'test.assert-eq',
    effect: '( Int Int -- )',
    host: (context, actual, expected) => same(context, int(actual), int(expected)),
  },
  {
    name: 'test.assert-eq-str',
    effect: '( String String -- )',
    host: (context, actual, expected) => same(context, text(actual), text(expected)),
  },
  {
    name: 'test.fail',
    effect: '( String -- )',
    host: (context, message) => check(context, false, () => String(text(message))),
  },
  { name: 'test.pass-count', effect: '( -- Int )', host: ({ test }) => test.passed },
  { name: 'test.fail-count', effect: '( -- Int )', host: ({ test }) => test.failures.length },
  { name: 'test.has-failures', effect: '( -- Bool )', host: ({ test }) => test.failures.length > 0 },
];
