// An export goes into another cluster, of another number of shards, and all is as it was.
import test from 'ava';
import fc from 'fast-check';
import { encodeData } from '../../base/codec.ts';
import { formatNotation } from '../../base/notation.ts';
import { parsePath } from '../../base/path.ts';
import { arbitrarySent } from '../../base/testing/arbitrary-data.ts';
import { type Data, Variant } from '../../base/value.ts';
import type { ImportProgress } from '../../core/requests/results.ts';
import { LoneNode } from '../../core/testing/lone-node.ts';
import type { ClientResult } from '../../core/types.ts';
import { type ExportItem, verified } from './items.ts';
import { exportOf, itemsFrom, movesOf, rowsByName, targetOf } from './lone-moves.test-support.ts';
import { importId, readWhole, runImport } from './moving.ts';
import { Placing } from './place.ts';

const PROGRAM = `
union Msg {
  Put { key: String, value: Int }
  Read
  Send { to: String, amount: Int }
  Later { to: String, ms: Int }
  Fail
  Aside
  Open
  Ask { to: String }
  Look { at: String }
  Terminated { path: String, reason: Symbol }
}
# Replies what it is sent, and keeps it as an event and in its state, whose keys are of each type.
: store ( Map M -- Map ) dup actor.reply dup journal.append over map.size swap map.set
  true false map.set "last" true map.set ;
: keeper ( Map Msg -- Map )
  match
    Put { >key >value } -> dup journal.append dup actor.reply map.set
    Read -> dup actor.reply
    Send { >to >amount } -> "amount" swap Make-Put actor.send
    Later { >to >ms } -> Make-Read swap actor.send-after drop
    Fail -> 1 0 divide drop
    Aside -> dup "open" map.get [ drop ] [ drop actor.stash ] if
    Open -> "open" true map.set actor.unstash-all
    Ask { >to } -> Make-Read actor.ask actor.reply
    Look { >at } -> actor.watch
    Terminated { >path >reason } -> swap >aux "ended" swap map.set "who" aux> map.set
  end ;
`;
const SHARDS = 5;
const OTHER_SHARDS = 2;

function node(shards = SHARDS): LoneNode {
  return new LoneNode(shards);
}

function withProgram(): LoneNode {
  const lone = node();
  lone.deploy(PROGRAM);
  return lone;
}

const put = (key: Data, value: Data) => new Variant('Put', [key, value]);

function ask(lone: LoneNode, path: string, message: Data, id: string): ClientResult {
  return lone.request({ op: 'ask', path: parsePath(path), message, id });
}

async function moved(items: readonly ExportItem[], shards = OTHER_SHARDS): Promise<LoneNode> {
  const to = node(shards);
  await runImport(targetOf(to, shards), () => verified(itemsFrom(items)));
  to.pass(100);
  return to;
}

/** Actors in every state that there is, with every kind of row. */
function crowd(): LoneNode {
  const lone = withProgram();
  const spawned = [
    'keeper',
    'watched',
    'asked',
    'asker',
    'stopped',
    'failed',
    'suspended',
    'aside',
    'purged',
  ];
  for (const name of spawned) lone.spawn(`/user/a/${name}`, 'keeper');
  lone.spawn('/user/a/volatile', 'keeper', 'volatile');
  for (let i = 0; i < 25; i++) lone.ask('/user/a/keeper', `(Put "n" ${i})`, `put-${i}`);
  lone.ask('/user/a/volatile', '(Put "n" 1)', 'v-1');
  lone.tell('/user/a/keeper', '(Look "/user/a/watched")');
  lone.tell('/user/a/keeper', '(Later "/user/a/watched" 3600000)');
  lone.tell('/user/a/keeper', '(Send "/user/a/nobody" 3)');
  lone.tell('/user/a/keeper', '(Send "/user/a/nobody" 8)');
  lone.tell('/user/a/keeper', '(Send "/user/a/watched" 4)');
  lone.suspend('/user/a/suspended');
  // It waits in the outbox.
  lone.tell('/user/a/keeper', '(Send "/user/a/suspended" 5)');
  for (let i = 0; i < 3; i++) lone.tell('/user/a/aside', '(Aside)', `aside-${i}`);
  lone.stop('/user/a/stopped');
  for (let i = 0; i < 5; i++) lone.tell('/user/a/failed', '(Fail)', `fail-${i}`);
  lone.tell('/user/a/keeper', '(Send "/user/a/purged" 6)');
  lone.pass(200);
  lone.purge('/user/a/purged', { force: true });
  // Its turn waits for an answer.
  lone.suspend('/user/a/asked');
  lone.submit({
    op: 'ask',
    path: parsePath('/user/a/asker'),
    message: new Variant('Ask', ['/user/a/asked']),
    id: 'q',
  });
  lone.slice();
  lone.pass(500);
  return lone;
}

