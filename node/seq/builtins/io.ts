import { Bytes, intOf, type Value } from '../../base/value.ts';
import { Fault } from '../fault.ts';
import type { RunContext } from '../run/context.ts';
import { int, text } from '../words/row.ts';
import type { BuiltinRow } from './table.ts';
import { waiting } from './world.ts';

function write({ host }: RunContext, value: Value, end: string): undefined {
  const out = text(value);
  if (out instanceof Bytes) {
    host.write(out.bytes);
    if (end !== '') host.write(end);
  } else host.write(out + end);
}

export const ioWords: readonly BuiltinRow[] = [
  {
    name: 'io.write-line',
    aliases: ['write_line', 'write-line'],
    effect: '( String -- )',
    host: (context, value) => write(context, value!, '\n'),
  },
  { name: 'io.write', effect: '( String -- )', host: (context, value) => write(context, value!, '') },
  { name: 'args.count', aliases: ['arg-count'], effect: '( -- Int )', host: ({ args }) => args.length },
  {
    name: 'args.at',
    aliases: ['arg'],
    effect: '( Int -- String )',
    // As in the reference, an argument that is not there is empty.
    host: ({ args }, index) => (typeof index === 'number' ? (args[index] ?? '') : ''),
  },
  waiting('time.sleep-ms', '( Int -- )', (world, { strands }, v) => {
    const ms = int(v);
    if (typeof ms !== 'number' || ms < 0)
      throw new Fault('bad-argument', 'A time to sleep is a number of milliseconds from 0 on.');
    return strands!.waitFor(world.sleep(ms), () => undefined);
  }),
  {
    name: 'time.nanos',
    effect: '( -- Int )',
    host: ({ host }) => intOf(host.world?.nanos() ?? BigInt(Math.floor(host.nowMillis())) * 1_000_000n),
  },
  { name: 'time.now', effect: '( -- Int )', host: ({ host }) => Math.floor(host.nowMillis() / 1000) },
];
