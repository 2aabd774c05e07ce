// The words of older releases that are not words of today under the same name with the same effect: one row
// for each form that a word had. Words that only had another name, or a Bool as an Int, are no rows of their
// own: see lines/vocabulary.ts.
import { List, type Value } from '../../../base/value.ts';
import { dataWords } from '../../words/index.ts';
import { concurrencyWords } from '../concurrency.ts';
import { fileWords } from '../files.ts';
import { netWords } from '../net.ts';
import { osWords } from '../os.ts';
import type { BuiltinRow } from '../table.ts';
import { terminalAndSignalWords } from '../terminal.ts';
import { channelRows } from './channels.ts';
import { edged, faulting, flagsAsInts, socketsAsInts, withoutFlag } from './derive.ts';
import { loopRows } from './loops.ts';
import { optionRows } from './options.ts';
import { type OlderRow, older } from './row.ts';
import { tagRows } from './tags.ts';

const todaysRows = (): Map<string, BuiltinRow> =>
  new Map(
    [
      ...dataWords,
      ...fileWords,
      ...osWords,
      ...netWords,
      ...terminalAndSignalWords,
      ...concurrencyWords,
    ].flatMap((row) => [row.name, ...(row.aliases ?? [])].map((name) => [name, row])),
  );
let today: ReadonlyMap<string, BuiltinRow> | undefined;

function word(name: string): BuiltinRow {
  today ??= todaysRows();
  return today.get(name)!;
}

const divides = (name: string): BuiltinRow =>
  withoutFlag(word(name), faulting('division-by-zero', 'The divisor is 0.'));

const division = (): readonly OlderRow[] => [
  older('divide', '0-0.15', 'i./ drop', divides('i.divide')),
  older('i.divide', '0.15-3', 'i./ drop', divides('i.divide')),
  older('i./', '0.16-3', 'i./ drop', divides('i.divide')),
  older('i.%', '0.16-3', 'i.% drop', divides('i.modulo')),
  older('i.modulo', '0.19.6-3', 'i.% drop', divides('i.modulo')),
  older('mod', '0.5.5-3', 'i.% drop', { ...divides('i.modulo'), module: 'std:imath' }),
];

const compared = (name: string): BuiltinRow => flagsAsInts(word(`i.${name}`));
const comparisons = (): readonly OlderRow[] =>
  ['=', '<', '>', '<=', '>=', '<>'].map((name) => older(name, '0-0.16', `i.${name}`, compared(name)));

const mapGet = () => withoutFlag(word('map.get'), faulting('bad-argument', 'The map does not have the key.'));
const maps = (): readonly OlderRow[] => [
  older('map-get', '0.4-0.9', 'map.get drop', mapGet()),
  older('map.get', '0.9-0.18', 'map.get drop', mapGet()),
  older('map-get-safe', '0.4-0.9', 'map.get', flagsAsInts(word('map.get'))),
  older('map.get-safe', '0.9-0.17', 'map.get', flagsAsInts(word('map.get'))),
  older('map.get-safe', '0.17-0.18', 'map.get', word('map.get')),
  older('list.push!', '4.1-5', 'list.push', word('list.push')),
];

/** A pattern that is none matches nothing. */
const regex = (name: string, otherwise: (args: readonly Value[]) => Value): OlderRow =>
  older(`regex.${name}`, '0.21-3', `regex.${name} drop`, withoutFlag(word(`regex.${name}`), otherwise));
const expressions = (): readonly OlderRow[] => [
  regex('find-all', () => List.empty),
  regex('replace', ([text]) => text!),
  regex('replace-all', ([text]) => text!),
  regex('split', ([text]) => List.of([text!])),
];

