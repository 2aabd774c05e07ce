// The words of strands, channels and weaves.
import type { Value } from '../../base/value.ts';
import { Fault } from '../fault.ts';
import { show } from '../run/show.ts';
import { Channel, type WeaveCtx } from '../run/strand.ts';
import type { BuiltinRow } from './table.ts';

function channel(value: Value | undefined): Channel {
  // Only a channel has receivers. For `instanceof` engines would search the prototypes each time.
  if ((value as Partial<Channel>).receivers !== undefined) return value as Channel;
  throw new Fault('type-fault', `A Channel is needed here, but this is ${show(value)}.`);
}

function weave(value: Value | undefined): WeaveCtx {
  if ((value as Partial<WeaveCtx>).behind !== undefined) return value as WeaveCtx;
  throw new Fault('type-fault', `A WeaveCtx is needed here, but this is ${show(value)}.`);
}

export const concurrencyWords: readonly BuiltinRow[] = [
  // Both start their quotation on a copy of the stack: see check/strands.ts.
  { name: 'strand.spawn', aliases: ['spawn'], effect: '( [ -- ] -- Int )', special: true },
  { name: 'strand.weave', effect: '( [ -- ] -- WeaveCtx )', special: true },
  {
    name: 'strand.resume',
    effect: '( WeaveCtx T -- WeaveCtx T Bool )',
    keeps: 1,
    ends: true,
    suspends: ({ strands }, handle, value) => strands!.resume(weave(handle), value!),
  },
  {
    name: 'yield',
    effect: '( WeaveCtx T -- WeaveCtx T | Yield T )',
    keeps: 1,
    suspends: ({ strands }, context, value) => strands!.yield(weave(context), value!),
  },
  {
    name: 'strand.weave-cancel',
    effect: '( WeaveCtx -- )',
    strands: true,
    host: ({ strands }, handle) => {
      strands!.cancel(weave(handle));
    },
  },
  { name: 'chan.make', aliases: ['make-channel'], effect: '( -- Channel )', host: () => new Channel() },
  {
    name: 'chan.send',
    effect: '( T Channel -- Bool )',
    strands: true,
    host: ({ strands }, value, to) => strands!.send(channel(to), value!),
  },
  {
    name: 'chan.receive',
    effect: '( Channel -- T Bool )',
    ends: true,
    suspends: ({ strands }, from) => strands!.receive(channel(from)),
  },
  {
    name: 'chan.close',
    aliases: ['close-channel'],
    effect: '( Channel -- )',
    strands: true,
    host: ({ strands }, which) => {
      strands!.close(channel(which));
    },
  },
  { name: 'chan.yield', effect: '( -- )', suspends: ({ strands }) => strands!.giveWay() },
  // In the oldest programs neither leaves a Bool.
  {
    name: 'send',
    effect: '( T Channel -- )',
    strands: true,
    host: ({ strands }, value, to) => {
      if (!strands!.send(channel(to), value!)) throw new Fault('closed', 'The channel is closed.');
    },
  },
  {
    name: 'receive',
    effect: '( Channel -- T )',
    ends: true,
    suspends: ({ strands }, from) => strands!.receive(channel(from)),
  },
];
