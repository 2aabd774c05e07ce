// A tree is applied to a real node, changed, applied again, and taken away: see docs/OPERATIONS.md.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { Cluster } from './cluster.ts';
import { type CommandResult, seqNode, seqNodeOk } from './command.ts';

const program = (step: number) => `
union Msg { Hit Total }
: total ( Map -- Int ) "total" map.get [ ] [ drop 0 ] if ;
: sensor ( Map Msg -- Map )
  match
    Hit -> dup total ${step} i.+ "total" swap map.set
    Total -> dup total actor.reply
  end ;
`;

interface TreeOptions {
  readonly intensity?: number;
  readonly ids?: readonly string[];
  readonly restart?: string;
}

const tree = ({ intensity = 3, ids = ['a', 'b'], restart = 'permanent' }: TreeOptions = {}) => `
[modules]
plant = "plant.seq"

[supervisor]
path = "/user/plant"
strategy = "rest-for-one"
intensity = ${intensity}
period-ms = 60000
${ids.map((id) => `[[supervisor.child]]\nid = "${id}"\nmodule = "plant"\nword = "sensor"\n`).join('\n')}
[[supervisor.child]]
id = "hall"
intensity = 5
period-ms = 1000
[[supervisor.child.child]]
id = "x"
module = "plant"
word = "sensor"
restart = "${restart}"
`;

async function lone(t: ExecutionContext) {
  const cluster = await Cluster.lone();
  t.teardown(() => cluster.dispose());
  const node = cluster.node(0);
  const directory = mkdtempSync(join(tmpdir(), 'seq-node-tree-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'tree.toml');
  const at = ['--node', `http://${node.httpAddress}`];
  return {
    file,
    at,
    write(text: string, step = 1) {
      writeFileSync(file, text);
      writeFileSync(join(directory, 'plant.seq'), program(step));
    },
    ok: (...words: string[]) => seqNodeOk([...words, ...at]),
    apply: (...flags: string[]): Promise<CommandResult> => seqNode(['apply', file, ...flags, ...at]),
    ask: async (path: string) => (await seqNodeOk(['ask', path, 'Total', ...at])).trim(),
  };
}

const lines = ({ stdout }: CommandResult) => stdout.trimEnd().split('\n');

test('a tree is applied, changed with the state kept, and taken away; what is so already is not touched', async (t) => {
  const { write, ok, apply, ask, at, file } = await lone(t);
  write(tree());
  const dry = await apply('--dry-run');
  t.is(dry.code, 0, dry.stderr);
  t.regex(
    dry.stdout,
    /^\+ \/user\/plant {2}supervisor, rest-for-one, 3 restarts within 60000 ms\n\+ {3}a {2}sensor of /,
  );
  t.regex(dry.stdout, /^\+ {5}x {2}sensor of [0-9a-f]{12}, permanent$/m);
  t.regex(
    (await seqNode(['inspect', '/user/plant', ...at])).stderr,
    /no-such-actor/,
    'a dry run changes nothing',
  );
  const first = await apply('--yes');
  t.is(first.code, 0, first.stderr);
  t.is(lines(first).at(-1), 'applied 1 change to /user/plant');
  for (const id of ['a', 'b', 'hall/x']) await ok('send', `/user/plant/${id}`, 'Hit');
  const again = await apply('--yes', '--json');
  t.deepEqual(JSON.parse(again.stdout), { path: '/user/plant', changes: [], applied: true });

  write(tree({ intensity: 4, ids: ['c', 'a'], restart: 'transient' }), 10);
  const changed = JSON.parse((await apply('--dry-run', '--json')).stdout);
  t.deepEqual(
    changed.changes.map(({ action, path }: { action: string; path: string }) => `${action} ${path}`),
    [
      'remove /user/plant/b',
      'add /user/plant/c',
      'configure /user/plant',
      'upgrade /user/plant/a',
      'configure /user/plant/hall',
      'upgrade /user/plant/hall/x',
    ],
  );
  const second = await apply('--yes');
  t.is(second.code, 0, second.stderr);
  t.regex(second.stdout, /^ {4}intensity: 3 -> 4$/m);
  t.regex(second.stdout, /^ {4}x.restart: :permanent -> :transient$/m);
  for (const id of ['a', 'c', 'hall/x']) await ok('send', `/user/plant/${id}`, 'Hit');
  t.deepEqual(
    [await ask('/user/plant/a'), await ask('/user/plant/c'), await ask('/user/plant/hall/x')],
    ['11', '10', '11'],
  );
  const inspected = await ok('inspect', '/user/plant');
  t.regex(inspected, /^supervises +rest-for-one, running$/m);
  t.regex(inspected, /^intensity +0 of 4 restarts within 60000 ms; 0 in all$/m);
  t.regex(
    inspected,
    /^ +c running \(permanent\)\n +a running \(permanent\)\n +hall running \(permanent, a supervisor\)$/m,
  );
  t.deepEqual(lines(await apply('--yes')), [`/user/plant is as ${file} declares it`]);

  await ok('stop', '/user/plant');
  t.deepEqual(lines(await apply('--yes')), [
    '~ /user/plant  has ended: resumed, with its state and what is below it',
    'applied 1 change to /user/plant',
  ]);
  t.is(await ask('/user/plant/a'), '11');
  await ok('stop', '/user/plant/a');
  t.is(lines(await apply('--yes')).length, 2);
  t.is(await ask('/user/plant/a'), '11');
});

test('apply asks first, and refuses a file that makes no sense before anything is changed', async (t) => {
  const { write, apply } = await lone(t);
  write(tree());
  const unsure = await apply();
  t.is(unsure.code, 64);
  t.regex(unsure.stderr, /What was typed is not yes, so nothing was changed/);
  for (const [text, said] of [
    ['[supervisor', /not TOML/],
    ['[supervisor]\nstrategy = "one-for-one"', /supervisor\.path is missing/],
    [tree().replace('strategy', 'stratgy'), /no field stratgy; did you mean strategy/],
    [tree().replace('word = "sensor"', 'word = "none"'), /plant\.seq has no behaviour none/],
    [tree({ ids: ['a', 'a'] }), /Two children have the id "a"/],
    [tree().replace('module = "plant"', 'module = "other"'), /names other, which is not in \[modules\]/],
  ] as const) {
    write(text);
    const refused = await apply('--yes');
    t.is(refused.code, 65, text);
    t.regex(refused.stderr, said);
    t.regex(refused.stderr, /error\[bad-tree\]/);
  }
});
