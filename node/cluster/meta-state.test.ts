import test from 'ava';
import { InvariantError } from '../base/assert.ts';
import { nodeId } from '../base/ids.ts';
import { decodeMetaCommand, encodeMetaCommand, type MetaCommand, MetaState } from './meta-state.ts';

const peer = (name: string) => ({ node: nodeId(name), name, addresses: [`127.0.0.1:${name.length}`] });
const admit = (name: string, secretHash: string, wall = 0): MetaCommand => ({
  kind: 'admit',
  secretHash,
  wall,
  peer: peer(name),
});
const token = (secretHash: string): MetaCommand => ({ kind: 'token', secretHash, expiresAt: 100 });
const leave = (name: string): MetaCommand => ({ kind: 'leave', node: nodeId(name) });
const stay = (name: string): MetaCommand => ({ kind: 'stay', node: nodeId(name) });
const left = (name: string, since: number): MetaCommand => ({ kind: 'left', node: nodeId(name), since });
const replace = (old: string, name: string): MetaCommand => ({
  kind: 'replace',
  old: nodeId(old),
  node: nodeId(name),
});

/** A registry, and its rows as a store would have them. */
class Registry {
  state = new MetaState();
  readonly rows = new Map<string, Uint8Array>();
  #index = 0;

  constructor(...members: readonly string[]) {
    for (const name of members) {
      this.apply(token(`t-${name}`));
      this.apply(admit(name, `t-${name}`));
    }
  }

  /** By its bytes, as it would come from a log. Gives the result with the index of the entry. */
  apply(command: MetaCommand) {
    const index = ++this.#index;
    const { result, items } = this.state.apply(decodeMetaCommand(encodeMetaCommand(command)), index);
    for (const [key, value] of items) {
      if (value === null) this.rows.delete(key);
      else this.rows.set(key, value);
    }
    return { ...result, index };
  }

  get names() {
    return this.state.nodes().map(({ name }) => name);
  }
}

test('a token admits one node, once', (t) => {
  const registry = new Registry();
  registry.apply({ kind: 'token', secretHash: 'aa', expiresAt: 100 });
  t.true(registry.state.expectsGuests(99));
  t.false(registry.state.expectsGuests(100));
  t.like(registry.apply(admit('b', 'bb')), { ok: false, code: 'token-refused' });
  t.like(registry.apply(admit('a', 'aa')), { ok: true });
  t.like(registry.apply(admit('a', 'aa', 1000)), { ok: true }, 'a repeated request of the same node');
  t.like(registry.apply(admit('c', 'aa')), { ok: false, code: 'token-refused' });
  t.false(registry.state.expectsGuests(0));
  t.deepEqual(
    registry.state.nodes().map(({ name, order }) => [name, order]),
    [['a', 1]],
  );
});

test('an expired token is refused by the time of the proposal', (t) => {
  const registry = new Registry();
  registry.apply(token('aa'));
  t.like(registry.apply(admit('a', 'aa', 100)), { ok: false });
});

test('a node that leaves is a member until it has left', (t) => {
  const registry = new Registry('a', 'b');
  const { index } = registry.apply(leave('b'));
  t.deepEqual(registry.names, ['a', 'b']);
  t.like(registry.state.leaving(), { name: 'b', leaving: index });
  t.false(registry.state.wasRemoved(nodeId('b')));
  registry.apply(left('b', index));
  t.deepEqual(registry.names, ['a']);
  t.is(registry.state.leaving(), undefined);
  t.true(registry.state.wasRemoved(nodeId('b')));
});

test('M3: asking twice changes nothing, and two do not leave at once', (t) => {
  const registry = new Registry('a', 'b', 'c');
  const { index } = registry.apply(leave('b'));
  t.like(registry.apply(leave('b')), { ok: true });
  t.is(registry.state.leaving()?.leaving, index);
  t.like(registry.apply(leave('c')), { ok: false, code: 'still-leaving' });
  registry.apply(left('b', index));
  t.like(registry.apply(leave('b')), { ok: true }, 'it has left already');
  t.like(registry.apply(leave('c')), { ok: true });
});

test('M3: what was gathered for one leaving does not end the next', (t) => {
  const registry = new Registry('a', 'b');
  const { index } = registry.apply(leave('b'));
  t.like(registry.apply(stay('b')), { ok: true });
  registry.apply(left('b', index));
  registry.apply(leave('b'));
  registry.apply(left('b', index));
  t.deepEqual(registry.names, ['a', 'b']);
});

