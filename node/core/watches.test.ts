// Watches through a whole node: what a watcher is told, and how often, by how the watched ends.

import test from 'ava';
import { formatNotation } from '../base/notation.ts';
import { decodeHead, encodeHead } from '../runtime/actor/head-row.ts';
import { decodePayload } from '../runtime/actor/payload.ts';
import type { ActorMode } from '../runtime/envelope.ts';
import { LoneNode } from './testing/lone-node.ts';

const PROGRAM = `
union Msg {
  Watch { whom: String }
  Unwatch { whom: String }
  Both { whom: String }
  Begin { whom: String }
  Told
  Fail
  End
  Await { whom: String, held: String }
  Terminated { path: String, reason: Symbol }
}
: told ( Map -- List ) "told" map.get [ ] [ drop list.make ] if ;
: watcher ( Map Msg -- Map )
  match
    Watch { >whom } -> actor.watch
    Unwatch { >whom } -> actor.unwatch
    Both { >whom } -> dup actor.watch dup actor.unwatch dup actor.watch actor.watch
    Begin { >whom } -> dup [ watcher ] actor.spawn-at drop actor.watch
    Told -> dup told actor.reply
    Fail -> 1 0 divide drop
    End -> actor.self actor.stop
    Await { >whom >held } -> swap actor.watch Make-Told 1000 actor.try-ask 2drop
    Terminated { >path >reason } -> >aux >aux dup told aux> list.push aux> list.push "told" swap map.set
  end ;
`;
const OTHERS = `
union Plain { Look { at: String } }
: plain ( Map Plain -- Map ) match Look { >at } -> actor.watch end ;
`;
const PICKY = `
union Msg { Look { at: String } Terminated { path: String, reason: Symbol } }
: picky ( Map Msg -- Map )
  match Look { >at } -> actor.watch Terminated { >path >reason } -> 2drop 1 0 divide drop end ;
`;
const WATCHER = '/user/a/watcher';
const WATCHED = '/user/b/watched';
const NOBODY = '/user/c/nobody';

function node(mode: ActorMode = 'durable', limits = {}): LoneNode {
  const lone = new LoneNode(4, limits);
  lone.deploy(PROGRAM);
  lone.spawn(WATCHER, 'watcher');
  lone.spawn(WATCHED, 'watcher', mode);
  return lone;
}

/** What the watcher was told so far: paths and reasons. */
function told(lone: LoneNode, path = WATCHER): string {
  lone.pass(500);
  return formatNotation(lone.reply(path, '(Told)'));
}

const once = (reason: string, path = WATCHED) => `["${path}" :${reason}]`;

function fail(lone: LoneNode): void {
  for (let at = 0; at < 4; at++) lone.tell(WATCHED, '(Fail)');
}

const endings: readonly (readonly [how: string, reason: string, end: (lone: LoneNode) => void])[] = [
  ['is stopped', 'stopped', (lone) => lone.stop(WATCHED)],
  ['stops itself', 'stopped', (lone) => lone.tell(WATCHED, '(End)')],
  ['fails', 'failed', fail],
  ['is purged', 'purged', (lone) => lone.purge(WATCHED, { force: true })],
];

for (const mode of ['durable', 'volatile'] as const)
  for (const [how, reason, end] of endings)
    test(`a watcher is told once that a ${mode} actor ${how}`, (t) => {
      const lone = node(mode);
      lone.tell(WATCHER, `(Watch "${WATCHED}")`);
      t.is(told(lone), '[]');
      t.like(lone.inspect(WATCHED), { watchers: 1 });
      t.deepEqual(lone.inspect(WATCHER).watching, [WATCHED]);
      end(lone);
      t.is(told(lone), once(reason));
      t.deepEqual(lone.inspect(WATCHER).watching, []);
      lone.restart();
      t.is(told(lone), once(reason));
      if (reason === 'purged') lone.spawn(WATCHED, 'watcher');
      else lone.resume(WATCHED);
      lone.stop(WATCHED);
      t.is(told(lone), once(reason), 'the watch is over');
      t.deepEqual(lone.verify(), []);
      t.is(lone.core.inspect.load().outbox, 0);
    });

test('a watch outlives the process, a restart after a fault, and a repeat of itself', (t) => {
  const lone = node();
  lone.tell(WATCHER, `(Both "${WATCHED}")`);
  lone.tell(WATCHER, `(Watch "${WATCHED}")`);
  lone.pass(500);
  t.is(lone.inspect(WATCHED).watchers, 1);
  lone.tell(WATCHED, '(Fail)');
  lone.restart();
  t.is(told(lone), '[]');
  lone.stop(WATCHED);
  t.is(told(lone), once('stopped'));
});

test('who watches an actor that is not there, or has ended, is told at once', (t) => {
  const lone = node();
  lone.tell(WATCHER, `(Watch "${NOBODY}")`);
  t.is(told(lone), once('no-such-actor', NOBODY));
  lone.tell(WATCHER, `(Watch "${NOBODY}")`);
  t.is(told(lone), `["${NOBODY}" :no-such-actor "${NOBODY}" :no-such-actor]`);
  const other = node();
  fail(other);
  other.tell(WATCHER, `(Watch "${WATCHED}")`);
  t.is(told(other), once('failed'));
  other.resume(WATCHED);
  other.stop(WATCHED);
  t.is(told(other), once('failed'));
  other.tell(WATCHER, `(Watch "${WATCHED}")`);
  t.is(told(other), `["${WATCHED}" :failed "${WATCHED}" :stopped]`);
});