test('what is exported of a cluster is what is imported into another of fewer shards, and back', async (t) => {
  const lone = crowd();
  const items = await exportOf(lone, SHARDS);
  const kinds = new Set(
    items.flatMap((item) => (item.kind === 'rows' ? item.rows.map(({ kind }) => kind) : [])),
  );
  const wanted = ['head', 'record', 'snapshot', 'mark', 'outbox', 'letter', 'timer', 'watch', 'stash', 'ask'];
  t.deepEqual([...kinds].sort(), wanted.sort());
  const other = await moved(items);
  t.deepEqual(other.verify(), [], 'the store of the other is whole');
  const again = await exportOf(other, OTHER_SHARDS);
  t.deepEqual(rowsByName(again), rowsByName(items));
  const back = await moved(again, SHARDS);
  t.deepEqual(rowsByName(await exportOf(back, SHARDS)), rowsByName(items));
  t.deepEqual(back.verify(), []);
});

test('actors go on where they were: marks, outboxes, timers, watches, stashes and turns that wait', async (t) => {
  const other = await moved(await exportOf(crowd(), SHARDS));
  const replayed = ask(other, '/user/a/keeper', put('n', 24), 'put-24');
  t.true(replayed.ok && (replayed.value as { replayed?: true }).replayed, 'a retry takes no effect twice');
  t.is(ask(other, '/user/a/keeper', put('n', 25), 'put-24').ok, false, 'and the id is used');
  t.is(other.inspect('/user/a/suspended').lifecycle, 'suspended');
  t.is(other.inspect('/user/a/failed').lifecycle, 'failed');
  t.is(other.inspect('/user/a/stopped').lifecycle, 'stopped');
  t.is(other.inspect('/user/a/aside').stashed, 3);
  t.is(other.ask('/user/a/purged', '(Read)').ok, false);
  const volatile = other.inspect('/user/a/volatile');
  t.is(volatile.lifecycle, 'running');
  t.is(formatNotation(volatile.data), '{}', 'a volatile actor begins anew');
  other.resume('/user/a/suspended');
  other.pass(3000);
  t.is(formatNotation(other.inspect('/user/a/suspended').data), '{"amount" 5}', 'what waited was delivered');
  other.tell('/user/a/aside', '(Open)');
  other.pass(500);
  t.is(other.inspect('/user/a/aside').stashed, 0);
  other.resume('/user/a/asked');
  other.pass(3000);
  t.is(other.inspect('/user/a/asker').waitingSince, null, 'the turn that waited got its answer');
  other.stop('/user/a/watched');
  other.pass(500);
  t.regex(formatNotation(other.inspect('/user/a/keeper').data), /"who" "\/user\/a\/watched"/);
  t.is(other.inspect('/user/a/keeper').timers.count, 1);
  t.is(other.deadLetters('/user/a/keeper').length, 2);
});

