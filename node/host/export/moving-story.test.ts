// All that a node can hold, by way of an export, in a cluster of another number of shards.
import test from 'ava';
import { decodeData } from '../../base/codec.ts';
import { formatNotation } from '../../base/notation.ts';
import { LoneNode } from '../../core/testing/lone-node.ts';
import { BACK_OFF_MS, queueOrder, STORY_SHARDS, story, takeJob } from '../../core/testing/stored-story.ts';
import { parseToken } from '../../runtime/tasks/queue-state.ts';
import { type ExportItem, verified } from './items.ts';
import { exportOf, itemsFrom, movesOf, rowsByName } from './lone-moves.test-support.ts';
import { readWhole, runImport } from './moving.ts';
import { ROW_KINDS } from './rows.ts';

const OTHER_SHARDS = 3;

/** Modules keep the names that the story gave them. */
async function moved() {
  const { lone, lease } = story();
  const items = await exportOf(lone, STORY_SHARDS);
  const to = new LoneNode(OTHER_SHARDS);
  const texts = new Map(
    items.flatMap((item) => (item.kind === 'module' ? [[item.files[item.entry]!, item.hash] as const] : [])),
  );
  const target = {
    moves: movesOf(to, OTHER_SHARDS),
    deploy: async ({ entry, files }: { readonly entry: string; readonly files: Record<string, string> }) => {
      const hash = texts.get(files[entry]!)!;
      to.deploy(files[entry]!, hash.slice(0, 2));
      return { hash };
    },
  };
  await runImport(target, () => verified(itemsFrom(items)));
  to.pass(100);
  return { items, to, lease };
}

test('rows of every kind are imported as they were exported', async (t) => {
  const { items, to } = await moved();
  const kinds = new Set(
    items.flatMap((item) => (item.kind === 'rows' ? item.rows.map(({ kind }) => kind) : [])),
  );
  t.deepEqual([...kinds].sort(), [...ROW_KINDS].sort());
  t.deepEqual(rowsByName(await exportOf(to, OTHER_SHARDS)), rowsByName(items));
  t.deepEqual(to.verify(), []);
});

test('queues, leases, pending asks and supervisors go on behind an import', async (t) => {
  const { to, lease } = await moved();
  t.is(to.reply('/new/counts', '(Total)'), 78);
  t.like(to.tell('/new/counts', '(Add 3)', 'add-3'), { ok: true, value: { replayed: true } });
  t.is(decodeData(takeJob(to)!.message), 'ready');
  t.is(takeJob(to), undefined, 'the other is in the hands of its worker');
  queueOrder(to, { kind: 'complete', token: parseToken(lease)!, result: 'done' });
  to.pass(500);
  t.is(formatNotation(to.reply('/new/asks', '(Told)')), '["done"]');
  to.pass(BACK_OFF_MS);
  t.is(to.reply('/new/sup/a', '(Total)'), 5);
  to.tell('/new/sup/a', '(Fail)');
  to.pass(2000);
  t.is(to.inspect('/new/sup').lifecycle, 'failed', 'restarts before the import count');
});

test('progress counts the records, however rows are handed on', async (t) => {
  const items = await exportOf(story().lone, STORY_SHARDS);
  let seen = 0;
  const { totals } = await readWhole(itemsFrom(joined(items)), ({ records }) => {
    seen = records;
  });
  t.true(totals.records > 0);
  t.is(seen, totals.records);
});

/** All rows of an actor at once, as some readers hand them on. */
function joined(items: readonly ExportItem[]): ExportItem[] {
  const all: ExportItem[] = [];
  for (const item of items) {
    const before = all.at(-1);
    if (item.kind === 'rows' && before?.kind === 'rows')
      all[all.length - 1] = { kind: 'rows', rows: [...before.rows, ...item.rows] };
    else all.push(item);
  }
  return all;
}