test('an actor is watched by the turn that begins it', (t) => {
  const lone = node();
  lone.tell(WATCHER, `(Begin "${NOBODY}")`);
  t.is(told(lone), '[]');
  lone.stop(NOBODY);
  t.is(told(lone), once('stopped', NOBODY));
});

test('a watch that is taken back tells nothing', (t) => {
  const lone = node();
  lone.tell(WATCHER, `(Watch "${WATCHED}")`);
  lone.tell(WATCHER, `(Unwatch "${WATCHED}")`);
  lone.pass(500);
  t.like(lone.inspect(WATCHED), { watchers: 0 });
  lone.stop(WATCHED);
  t.is(told(lone), '[]');
  t.deepEqual(lone.verify(), []);
});

test('a watcher that has ended is told nothing, and when it is resumed, what ended meanwhile', (t) => {
  const lone = node();
  lone.tell(WATCHER, `(Watch "${WATCHED}")`);
  lone.pass(500);
  lone.stop(WATCHER);
  lone.pass(500);
  t.is(lone.inspect(WATCHED).watchers, 0);
  lone.stop(WATCHED);
  lone.pass(500);
  lone.restart();
  lone.resume(WATCHER);
  t.is(told(lone), once('stopped'));
  t.is(lone.core.inspect.counters['dead-letters'], 0);
});

test('a new life at the path of a watcher watches nothing', (t) => {
  const lone = node();
  lone.tell(WATCHER, `(Watch "${WATCHED}")`);
  lone.pass(500);
  lone.stop(WATCHER);
  lone.spawn(WATCHER, 'watcher', 'durable', { newLife: true });
  lone.stop(WATCHED);
  t.is(told(lone), '[]');
});

test('a volatile actor whose life was lost is told to be lost, and its next life can be watched', (t) => {
  const lone = node('volatile');
  lone.tell(WATCHER, `(Watch "${WATCHED}")`);
  t.is(told(lone), '[]');
  lone.restart();
  t.is(told(lone), once('lost'));
  lone.tell(WATCHER, `(Watch "${WATCHED}")`);
  lone.pass(500);
  lone.stop(WATCHED);
  t.is(told(lone), `["${WATCHED}" :lost "${WATCHED}" :stopped]`);
});

test('a turn that waits takes the notice later', (t) => {
  const lone = node();
  lone.spawn('/user/d/held', 'watcher');
  lone.damage(lone.keyOf('/user/d/held', (keys, path) => keys.head(path)));
  lone.restart();
  lone.tell(WATCHER, `(Watch "${WATCHED}")`);
  lone.begin({
    op: 'tell',
    path: WATCHER as never,
    id: 'x',
    message: LoneNode.message(`(Await "${NOBODY}" "/user/d/held")`),
  });
  lone.stop(WATCHED);
  lone.pass(1500);
  t.is(told(lone), `["${WATCHED}" :stopped "${NOBODY}" :no-such-actor]`);
});

test('a behaviour that does not take the notice, or faults on it, leaves a dead letter that says it', (t) => {
  for (const [word, code, source] of [
    ['plain', 'bad-message', OTHERS],
    ['picky', 'turn-failed', PICKY],
  ] as const) {
    const lone = node();
    lone.deploy(source, 'bb');
    lone.spawn(NOBODY, word, 'durable', { hash: 'bb' });
    lone.tell(NOBODY, `(Look "${WATCHED}")`);
    lone.pass(500);
    lone.stop(WATCHED);
    lone.pass(500);
    const letters = lone.deadLetters(WATCHED);
    t.like(letters, [{ code, receiver: NOBODY }]);
    t.deepEqual(
      letters.map(({ payload }) => decodePayload(payload)),
      [{ kind: 'message', message: LoneNode.message(`(Terminated "${WATCHED}" :stopped)`), ask: null }],
    );
    t.deepEqual(lone.inspect(NOBODY).watching, [], 'it is told once all the same');
  }
});

test('all of many watchers are told, also when the process ends between the entries that tell them', (t) => {
  const lone = node();
  const watchers = Array.from({ length: 600 }, (_, at) => `/user/w/${at}`);
  for (const path of watchers) lone.spawn(path, 'watcher');
  for (const path of watchers) lone.tell(path, `(Watch "${WATCHED}")`);
  lone.pass(1000);
  t.is(lone.inspect(WATCHED).watchers, 600);
  t.deepEqual(lone.verify(), []);
  lone.stop(WATCHED);
  lone.restart();
  lone.pass(2000);
  for (const path of watchers) t.is(told(lone, path), once('stopped'));
  t.is(lone.inspect(WATCHED).watchers, 0);
  t.deepEqual(lone.verify(), []);
});

test('watchers of an actor that has ended are told by a leader after the one that was lost while it told them', (t) => {
  const lone = node();
  lone.tell(WATCHER, `(Watch "${WATCHED}")`);
  lone.pass(500);
  const key = lone.keyOf(WATCHED, (keys, path) => keys.head(path));
  const head = decodeHead(lone.damage(key));
  lone.damage(key, encodeHead({ ...head, lifecycle: 'failed' }));
  lone.restart();
  t.is(told(lone), once('failed'));
  t.is(lone.inspect(WATCHED).watchers, 0);
});

test('an actor cannot watch itself, nor can a volatile one watch', (t) => {
  const lone = node('volatile');
  t.regex((lone.tell(WATCHER, `(Watch "${WATCHER}")`) as { message: string }).message, /cannot watch itself/);
  t.regex(
    (lone.tell(WATCHED, `(Watch "${WATCHER}")`) as { message: string }).message,
    /needs a durable actor/,
  );
});
