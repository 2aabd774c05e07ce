// Makes a supervision tree what a file declares: compares, asks, and orders what differs.
import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { SeqNodeError } from '../../base/errors.ts';
import type { ActorPath, ModuleHash } from '../../base/ids.ts';
import { fromJson } from '../../base/json.ts';
import { SeqMap } from '../../base/value.ts';
import type { ActorView } from '../../host/api.ts';
import { hashModule } from '../../host/module-hash.ts';
import { readTreeFile, type Tree, type TreeFile } from '../../host/tree/tree-file.ts';
import { changeJson, changeLines, requestOf } from '../../host/tree/tree-lines.ts';
import { planTree, type TreeActor, type TreeChange } from '../../host/tree/tree-plan.ts';
import { compileProgram, type SourceBundle } from '../../seq/index.ts';
import type { Command, Context, Input } from '../command.ts';
import { actorAddress, CLIENT_FLAGS, JSON_FLAG, NodeClient } from '../node-client.ts';
import { printJson, printLine, remark } from '../output.ts';
import { readModule, readText } from '../source-files.ts';

const POLL_MS = 50;
const DEFAULT_WAIT_MS = 15_000;

export const apply: Command = {
  name: 'apply',
  summary: 'Make a supervision tree what a file declares.',
  arguments: [{ name: 'FILE', doc: 'The tree, as TOML.', required: true, completes: 'FILE' }],
  flags: [
    { name: 'dry-run', type: 'boolean', doc: 'Show what would change, and change nothing.' },
    { name: 'yes', type: 'boolean', doc: 'Ask nothing. Without it, yes must be typed.' },
    JSON_FLAG,
    ...CLIENT_FLAGS,
  ],
  examples: [
    ['apply examples/tree.toml --dry-run', 'Shows what would change.'],
    ['apply examples/tree.toml --yes', 'Changes what differs; a second time nothing does.'],
  ],
  run: applyFile,
};

async function applyFile(context: Context, input: Input): Promise<number> {
  const [name = ''] = input.arguments;
  const file = readTreeFile(readText(name));
  const bundles = new Map(
    [...file.modules].map(([module, path]) => [module, readModule(join(dirname(name), path))]),
  );
  const tree = treeOf(file, bundles);
  const plan = () => planTree(tree, (path) => find(context, input, path));
  const changes = await plan();
  const isDry = input.boolean('dry-run');
  const applies = !isDry && changes.length > 0;
  const isJson = input.boolean('json');
  const say = (line: string) => (isJson ? undefined : printLine(context, line));
  for (const change of changes) for (const line of changeLines(change)) say(line);
  if (changes.length === 0) say(`${tree.path} is as ${name} declares it`);
  if (applies) {
    await demandYes(context, input);
    await carryOut(context, input, bundles, changes, plan);
    say(`applied ${changes.length} ${changes.length === 1 ? 'change' : 'changes'} to ${tree.path}`);
  }
  if (isJson) printJson(context, { path: tree.path, changes: changes.map(changeJson), applied: !isDry });
  return 0;
}

/** Throws `bad-program` or `bad-tree` before anything is asked of a node. */
function treeOf(file: TreeFile, bundles: ReadonlyMap<string, SourceBundle>): Tree {
  const hashes = new Map(
    [...bundles].map(([name, bundle]): [string, ModuleHash] => [name, hashModule(bundle)]),
  );
  const tree = file.tree(hashes);
  const modules = new Map(
    [...bundles].map(([name, bundle]) => {
      const moduleHash = hashes.get(name)!;
      return [moduleHash, { entry: bundle.entry, compiled: compileProgram(bundle, { moduleHash }) }];
    }),
  );
  const check = ({ children }: Tree['spec']): void => {
    for (const { id, program } of children) {
      if ('supervisor' in program) check(program.supervisor);
      else {
        const { module, target } = program.code;
        const { entry, compiled } = modules.get(module)!;
        // What does not compile here is left to the node to refuse: it may know more of the language.
        if (compiled.ok && 'word' in target && compiled.program.behaviourOf(target.word) === undefined)
          throw new SeqNodeError('bad-tree', `The child ${id}: ${entry} has no behaviour ${target.word}.`);
      }
    }
  };
  check(tree.spec);
  return tree;
}

async function find(context: Context, input: Input, path: ActorPath): Promise<TreeActor | undefined> {
  const client = new NodeClient(context, input);
  try {
    const view = (await client.call({
      method: 'GET',
      confirmed: true,
      address: actorAddress(path),
    })) as ActorView;
    const state = fromJson(view.state);
    const { lifecycle, code } = view;
    const isSupervisor = view.code.target === 'supervisor' && /^0+$/.test(code.module);
    return {
      lifecycle,
      code: { module: code.module, target: { word: code.target } },
      state: isSupervisor && state instanceof SeqMap ? state : undefined,
    };
  } catch (error) {
    if (error instanceof SeqNodeError && error.code === 'no-such-actor') return undefined;
    throw error;
  }
}

/** Until the tree is as declared: what an order begins takes its time. */
async function carryOut(
  context: Context,
  input: Input,
  bundles: ReadonlyMap<string, SourceBundle>,
  changes: readonly TreeChange[],
  plan: () => Promise<TreeChange[]>,
): Promise<void> {
  for (const bundle of bundles.values())
    await new NodeClient(context, input).call({ method: 'POST', address: '/v1/modules', body: bundle });
  const until = performance.now() + (input.duration('timeout') ?? DEFAULT_WAIT_MS);
  const sent = new Set<string>();
  for (let left: readonly TreeChange[] = changes; left.length > 0; left = await plan()) {
    let waits = true;
    for (const change of left) {
      const key = JSON.stringify(changeJson(change));
      // A child takes the place of one that was removed once that has stopped.
      const comesLater =
        change.action === 'add' &&
        left.some(({ action, path }) => action === 'remove' && path === change.path);
      if (sent.has(key) || comesLater) continue;
      sent.add(key);
      waits = false;
      await order(context, input, change);
    }
    if (performance.now() > until)
      throw new SeqNodeError(
        'tree-not-applied',
        `${left.length} changes have not taken effect: ${left.map((each) => changeLines(each)[0]).join('; ')}`,
      );
    if (waits) await sleep(POLL_MS);
  }
}

async function order(context: Context, input: Input, change: TreeChange): Promise<void> {
  const { actor, endpoint, body } = requestOf(change);
  const client = new NodeClient(context, input);
  const once = { id: randomUUID(), timeoutMs: client.messageTimeoutMs() };
  const address = actorAddress(actor, endpoint);
  const answer = await client.call({ method: 'POST', address, body: { ...body, ...once } });
  const { response } = answer as { readonly response?: unknown };
  const refused = (response as { readonly Refused?: unknown } | undefined)?.Refused;
  if (Array.isArray(refused))
    throw new SeqNodeError('tree-refused', `${changeLines(change)[0]}: ${refused[0]}: ${refused[1]}`);
}

async function demandYes(context: Context, input: Input): Promise<void> {
  if (input.boolean('yes')) return;
  remark(context, 'seq-node: type yes to carry this out:');
  const lines = createInterface({ input: context.in });
  const typed = await new Promise<string>((resolve) => {
    lines.once('line', resolve);
    lines.once('close', () => resolve(''));
  });
  lines.close();
  if (typed.trim() !== 'yes')
    throw new SeqNodeError(
      'bad-usage',
      'What was typed is not yes, so nothing was changed. Give --yes to be asked nothing.',
    );
}