test('M3: a removed node does not come back, by its old token or a new one', (t) => {
  const registry = new Registry('a', 'b');
  registry.apply(left('b', registry.apply(leave('b')).index));
  t.like(registry.apply(admit('b', 't-b')), { ok: false, code: 'not-admitted' });
  registry.apply(token('new'));
  t.like(registry.apply(admit('b', 'new')), { ok: false, code: 'not-admitted' });
  t.like(registry.apply(admit('c', 'new')), { ok: true }, 'the token was not used up');
});

test('nobody leaves whom the registry does not know, and not the last', (t) => {
  const registry = new Registry('a');
  t.like(registry.apply(leave('x')), { ok: false, code: 'no-such-member' });
  t.like(registry.apply(stay('x')), { ok: false, code: 'no-such-member' });
  t.like(registry.apply(leave('a')), { ok: false, code: 'last-member' });
});

test('a node is found by name or id, one that is there before one that was', (t) => {
  const registry = new Registry('a', 'b');
  registry.apply(left('b', registry.apply(leave('b')).index));
  t.deepEqual(registry.state.called('b'), [{ node: nodeId('b'), name: 'b', removed: true }]);
  registry.apply(token('new'));
  registry.apply({
    ...(admit('c', 'new') as MetaCommand & { kind: 'admit' }),
    peer: { ...peer('c'), name: 'b' },
  });
  t.deepEqual(registry.state.called('b'), [{ node: nodeId('c'), name: 'b', removed: false }]);
  t.deepEqual(registry.state.called('x'), []);
});

test('an earlier version stops at what it does not know', (t) => {
  const version = (command: MetaCommand) => encodeMetaCommand(command)[1];
  t.is(version(token('aa')), 1);
  for (const command of [leave('a'), stay('a'), left('a', 1), replace('a', 'b')]) t.is(version(command), 2);
  const later = encodeMetaCommand(token('aa'));
  later[1] = 3;
  t.throws(() => decodeMetaCommand(later), { instanceOf: InvariantError });
});

test('M4: a node takes the place of another, however often it asks', (t) => {
  const registry = new Registry('a', 'b', 'c');
  t.like(registry.apply(replace('b', 'b2')), { ok: true });
  const after = registry.state.nodes();
  t.deepEqual(after, [
    { ...peer('a'), order: 1 },
    { ...peer('b'), node: nodeId('b2'), order: 2 },
    { ...peer('c'), order: 3 },
  ]);
  t.like(registry.apply(replace('b', 'b2')), { ok: true });
  t.deepEqual(registry.state.nodes(), after);
  for (const [old, node, why] of [
    ['b', 'b3', 'the place is taken'],
    ['b2', 'b', 'the old node does not come back'],
    ['a', 'c', 'a member has a place already'],
    ['x', 'y', 'nobody is there'],
  ] as const)
    t.like(registry.apply(replace(old, node)), { ok: false, code: 'not-admitted' }, why);
  registry.apply(token('new'));
  t.like(registry.apply(admit('b', 'new')), { ok: false, code: 'not-admitted' });
  t.deepEqual(registry.state.nodes(), after);
  registry.apply(left('b2', registry.apply(leave('b2')).index));
  t.like(
    registry.apply(replace('b', 'b2')),
    { ok: false, code: 'not-admitted' },
    'nor does the new one, once it is removed',
  );
  t.deepEqual(registry.names, ['a', 'c']);
});

test('M4: what is said of a replaced node is said of the one in its place', (t) => {
  const registry = new Registry('a', 'b', 'c');
  registry.apply(replace('b', 'b2'));
  registry.apply(replace('b2', 'b3'));
  const { state } = registry;
  const found = { node: nodeId('b3'), name: 'b', removed: false };
  for (const text of ['b', 'b2', 'b3']) t.deepEqual(state.called(text), [found]);
  t.true(state.isGone(nodeId('b')) && state.isGone(nodeId('b2')));
  t.false(state.wasRemoved(nodeId('b')), 'its machine is not to be switched off');
  const { index } = registry.apply(leave('b'));
  t.like(state.leaving(), { node: nodeId('b3'), leaving: index });
  registry.apply(stay('b2'));
  t.is(state.leaving(), undefined);
  registry.apply(left('b3', registry.apply(leave('b3')).index));
  t.deepEqual(state.called('b2'), [{ ...found, removed: true }]);
});

