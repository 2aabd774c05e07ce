import test from 'ava';
import { nodeId } from '../../base/ids.ts';
import { admitted, type Roster } from './roster.ts';

const peer = (name: string) => ({ node: nodeId(name), name, addresses: [] });
const roster = (index: number, ...names: string[]): Roster => ({ index, peers: names.map(peer) });
const names = (own: Roster, told: Roster | undefined, ...before: string[]) =>
  admitted(own, told, before.map(peer), []).map(({ name }) => name);

test('the registry here decides unless a member knows a newer one', (t) => {
  t.deepEqual(names(roster(5, 'a', 'b'), undefined), ['a', 'b']);
  t.deepEqual(names(roster(5, 'a', 'b'), roster(5, 'a', 'c')), ['a', 'b']);
  t.deepEqual(names(roster(5, 'a', 'b'), roster(6, 'a', 'c')), ['a', 'c', 'b']);
});

test('where a member is, the newest registry decides', (t) => {
  const at = (address: string) => ({ node: nodeId('a'), name: 'a', addresses: [address] });
  const told = { index: 6, peers: [at('new')] };
  t.deepEqual(admitted({ index: 5, peers: [at('old')] }, told, [], [])[0]?.addresses, ['new']);
  t.deepEqual(admitted({ index: 7, peers: [at('old')] }, told, [], [])[0]?.addresses, ['old']);
});

test('a node without a registry begins with the peers of its last run', (t) => {
  t.deepEqual(names(roster(0), undefined, 'a'), ['a']);
  t.deepEqual(names(roster(0), roster(3, 'a', 'd'), 'a'), ['a', 'd']);
});

test('whom a group counts on stays, though the registry has it no more', (t) => {
  const peers = admitted(roster(5, 'a', 'b'), undefined, [], [peer('b'), peer('gone')]);
  t.deepEqual(
    peers.map(({ name }) => name),
    ['a', 'b', 'gone'],
  );
});
