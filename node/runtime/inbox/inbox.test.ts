// E1: what comes again while it is under way gets the ending of the first, and runs once.
import test from 'ava';
import { type ActorPath, groupId } from '../../base/ids.ts';
import { parsePath } from '../../base/path.ts';
import { LoneNode } from '../../core/testing/lone-node.ts';
import { GroupKeys } from '../../journal/keys.ts';
import { Actor } from '../actor/actor.ts';
import { type Ending, settle } from '../actor/item.ts';
import { encodeMark } from '../actor/mark-row.ts';
import type { RuntimeContext } from '../context.ts';
import type { Lot, Payload } from '../envelope.ts';
import type { ActorCache } from '../shard/actor-cache.ts';
import { Inbox } from './inbox.ts';

const PROGRAM = `
union Msg { Add { amount: Int } Total }
: total ( Map -- Int ) "total" map.get [ ] [ drop 0 ] if ;
: counter ( Map Msg -- Map )
  match
    Add { >amount } -> over total i.+ dup actor.reply "total" swap map.set
    Total -> dup total actor.reply
  end ;
`;
const PATH = '/user/a/counter';

test('E1: a message that comes again before its turn runs once, and both hear of it', (t) => {
  const lone = new LoneNode();
  lone.deploy(PROGRAM);
  lone.spawn(PATH, 'counter');
  const ask = () =>
    lone.submit({ op: 'ask', path: PATH as never, message: LoneNode.message('(Add 5)'), id: 'same' });
  const [one, other] = [ask(), ask()];
  while (lone.core.hasWork) lone.slice();
  lone.pass(1000);
  const answered = { sequence: 2, reply: 5 };
  t.like(lone.result(one), { ok: true, value: answered });
  t.like(lone.result(other), { ok: true, value: { ...answered, replayed: true } });
  t.is(lone.reply(PATH, '(Total)'), 5);
});

test('E2: what came together with a message that was put off waits with it, but for answers', (t) => {
  const actor = new Actor(parsePath(PATH));
  actor.phase = 'ready';
  const context = {
    limits: { mailboxMessages: 10 },
    faults: new Set(),
    get: (_: unknown, done: (values: readonly undefined[]) => void) => done([undefined]),
  } as unknown as RuntimeContext;
  const actors = { require: () => actor } as unknown as ActorCache;
  const inbox = new Inbox(
    context,
    new GroupKeys(groupId(1), 1),
    actors,
    () => undefined,
    () => undefined,
  );
  const lot: Lot = { putOff: undefined };
  const deliver = (number: number, kind: 'message' | 'answer') => {
    let ending: Ending | undefined;
    const payload: Payload =
      kind === 'answer' ? { kind, ask: 'x', outcome: { answered: 1 } } : { kind, message: 1, ask: null };
    const origin = { source: `${kind === 'answer' ? 'r' : 'a'}:/user/s#1`, number };
    inbox.deliver({ to: actor.path, sender: parsePath('/user/s'), origin, payload, lot }, (ended) => {
      ending = ended;
    });
    return ending;
  };
  t.is(deliver(1, 'message'), undefined);
  lot.putOff = { ok: false, code: 'overloaded', message: 'full' };
  t.deepEqual(deliver(2, 'message'), lot.putOff);
  t.is(deliver(3, 'answer'), undefined);
  t.deepEqual([actor.queue.length, actor.answers.length], [1, 1]);
});