test('M4: a node that leaves is not replaced, nor one that has left, but one that stays after all', (t) => {
  const registry = new Registry('a', 'b', 'c');
  const { index } = registry.apply(leave('b'));
  t.like(registry.apply(replace('b', 'b2')), { ok: false, code: 'still-leaving' });
  t.like(registry.apply(replace('c', 'c2')), { ok: true }, 'another one is');
  t.like(registry.state.leaving(), { node: nodeId('b'), leaving: index });
  registry.apply(stay('b'));
  t.like(registry.apply(replace('b', 'b2')), { ok: true });
  registry.apply(left('b2', registry.apply(leave('b2')).index));
  t.like(registry.apply(replace('b2', 'b3')), { ok: false, code: 'not-admitted' });
  t.deepEqual(registry.names, ['a', 'c']);
});

test('M5: no two members have one name, whoever comes or is called otherwise', (t) => {
  const registry = new Registry('a', 'b', 'c');
  const called = (node: string, name: string) => ({ ...peer(node), name });
  const admitAs = (node: string, name: string): MetaCommand => ({
    ...(admit(node, 'new') as MetaCommand & { kind: 'admit' }),
    peer: called(node, name),
  });
  const rename = (node: string, name: string, addresses = ['h:1']): MetaCommand => ({
    kind: 'readdress',
    ...called(node, name),
    addresses,
  });
  registry.apply(token('new'));
  const before = registry.state.nodes();
  for (const refusal of [admitAs('d', 'a'), rename('b', 'a')])
    t.like(registry.apply(refusal), { ok: false, code: 'name-taken' });
  for (const name of ['', ' ', '-a', 'a b', 'a\n', 'x'.repeat(129)])
    for (const refusal of [admitAs('d', name), rename('b', name)])
      t.like(registry.apply(refusal), { ok: false, code: 'bad-config' }, name);
  t.deepEqual(registry.state.nodes(), before);
  t.like(registry.apply(admitAs('d', 'é'.repeat(128))), { ok: true }, 'the token was not used up');
  registry.apply(leave('a'));
  t.like(
    registry.apply(rename('b', 'a')),
    { ok: false, code: 'name-taken' },
    'also while that one is leaving',
  );
  t.like(registry.apply(rename('b', 'b', ['h:2'])), { ok: true });
  for (const name of ['x', 'y']) t.like(registry.apply(rename('b', name)), { ok: true });
  t.like(registry.apply(rename('c', 'b')), { ok: false, code: 'name-taken' }, 'the id of another');
  t.like(registry.apply(rename('c', 'y')), { ok: false, code: 'name-taken' }, 'the name of another');
  t.like(registry.apply(rename('c', 'x')), { ok: true }, 'nobody is called that any more');
  registry.apply(replace('c', 'c2'));
  t.deepEqual(registry.state.called('x'), [{ node: nodeId('c2'), name: 'x', removed: false }]);
});

test('the rows of all commands rebuild the state', (t) => {
  const registry = new Registry('a', 'b', 'c');
  registry.apply({ kind: 'readdress', node: nodeId('a'), name: 'a2', addresses: ['h:1'] });
  registry.apply(left('b', registry.apply(leave('b')).index));
  registry.apply(replace('a', 'e'));
  registry.apply(leave('c'));
  registry.apply({
    kind: 'module',
    hash: 'ff' as never,
    source: { entry: 'a.seq', files: { 'a.seq': ': x ( -- ) ;' } },
  });
  const { state } = registry;
  const rebuilt = MetaState.fromItems([...registry.rows]);
  t.deepEqual(rebuilt.nodes(), state.nodes());
  t.like(rebuilt.leaving(), { name: 'c' });
  t.deepEqual(rebuilt.gone(), [nodeId('b'), nodeId('a')]);
  t.deepEqual(rebuilt.called('a'), state.called('a'));
  t.is(rebuilt.inPlaceOf(nodeId('a')), nodeId('e'));
  t.deepEqual(rebuilt.called('b'), state.called('b'));
  t.deepEqual(rebuilt.modules(), state.modules());
  t.deepEqual(rebuilt.module('ff' as never), state.module('ff' as never));
  t.deepEqual(rebuilt.apply(admit('d', 'aa'), 99).result, state.apply(admit('d', 'aa'), 99).result);
});
