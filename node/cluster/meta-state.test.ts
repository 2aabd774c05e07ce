import test from 'ava';
import { nodeId } from '../base/ids.ts';
import { decodeMetaCommand, encodeMetaCommand, type MetaCommand, MetaState } from './meta-state.ts';

const peer = (name: string) => ({ node: nodeId(name), name, addresses: [`127.0.0.1:${name.length}`] });
const admit = (name: string, secretHash: string, wall = 0): MetaCommand => ({
  kind: 'admit',
  secretHash,
  wall,
  peer: peer(name),
});

test('a token admits one node, once', (t) => {
  const state = new MetaState();
  state.apply({ kind: 'token', secretHash: 'aa', expiresAt: 100 });
  t.true(state.expectsGuests(99));
  t.false(state.expectsGuests(100));
  t.like(state.apply(admit('b', 'bb')).result, { ok: false, code: 'token-refused' });
  t.deepEqual(state.apply(admit('a', 'aa')).result, { ok: true });
  t.deepEqual(
    state.apply(admit('a', 'aa', 1000)).result,
    { ok: true },
    'a repeated request of the same node',
  );
  t.like(state.apply(admit('c', 'aa')).result, { ok: false, code: 'token-refused' });
  t.false(state.expectsGuests(0));
  t.deepEqual(
    state.nodes().map(({ name, order }) => [name, order]),
    [['a', 1]],
  );
});

test('an expired token is refused by the time of the proposal', (t) => {
  const state = new MetaState();
  state.apply({ kind: 'token', secretHash: 'aa', expiresAt: 100 });
  t.like(state.apply(admit('a', 'aa', 100)).result, { ok: false });
});

test('a removed node does not come back with its old token', (t) => {
  const state = new MetaState();
  state.apply({ kind: 'token', secretHash: 'aa', expiresAt: 100 });
  state.apply(admit('a', 'aa'));
  state.apply({ kind: 'remove-node', node: nodeId('a') });
  t.like(state.apply(admit('a', 'aa')).result, { ok: false });
});

test('M3: a node takes the place of another, however often it asks', (t) => {
  const state = new MetaState();
  for (const name of ['a', 'b', 'c']) {
    state.apply({ kind: 'token', secretHash: name, expiresAt: 100 });
    state.apply(admit(name, name));
  }
  const replace: MetaCommand = { kind: 'replace', old: nodeId('b'), node: nodeId('b2') };
  t.deepEqual(state.apply(replace).result, { ok: true });
  const after = state.nodes();
  t.deepEqual(after, [
    { ...peer('a'), order: 1 },
    { ...peer('b'), node: nodeId('b2'), order: 2 },
    { ...peer('c'), order: 3 },
  ]);
  t.deepEqual(state.apply(replace), { result: { ok: true }, items: [] });
  t.deepEqual(state.nodes(), after);
  // The place is taken: neither another, nor the old one, gets it.
  t.like(state.apply({ ...replace, node: nodeId('b3') }).result, { ok: false, code: 'not-admitted' });
  state.apply({ kind: 'remove-node', node: nodeId('b2') });
  t.like(
    state.apply(replace).result,
    { ok: false, code: 'not-admitted' },
    'nor the new one once it is removed',
  );
  t.deepEqual(
    state.nodes().map(({ name }) => name),
    ['a', 'c'],
  );
});

test('the rows of all commands rebuild the state', (t) => {
  const state = new MetaState();
  const rows = new Map<string, Uint8Array>();
  const commands: MetaCommand[] = [
    { kind: 'token', secretHash: 'aa', expiresAt: 100 },
    { kind: 'token', secretHash: 'bb', expiresAt: 100 },
    admit('a', 'aa'),
    admit('b', 'bb'),
    { kind: 'readdress', node: nodeId('a'), name: 'a2', addresses: ['h:1'] },
    { kind: 'remove-node', node: nodeId('b') },
    { kind: 'replace', old: nodeId('a'), node: nodeId('d') },
    { kind: 'module', hash: 'ff' as never, source: { entry: 'a.seq', files: { 'a.seq': ': x ( -- ) ;' } } },
  ];
  for (const command of commands) {
    for (const [key, value] of state.apply(decodeMetaCommand(encodeMetaCommand(command))).items) {
      if (value === null) rows.delete(key);
      else rows.set(key, value);
    }
  }
  const rebuilt = MetaState.fromItems([...rows]);
  t.deepEqual(rebuilt.nodes(), state.nodes());
  t.deepEqual(rebuilt.modules(), state.modules());
  t.deepEqual(rebuilt.module('ff' as never), state.module('ff' as never));
  t.deepEqual(rebuilt.apply(admit('c', 'aa')).result, state.apply(admit('c', 'aa')).result);
});
