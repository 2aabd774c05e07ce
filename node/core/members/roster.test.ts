import test from 'ava';
import { nodeId } from '../../base/ids.ts';
import type { Roster } from '../types.ts';
import { admitted, newest, samePeers } from './roster.ts';

const peer = (name: string, ...addresses: string[]) => ({ node: nodeId(name), name, addresses });
const roster = (index: number, ...names: string[]): Roster => ({
  index,
  peers: names.map((name) => peer(name)),
});
const NONE = roster(0);
const names = (own: Roster, told: Roster) => admitted(own, told, []).map(({ name }) => name);

test('the registry here decides unless a newer one was told of', (t) => {
  t.deepEqual(names(roster(5, 'a', 'b'), NONE), ['a', 'b']);
  t.deepEqual(names(roster(5, 'a', 'b'), roster(5, 'a', 'c')), ['a', 'b']);
  t.deepEqual(names(roster(5, 'a', 'b'), roster(6, 'a', 'c')), ['a', 'c', 'b']);
});

test('where a member is, the newest registry decides', (t) => {
  const told = { index: 6, peers: [peer('a', 'new')] };
  const own = (index: number) => ({ index, peers: [peer('a', 'old')] });
  t.deepEqual(admitted(own(5), told, [])[0]?.addresses, ['new']);
  t.deepEqual(admitted(own(7), told, [])[0]?.addresses, ['old']);
});

test('a node without a registry of its own begins with the members of its last run', (t) => {
  t.deepEqual(names(NONE, roster(0, 'a')), ['a']);
  t.deepEqual(names(roster(7), roster(3, 'a', 'd')), ['a', 'd']);
  t.is(newest(roster(7), roster(3, 'a')).index, 3);
});

test('whom a group counts on stays, though the registry has it no more', (t) => {
  const peers = admitted(roster(5, 'a', 'b'), NONE, [peer('b'), peer('gone')]);
  t.deepEqual(
    peers.map(({ name }) => name),
    ['a', 'b', 'gone'],
  );
});

test('the same members are the same in any order, and at no other address', (t) => {
  t.true(samePeers([peer('a', 'x'), peer('b')], [peer('b'), peer('a', 'x')]));
  t.false(samePeers([peer('a', 'x')], [peer('a', 'y')]));
  t.false(samePeers([peer('a'), peer('b')], [peer('a'), peer('c')]));
  t.false(samePeers([peer('a')], [peer('a'), peer('b')]));
});
