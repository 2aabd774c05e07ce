// Channels as they were before 0.19: known by numbers. A number that no open channel has is refused when it
// is used.
import type { Value } from '../../../base/value.ts';
import { Fault } from '../../fault.ts';
import { show } from '../../run/show.ts';
import { Channel, END } from '../../run/strand.ts';
import type { Strands } from '../../run/strands.ts';
import type { BuiltinRow } from '../table.ts';
import { type OlderRow, older } from './row.ts';

/** The open channels of a run, by number. */
const numbered = new WeakMap<Strands, Map<number, Channel>>();
let newest = 0;

function channelsOf(strands: Strands | undefined): Map<number, Channel> {
  const known = numbered.get(strands!) ?? new Map<number, Channel>();
  numbered.set(strands!, known);
  return known;
}

function found(strands: Strands | undefined, number: unknown): Channel | undefined {
  return typeof number === 'number' ? channelsOf(strands).get(number) : undefined;
}

/** A number for a channel of later releases. */
export function numberOf(strands: Strands | undefined, channel: Channel): number {
  const channels = channelsOf(strands);
  for (const [number, each] of channels) if (each === channel) return number;
  channels.set(++newest, channel);
  return newest;
}

type Host = NonNullable<BuiltinRow['host']>;

const make: Host = ({ strands }) => numberOf(strands, new Channel());

const send =
  (failed: (number: Value) => Value | undefined, sent: Value | undefined): Host =>
  ({ strands }, value, number) => {
    const channel = found(strands, number);
    return channel !== undefined && strands!.send(channel, value!) ? sent : failed(number!);
  };

const none = (number: Value): never => {
  throw new Fault('closed', `There is no open channel ${show(number)}.`);
};

const close: Host = ({ strands }, number) => {
  const channel = found(strands, number);
  if (channel === undefined) return;
  strands!.close(channel);
  channelsOf(strands).delete(number as number);
};

/** `ends`: see table.ts. A number that no channel has is as a channel that is closed. */
const receive: NonNullable<BuiltinRow['suspends']> = ({ strands }, number) => {
  const channel = found(strands, number);
  return channel === undefined ? END : strands!.receive(channel);
};

type Row = Omit<BuiltinRow, 'name'>;
const made: Row = { effect: '( -- Int )', strands: true, host: make };
const sent: Row = { effect: '( T Int -- )', strands: true, host: send(none, undefined) };
const sentInt: Row = { effect: '( T Int -- Int )', strands: true, host: send(() => 0, 1) };
const sentBool: Row = { effect: '( T Int -- Bool )', strands: true, host: send(() => false, true) };
const received: Row = { effect: '( Int -- T )', ends: true, suspends: receive };
const receivedInt: Row = { ...received, effect: '( Int -- T Int )' };
const receivedBool: Row = { ...received, effect: '( Int -- T Bool )' };
const closed: Row = { effect: '( Int -- )', strands: true, host: close };

export const channelRows = (): readonly OlderRow[] => [
  older('make-channel', '0-0.9', 'chan.make', made),
  older('chan.make', '0.9-0.19', 'chan.make', made),
  older('send', '0-0.9', 'chan.send drop', sent),
  older('chan.send', '0.9-0.18', 'chan.send drop', sent),
  older('send-safe', '0.4-0.9', 'chan.send', sentInt),
  older('chan.send-safe', '0.9-0.17', 'chan.send', sentInt),
  older('chan.send-safe', '0.17-0.18', 'chan.send', sentBool),
  older('chan.send', '0.18-0.19', 'chan.send', sentBool),
  older('receive', '0-0.9', 'chan.receive drop', received),
  older('chan.receive', '0.9-0.18', 'chan.receive drop', received),
  older('receive-safe', '0.4-0.9', 'chan.receive', receivedInt),
  older('chan.receive-safe', '0.9-0.17', 'chan.receive', receivedInt),
  older('chan.receive-safe', '0.17-0.18', 'chan.receive', receivedBool),
  older('chan.receive', '0.18-0.19', 'chan.receive', receivedBool),
  older('close-channel', '0-0.9', 'chan.close', closed),
  older('chan.close', '0.9-0.19', 'chan.close', closed),
  // Weaves have the name since 0.18.
  older('yield', '0-0.9', 'chan.yield', { effect: '( -- )', suspends: ({ strands }) => strands!.giveWay() }),
];
