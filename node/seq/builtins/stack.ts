import type { Value } from '../../base/value.ts';
import { Fault } from '../fault.ts';
import { int, type Results } from '../words/row.ts';
import { sonText } from '../words/son.ts';
import { type Builtin, type BuiltinRow, builtinOfSize } from './table.ts';

/** Words that only move values. `give` are positions among the inputs, 0 the deepest. */
const moves = (name: string, effect: string, ...give: number[]): BuiltinRow => ({ name, effect, give });

export const stackWords: readonly BuiltinRow[] = [
  moves('dup', '( T -- T T )', 0, 0),
  moves('drop', '( T -- )'),
  moves('swap', '( T U -- U T )', 1, 0),
  moves('over', '( T U -- T U T )', 0, 1, 0),
  moves('rot', '( T U V -- U V T )', 1, 2, 0),
  moves('nip', '( T U -- U )', 1),
  moves('tuck', '( T U -- U T U )', 1, 0, 1),
  moves('2dup', '( T U -- T U T U )', 0, 1, 0, 1),
  moves('2drop', '( T U -- )'),
  moves('3drop', '( T U V -- )'),
  { name: 'pick', effect: '( T Int -- T T )', special: true },
  { name: 'roll', effect: '( T Int -- T )', special: true },
  { name: '>aux', effect: '( T -- )', special: true },
  { name: 'aux>', effect: '( -- T )', special: true },
  { name: 'stack.dump', effect: '( ..a -- ..b )', special: true },
];

/** `stack.dump` where the word that says it sees so many values. */
export function dumpOf(count: number): Builtin {
  const host: BuiltinRow['host'] = ({ host }, ...values) => {
    host.write(`${['\u00bb', ...values.map(sonText)].join(' ')}\n`);
  };
  return builtinOfSize({ name: 'stack.dump', effect: '( T -- )', host }, count, 0);
}

/** `pick` or `roll` where so many values lie below the number that tells how deep. */
export function reachOf(name: string, count: number): Builtin {
  const run = (...args: Value[]): Results => {
    const depth = int(args.pop());
    if (depth < 0 || depth >= count)
      throw new Fault(
        'stack-underflow',
        `${name} reaches ${depth} deep, but only ${count} values are there.`,
      );
    const at = count - 1 - Number(depth);
    const reached = args[at]!;
    if (name === 'roll') args.splice(at, 1);
    return args.length === 0 ? reached : [...args, reached];
  };
  return builtinOfSize({ name, effect: '( T -- )', run }, count + 1, name === 'pick' ? count + 1 : count);
}
