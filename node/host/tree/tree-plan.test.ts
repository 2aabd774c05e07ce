// A plan changes what differs, and nothing else.
import test from 'ava';
import { type ActorPath, moduleHash, SUPERVISOR_MODULE } from '../../base/ids.ts';
import { SeqMap } from '../../base/value.ts';
import { decide } from '../../runtime/lifecycle/supervisor.ts';
import type { SupervisorSpec } from '../../runtime/lifecycle/supervisor-spec.ts';
import { readTreeFile, type Tree } from './tree-file.ts';
import { planTree, type TreeActor } from './tree-plan.ts';

const CODE = moduleHash('ab'.repeat(32));
const treeOf = (more: string, hash = CODE): Tree =>
  readTreeFile(`[modules]\nm = "m.seq"\n[supervisor]\npath = "/s"\n${more}`).tree(new Map([['m', hash]]));
const child = (id: string, more = '') =>
  `[[supervisor.child]]\nid = "${id}"\nmodule = "m"\nword = "w"\n${more}`;

/** A supervisor of these children, all of which are started, or the first of which is. */
function running(path: ActorPath, spec: SupervisorSpec): TreeActor {
  const inputs = { self: path, wall: 1, seed: [1, 2, 3] } as const;
  let state = decide(SeqMap.empty as SeqMap, { kind: 'begin', spec }, inputs).state;
  spec.children.forEach(({ id }, at) => {
    state = decide(state, { kind: 'started', child: id, life: at + 1 }, inputs).state;
  });
  return { lifecycle: 'running', code: { module: SUPERVISOR_MODULE, target: { word: 'supervisor' } }, state };
}

const worker = (hash = CODE): TreeActor => ({
  lifecycle: 'running',
  code: { module: hash, target: { word: 'w' } },
  state: undefined,
});

/** What is planned where `before` runs, such as `add /s/a`. */
async function planned(
  before: Tree | undefined,
  after: Tree,
  ended: readonly string[] = [],
): Promise<string[]> {
  const find = async (path: ActorPath): Promise<TreeActor | undefined> => {
    if (before === undefined) return undefined;
    const found = path === before.path ? running(path, before.spec) : worker();
    return ended.includes(path) ? { ...found, lifecycle: 'stopped' } : found;
  };
  return (await planTree(after, find)).map(({ action, path }) => `${action} ${path}`);
}

test('a tree that nobody has started is started as a whole, and one that is as declared is left alone', async (t) => {
  const tree = treeOf(child('a') + child('b'));
  t.deepEqual(await planned(undefined, tree), ['start /s']);
  t.deepEqual(await planned(tree, tree), []);
});

test('children are added, removed, put in order and upgraded, each by itself', async (t) => {
  const before = treeOf(child('a') + child('b'));
  t.deepEqual(await planned(before, treeOf(child('a') + child('b') + child('c'))), ['add /s/c']);
  t.deepEqual(await planned(before, treeOf(child('c') + child('b'))), [
    'remove /s/a',
    'add /s/c',
    'configure /s',
  ]);
  t.deepEqual(await planned(before, treeOf(child('b') + child('a'))), ['configure /s']);
  t.deepEqual(await planned(before, treeOf(child('a', 'restart = "transient"\n') + child('b'))), [
    'configure /s',
  ]);
  const other = treeOf(child('a') + child('b'), moduleHash('cd'.repeat(32)));
  t.deepEqual(await planned(before, other), ['configure /s', 'upgrade /s/a', 'upgrade /s/b']);
});

test('a child that gets another place or mode is stopped there and started anew', async (t) => {
  const before = treeOf(child('a'));
  t.deepEqual(await planned(before, treeOf(child('a', 'at = "/t"\n'))), ['remove /s/a', 'add /t']);
  t.deepEqual(await planned(before, treeOf(child('a', 'volatile = true\n'))), ['remove /s/a', 'add /s/a']);
});

test('who has ended is resumed: a supervisor with all, a permanent child by itself', async (t) => {
  const tree = treeOf(child('a') + child('b', 'restart = "transient"\n'));
  t.deepEqual(await planned(tree, tree, ['/s', '/s/a', '/s/b']), ['resume /s']);
  t.deepEqual(await planned(tree, tree, ['/s/a', '/s/b']), ['resume /s/a']);
});

test('an actor that is no supervisor is not replaced by one', async (t) => {
  await t.throwsAsync(
    planTree(treeOf(child('a')), async () => worker()),
    { code: 'bad-tree' },
  );
});
