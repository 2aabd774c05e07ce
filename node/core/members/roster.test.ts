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
  t.deepEqual(names(roster(5, 'a', 'b'), roster(6, 'a', 'c')), ['a', 'b', 'c']);
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