test('values of every type come back in states, events, replies and marks', async (t) => {
  await fc.assert(
    fc.asyncProperty(fc.array(arbitrarySent, { minLength: 1, maxLength: 15 }), async (values) => {
      const lone = withProgram();
      lone.spawn('/user/a/keeper', 'store');
      const outcomes = values.map((value, i) => ask(lone, '/user/a/keeper', value, `p${i}`));
      const items = await exportOf(lone, SHARDS);
      const other = await moved(items);
      t.deepEqual(other.inspect('/user/a/keeper').state, lone.inspect('/user/a/keeper').state);
      t.deepEqual(other.journal('/user/a/keeper'), lone.journal('/user/a/keeper'));
      t.deepEqual(rowsByName(await exportOf(other, OTHER_SHARDS)), rowsByName(items));
      for (const [i, value] of values.entries()) {
        const outcome = outcomes[i]!;
        const repeated = ask(other, '/user/a/keeper', value, `p${i}`);
        t.is(repeated.ok, outcome.ok);
        if (!outcome.ok || !repeated.ok) continue;
        const { reply } = outcome.value as { reply: Data };
        const mark = repeated.value as { reply: Data; replayed?: true };
        t.true(mark.replayed);
        t.deepEqual(encodeData(mark.reply), encodeData(reply));
      }
    }),
    { numRuns: Number(process.env.FC_NUM_RUNS ?? 10) },
  );
});

test('a prefix takes the actors whose paths begin with it', async (t) => {
  const lone = crowd();
  const items = await exportOf(lone, SHARDS, '/user/a/as');
  const paths = items.flatMap((item) => (item.kind === 'actor' ? item.path : []));
  t.deepEqual(paths.sort(), ['/user/a/aside', '/user/a/asked', '/user/a/asker']);
  const none = await exportOf(lone, SHARDS, '/nobody');
  t.like((await readWhole(verified(itemsFrom(none)))).totals, { actors: 0, rows: 0, records: 0 });
});

test('an import that is interrupted goes on where it was, and serves nobody before it has ended', async (t) => {
  const items = await exportOf(crowd(), SHARDS);
  const { header, totals } = await readWhole(itemsFrom(items));
  const id = importId(header, totals);
  const other = node(OTHER_SHARDS);
  other.deploy(PROGRAM);
  const moves = movesOf(other, OTHER_SHARDS);
  await moves.beginImport(id);
  const refused = other.ask('/user/a/keeper', '(Read)');
  t.like(refused, { ok: false, code: 'importing' });
  t.like(other.spawn('/user/a/other', 'keeper'), { ok: false, code: 'importing' });
  t.like(await t.throwsAsync(moves.beginImport('another')), { code: 'importing' });
  const placing = new Placing(OTHER_SHARDS, header.counters);
  const lots = [];
  for await (const lot of placing.lotsOf(itemsFrom(items))) lots.push(lot);
  const first = lots[0]!;
  t.deepEqual(await moves.importRows(id, first.shard, 1, first.rows), {
    shard: first.shard,
    taken: 1,
    done: false,
  });
  t.is((await moves.importRows(id, first.shard, 1, first.rows)).taken, 1, 'once more changes nothing');
  t.like(await t.throwsAsync(moves.importRows(id, first.shard, 3, first.rows)), { code: 'bad-request' });
  other.restart();
  t.like(
    other.ask('/user/a/keeper', '(Read)'),
    { ok: false, code: 'importing' },
    'under another leader, too',
  );
  const imported = await runImport(targetOf(other, OTHER_SHARDS), () => itemsFrom(items));
  t.false(imported.before);
  t.deepEqual(rowsByName(await exportOf(other, OTHER_SHARDS)), rowsByName(items));
  t.true((await runImport(targetOf(other, OTHER_SHARDS), () => itemsFrom(items))).before);
  other.restart();
  t.deepEqual(rowsByName(await exportOf(other, OTHER_SHARDS)), rowsByName(items));
  t.deepEqual(other.verify(), []);
});