test('E3: what is said of the id of a client waits until this node is known to lead; an actor hears at once', (t) => {
  const actor = new Actor(parsePath(PATH));
  actor.phase = 'ready';
  const digest = Uint8Array.of(1);
  const mark = encodeMark({ number: 0, digest, outcome: { ok: true, sequence: 3, reply: 5 } });
  const context = {
    limits: { mailboxMessages: 10 },
    faults: new Set(),
    count: () => undefined,
    get: (_: unknown, done: (values: readonly Uint8Array[]) => void) => done([mark]),
  } as unknown as RuntimeContext;
  const waiting: unknown[] = [];
  const inbox = new Inbox(
    context,
    new GroupKeys(groupId(1), 1),
    { require: () => actor } as unknown as ActorCache,
    () => undefined,
    (_actor, _item, told) => waiting.push(told),
  );
  const deliver = (source: string, sender: string, of: Uint8Array) => {
    const endings: Ending[] = [];
    const payload: Payload = { kind: 'message', message: 1, ask: null };
    const origin = { source, number: 0, digest: of };
    inbox.deliver({ to: actor.path, sender: sender as ActorPath, origin, payload }, (ending) =>
      endings.push(ending),
    );
    return endings;
  };
  t.deepEqual(deliver('c:one', '', Uint8Array.of(2)), []);
  t.deepEqual(deliver('c:one', '', digest), []);
  t.like(waiting[0] as object, { ok: false, code: 'id-reused' });
  t.like(waiting[1] as object, { ok: true, sequence: 3, reply: 5, replayed: true });
  t.like(deliver('a:/user/s#1', '/user/s', digest)[0] as object, { ok: true, replayed: true });
  t.is(waiting.length, 2);
});

test('E1: an older message than the newest gets its own ending, from the mark or once the newest has ended', (t) => {
  const actor = new Actor(parsePath(PATH));
  actor.phase = 'ready';
  const refused = [{ number: 2, outcome: { ok: false, code: 'actor-stopped', message: 'stopped' } }] as const;
  let mark: Uint8Array | undefined;
  const context = {
    limits: { mailboxMessages: 10, mailboxBytes: 1000 },
    faults: new Set(),
    count: () => undefined,
    get: (_: unknown, done: (values: readonly (Uint8Array | undefined)[]) => void) => done([mark]),
  } as unknown as RuntimeContext;
  const inbox = new Inbox(
    context,
    new GroupKeys(groupId(1), 1),
    { require: () => actor } as unknown as ActorCache,
    () => undefined,
    () => t.fail('a client'),
  );
  const payload: Payload = { kind: 'message', message: 1, ask: null };
  const deliver = (number: number, oldest: number) => {
    const endings: Ending[] = [];
    const origin = { source: 'a:/user/s#1', number, oldest };
    const sender = parsePath('/user/s');
    inbox.deliver({ to: actor.path, sender, origin, payload }, (ending) => endings.push(ending));
    return endings;
  };
  deliver(1, 1);
  deliver(2, 1);
  deliver(3, 1);
  actor.inFlight.refused({ source: 'a:/user/s#1', number: 2 }, refused[0].outcome);
  const [first, second] = [deliver(1, 1), deliver(2, 1)];
  const newest = actor.inFlight.get('a:/user/s#1')!;
  settle(newest.item, { ok: false, code: 'actor-suspended', message: 'suspended' });
  t.like(first[0] as object, { ok: false, code: 'actor-suspended' }, 'it is asked for again');
  const [again, too] = [deliver(1, 1), deliver(2, 1)];
  settle(newest.item, { ok: false, code: 'turn-failed', message: 'failed' });
  t.like(again[0] as object, { ok: true, replayed: true });
  t.like(too[0] as object, { ...refused[0].outcome, replayed: true });
  t.is(second.length, 1);

  actor.inFlight.delete('a:/user/s#1');
  const outcome = { ok: true, sequence: 3, reply: null } as const;
  mark = encodeMark({ number: 3, digest: undefined, outcome, refused });
  t.like(deliver(1, 1)[0] as object, { ok: true, replayed: true });
  t.like(deliver(2, 1)[0] as object, { ...refused[0].outcome, replayed: true });
  deliver(4, 1);
  t.deepEqual(actor.inFlight.get('a:/user/s#1')?.item.refused, refused, 'the next mark has it too');
  deliver(5, 3);
  t.is(actor.inFlight.get('a:/user/s#1')?.item.refused, undefined, 'the sender knows it');
});
