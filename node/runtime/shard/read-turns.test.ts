import test from 'ava';
import { parsePath } from '../../base/path.ts';
import { Actor } from '../actor/actor.ts';
import type { Ending, Item } from '../actor/item.ts';
import { ReadTurns } from './read-turns.ts';

const PATH = parsePath('/user/a');

/** Reads of one actor, whose leader is confirmed by hand. */
function reading(faults: readonly string[] = []) {
  const confirms: ((leads: boolean) => void)[] = [];
  const context = { faults: new Set(faults), count: () => {} };
  const reads = new ReadTurns(context, (done) => confirms.push(done));
  const actor = new Actor(PATH);
  const endings: [string, Ending][] = [];
  const read = (id: string) => {
    const origin = { source: `c:${id}`, number: 0 };
    const item: Item = {
      envelope: { to: PATH, sender: '', origin, payload: { kind: 'message', message: 1, ask: null } },
      waiters: [(ending) => endings.push([id, ending])],
      heldSince: undefined,
    };
    actor.inFlight.set(origin, item);
    reads.add(actor, item, id.length);
  };
  const update = () => {
    actor.sequence++;
    actor.updates++;
    actor.uncommitted++;
  };
  const commit = () => {
    actor.uncommitted--;
    reads.committed(actor);
  };
  return { reads, actor, confirms, endings, read, update, commit };
}

const ended = (sequence: number, reply: number): Ending => ({ ok: true, sequence, reply, read: true });

test('W2: a reply waits until the lead is confirmed, once for all turns of a run', (t) => {
  const { reads, actor, confirms, endings, read } = reading();
  read('a');
  read('bb');
  reads.flush();
  reads.flush();
  t.is(confirms.length, 1);
  t.deepEqual(endings, []);
  read('ccc');
  t.truthy(actor.inFlight.get('c:a'), 'a repeat joins it');
  confirms[0]!(true);
  t.deepEqual(endings, [
    ['a', ended(0, 1)],
    ['bb', ended(0, 2)],
  ]);
  t.is(actor.inFlight.get('c:a'), undefined);
  reads.flush();
  confirms[1]!(true);
  t.deepEqual(endings.at(-1), ['ccc', ended(0, 3)]);
});

test('W1: a reply waits for the updates that its turn saw, and for no later ones', (t) => {
  const { reads, confirms, endings, read, update, commit } = reading();
  update();
  read('a');
  update();
  update();
  read('bb');
  reads.flush();
  confirms[0]!(true);
  t.deepEqual(endings, []);
  commit();
  t.deepEqual(endings, [['a', ended(1, 1)]]);
  commit();
  t.is(endings.length, 1);
  commit();
  t.deepEqual(endings.at(-1), ['bb', ended(3, 2)]);
});

test('W2: an update that is committed before the lead is confirmed releases nothing', (t) => {
  const { reads, confirms, endings, read, update, commit } = reading();
  update();
  read('a');
  reads.flush();
  commit();
  t.deepEqual(endings, []);
  confirms[0]!(true);
  t.deepEqual(endings, [['a', ended(1, 1)]]);
});

test('where the lead is lost, nothing was done, and it may be asked elsewhere', (t) => {
  const { reads, actor, confirms, endings, read, update } = reading();
  read('a');
  reads.flush();
  confirms[0]!(false);
  update();
  read('bb');
  reads.flush();
  read('ccc');
  reads.close();
  confirms[1]!(true);
  t.deepEqual(endings, [
    ['a', 'undone'],
    ['bb', 'undone'],
    ['ccc', 'undone'],
  ]);
  t.is(actor.inFlight.get('c:bb'), undefined);
});