test('an import that is interrupted sends only what is not there', async (t) => {
  const items = await exportOf(crowd(), SHARDS);
  const { header, totals } = await readWhole(itemsFrom(items));
  const id = importId(header, totals);
  const other = node(OTHER_SHARDS);
  const target = targetOf(other, OTHER_SHARDS);
  const { moves } = target;
  await moves.beginImport(id);
  const lots = [];
  for await (const lot of new Placing(OTHER_SHARDS, header.counters).lotsOf(itemsFrom(items))) lots.push(lot);
  const first = lots[0]!;
  await moves.importRows(id, first.shard, first.number, first.rows);
  const sent: number[] = [];
  const watched: typeof moves = {
    beginImport: (name) => moves.beginImport(name),
    importRows(name, shard, number, rows) {
      sent.push(shard);
      return moves.importRows(name, shard, number, rows);
    },
    endImport: (name, counters) => moves.endImport(name, counters),
  };
  await runImport({ ...target, moves: watched }, () => itemsFrom(items));
  t.is(sent.length, lots.length - 1);
  t.deepEqual(rowsByName(await exportOf(other, OTHER_SHARDS)), rowsByName(items));
});

test('a cluster that holds anything takes no import, and goes on', async (t) => {
  const items = await exportOf(crowd(), SHARDS);
  const other = node(OTHER_SHARDS);
  other.deploy(PROGRAM);
  other.spawn('/user/b/own', 'keeper');
  const error = await t.throwsAsync(runImport(targetOf(other, OTHER_SHARDS), () => itemsFrom(items)));
  t.like(error, { code: 'not-empty' });
  t.regex(error.message, /\/user\/b\/own/);
  t.true(other.spawn('/user/b/second', 'keeper').ok);
  t.true(other.spawn('/user/c/third', 'keeper').ok, 'in the other shard as well');
});

test('what was sent to actors that were never there is no obstacle to an import', async (t) => {
  const items = await exportOf(crowd(), SHARDS);
  const other = node(OTHER_SHARDS);
  for (const name of ['a', 'b', 'c', 'd'])
    t.like(other.tell(`/user/${name}/x`, '(Read)'), { code: 'no-such-actor' });
  await runImport(targetOf(other, OTHER_SHARDS), () => itemsFrom(items));
  t.true(other.ask('/user/a/keeper', '(Read)').ok);
});

test('an import that is given up leaves nothing', async (t) => {
  const items = await exportOf(crowd(), SHARDS);
  const { header, totals } = await readWhole(itemsFrom(items));
  const id = importId(header, totals);
  const other = node(OTHER_SHARDS);
  other.deploy(PROGRAM);
  const moves = movesOf(other, OTHER_SHARDS);
  await moves.beginImport(id);
  for await (const { shard, number, rows } of new Placing(OTHER_SHARDS, header.counters).lotsOf(
    itemsFrom(items),
  ))
    await moves.importRows(id, shard, number, rows);
  await moves.abandonImport(id);
  await moves.abandonImport(id);
  t.like(other.ask('/user/a/keeper', '(Read)'), { ok: false, code: 'no-such-actor' });
  t.true(other.spawn('/user/a/keeper', 'keeper').ok);
  t.deepEqual(other.verify(), []);
});

test('a shard takes only rows of its own actors, and only those that can be read', async (t) => {
  const items = await exportOf(crowd(), SHARDS);
  const other = node(OTHER_SHARDS);
  const moves = movesOf(other, OTHER_SHARDS);
  await moves.beginImport('i');
  for await (const { shard, number, rows } of new Placing(OTHER_SHARDS, {
    wall: 0,
    sent: 0,
    letters: 0,
  }).lotsOf(itemsFrom(items))) {
    const elsewhere = (shard % OTHER_SHARDS) + 1;
    if (number > 1) continue;
    t.like(await t.throwsAsync(moves.importRows('i', elsewhere, 1, rows)), { code: 'bad-request' });
    const spoilt = rows.slice();
    spoilt[spoilt.length - 3]! ^= 0xff;
    t.like(await t.throwsAsync(moves.importRows('i', shard, 1, spoilt)), { code: 'bad-request' });
  }
  const { taken } = (await moves.beginImport('i'))[0] as ImportProgress;
  t.is(taken, 0);
});