const slurp = () => withoutFlag(word('file.slurp'), faulting('bad-argument', 'The file cannot be read.'));
const readLine = () => withoutFlag(word('io.read-line'), () => '');
/** With "" or a sentence below the flag. */
const eachLine = (flag: 'Int' | 'Bool'): Omit<BuiltinRow, 'name'> => ({
  effect: `( String [ String -- ] -- String ${flag} )`,
  template: word('file.for-each-line').template!.replaceAll(/return ([^;]+);/g, (_, value: string) => {
    const [good, bad] = flag === 'Int' ? ['1', '0'] : ['true', 'false'];
    return `{ const good = ${value}; R1 = good ? ${good} : ${bad}; return good ? "" : "The file cannot be read."; }`;
  }),
});
const files = (): readonly OlderRow[] => [
  older('file-slurp', '0-0.9', 'file.slurp drop', slurp()),
  older('file.slurp', '0.9-0.18', 'file.slurp drop', slurp()),
  older('file-slurp-safe', '0.4-0.9', 'file.slurp', flagsAsInts(word('file.slurp'))),
  older('file.slurp-safe', '0.9-0.17', 'file.slurp', flagsAsInts(word('file.slurp'))),
  older('file.slurp-safe', '0.17-0.18', 'file.slurp', word('file.slurp')),
  older('file-for-each-line+', '0.6.4-0.9', undefined, eachLine('Int')),
  older('file.for-each-line+', '0.9-0.17', undefined, eachLine('Int')),
  older('file.for-each-line+', '0.17-6.6', undefined, eachLine('Bool')),
  older('read_line', '0-0.9', 'io.read-line drop', readLine()),
  older('io.read-line', '0.9-0.18', 'io.read-line drop', readLine()),
  older('read_line+', '0.5.4-0.9', 'io.read-line', flagsAsInts(word('io.read-line'))),
  // Its flag stayed an Int to its end.
  older('io.read-line+', '0.9-6.5.2', 'io.read-line', flagsAsInts(word('io.read-line'))),
  ...['current-dir', 'getenv', 'home-dir'].map((name) =>
    older(name, '0.8.9-0.9', `os.${name}`, flagsAsInts(word(`os.${name}`))),
  ),
];

const TCP = ['listen', 'accept', 'read', 'write', 'close'];
const network = (): readonly OlderRow[] => [
  ...TCP.flatMap((name) => {
    const now = word(`net.tcp.${name}`);
    const plain = withoutFlag(socketsAsInts(now), faulting('closed', `tcp.${name} could not be done.`));
    return [
      older(`tcp-${name}`, '0-0.9', `net.tcp.${name} drop`, plain),
      older(`tcp.${name}`, '0.9-3', `net.tcp.${name} drop`, plain),
      older(`tcp.${name}`, '3-7', `net.tcp.${name}`, socketsAsInts(now)),
    ];
  }),
  ...['bind', 'send-to', 'receive-from', 'close'].map((name) =>
    older(`udp.${name}`, '6.1-7', `net.udp.${name}`, socketsAsInts(word(`net.udp.${name}`))),
  ),
];

/** Until 6.5 bits were counted as if an Int had 64 of them. */
const wide = (name: string, run: (v: Value) => Value): OlderRow =>
  older(name, '4.1-6.5', undefined, { ...edged(word(name), { effect: word(name).effect }), run });
const BITS_64 = 64;
const count = (name: string, v: Value): number => Number(word(name).run!(v) as number);
const bits = (): readonly OlderRow[] => [
  older('int-bits', '0.6.3-6.5', undefined, { effect: '( -- Int )', run: () => BITS_64 }),
  wide('clz', (v) => (Number(v) < 0 ? 0 : count('clz', v) + 1)),
  wide('ctz', (v) => (v === 0 ? BITS_64 : count('ctz', v))),
  wide('popcount', (v) => count('popcount', v) + (Number(v) < 0 ? 1 : 0)),
];

let rows: readonly OlderRow[] | undefined;

/** Made when they are first asked for: most programs are of today, and their start would wait for this. */
export function olderRows(): readonly OlderRow[] {
  rows ??= allRows();
  return rows;
}

const allRows = (): readonly OlderRow[] => [
  ...division(),
  ...comparisons(),
  ...maps(),
  ...expressions(),
  ...files(),
  ...channelRows(),
  ...loopRows(),
  ...tagRows(),
  ...optionRows(),
  ...network(),
  ...bits(),
];
