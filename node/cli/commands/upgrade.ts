import { SeqNodeError } from '../../base/errors.ts';
import type { ActorPage, Upgraded } from '../../host/api.ts';
import type { Command, Context, Input } from '../command.ts';
import { ID_FLAG, onceWithId, takenText } from '../messaging.ts';
import { actorAddress, CLIENT_FLAGS, JSON_FLAG, NodeClient } from '../node-client.ts';
import { printJson, printLine, remark } from '../output.ts';

/** Actors that are upgraded at the same time. */
const AT_ONCE = 16;
const PAGE = 500;
/** Of those that could not be upgraded, as many are named. */
const NAMED_MAX = 20;

export const upgrade: Command = {
  name: 'upgrade',
  summary: 'Let an actor, or all below a path, run other code; state is kept.',
  arguments: [
    { name: 'PATH', doc: 'The actor: its path, name or UUID. Not with --prefix.', required: false },
  ],
  flags: [
    { name: 'prefix', type: 'text', value: 'PREFIX', doc: 'All actors whose path begins so.' },
    { name: 'file', type: 'text', value: 'FILE', doc: 'Deploy this Seq program, and run it.' },
    {
      name: 'module',
      type: 'text',
      value: 'HASH',
      doc: 'Run this module, which is deployed; 12 digits will do.',
    },
    {
      name: 'word',
      type: 'text',
      value: 'WORD',
      doc: 'The behaviour. Default: the word that the actor runs now.',
    },
    {
      name: 'migrate',
      type: 'text',
      value: 'WORD',
      doc: 'A word ( Map -- Map ) of the program that makes the new state of the old one.',
    },
    {
      name: 'resume',
      type: 'boolean',
      doc: 'Let an actor that failed, is stopped or suspended go on at once.',
    },
    ID_FLAG,
    JSON_FLAG,
    ...CLIENT_FLAGS,
  ],
  examples: [
    ['upgrade /user/accounts/alice --file accounts.seq', 'Runs the corrected program, with the state kept.'],
    ['upgrade --prefix /user/accounts/ --module HASH --migrate to-cents', 'All accounts, each by itself.'],
  ],
  statuses: [[75, 'with --prefix, some actors were not upgraded']],
  async run(context, input) {
    const [path] = input.arguments;
    const prefix = input.text('prefix');
    if ((path === undefined) === (prefix === undefined))
      throw new SeqNodeError('bad-usage', 'upgrade needs either PATH or --prefix.');
    const code = await chooseCode(context, input);
    if (path !== undefined) return upgradeOne(context, input, path, code);
    return onceWithId(input, (id) => upgradeAll(context, input, prefix!, code, id));
  },
};

interface Code {
  readonly module: string;
  readonly word?: string | undefined;
  readonly migrate?: string | undefined;
  readonly resume: boolean;
}

async function chooseCode(context: Context, input: Input): Promise<Code> {
  const [file, module] = [input.text('file'), input.text('module')];
  if ((file === undefined) === (module === undefined))
    throw new SeqNodeError('bad-usage', 'upgrade needs either --file or --module.');
  const chosen = {
    word: input.text('word'),
    migrate: input.text('migrate'),
    resume: input.boolean('resume'),
  };
  if (file === undefined) return { module: module!, ...chosen };
  const { deployFile } = await import('../deploying.ts');
  const { hash } = await deployFile(context, new NodeClient(context, input), file);
  return { module: hash, ...chosen };
}

async function order(
  context: Context,
  input: Input,
  path: string,
  code: Code,
  id: string,
): Promise<Upgraded> {
  const client = new NodeClient(context, input);
  const body = { ...code, id, timeoutMs: client.messageTimeoutMs() };
  return (await client.call({ method: 'POST', address: actorAddress(path, 'upgrade'), body })) as Upgraded;
}

async function upgradeOne(context: Context, input: Input, path: string, code: Code): Promise<number> {
  const answer = await onceWithId(input, (id) => order(context, input, path, code, id));
  if (input.boolean('json')) {
    printJson(context, { ...answer, module: code.module });
    return 0;
  }
  const { upgraded, lifecycle, sequence } = answer;
  if (upgraded) printLine(context, `upgraded ${path} ${takenText(answer)}`);
  else printLine(context, `${path} ${hasCode(input)}, sequence ${sequence}`);
  if (lifecycle !== 'running')
    remark(context, `seq-node: ${path} ${HOW_IT_IS[lifecycle]}; let it go on with seq-node resume ${path}`);
  return 0;
}

/** With --resume it may have gone on all the same. */
const hasCode = (input: Input) =>
  input.boolean('resume') ? 'is running, with that code already' : 'runs that code already';

const HOW_IT_IS: Readonly<Record<Exclude<Upgraded['lifecycle'], 'running'>, string>> = {
  restarting: 'waits for its supervisor',
  suspended: 'is suspended',
  failed: 'has failed',
  stopped: 'is stopped',
  quarantined: 'is held',
};

interface Summary {
  upgraded: number;
  unchanged: number;
  /** By code. */
  readonly failed: Record<string, number>;
  /** Actors that go on only after `resume`. */
  waiting: number;
}

/** Each by the same id, which takes effect once at a path: the whole may be repeated. */
async function upgradeAll(
  context: Context,
  input: Input,
  prefix: string,
  code: Code,
  id: string,
): Promise<number> {
  const summary: Summary = { upgraded: 0, unchanged: 0, failed: {}, waiting: 0 };
  let named = 0;
  const one = async (path: string) => {
    try {
      const { upgraded, lifecycle } = await order(context, input, path, code, id);
      if (upgraded) summary.upgraded++;
      else summary.unchanged++;
      if (lifecycle !== 'running') summary.waiting++;
    } catch (error) {
      if (!(error instanceof SeqNodeError)) throw error;
      summary.failed[error.code] = (summary.failed[error.code] ?? 0) + 1;
      if (named++ < NAMED_MAX) remark(context, `seq-node: ${path}: ${error.code}: ${error.message}`);
    }
  };
  for (let after: string | null = ''; after !== null; ) {
    const query = new URLSearchParams({ prefix, limit: String(PAGE), ...(after !== '' && { after }) });
    const client = new NodeClient(context, input);
    const address = `/v1/actors?${query}`;
    const page = (await client.call({ method: 'GET', confirmed: true, address })) as ActorPage;
    const paths = page.actors.map(({ path }) => path);
    while (paths.length > 0) await Promise.all(paths.splice(0, AT_ONCE).map(one));
    after = page.next;
  }
  const failures = Object.entries(summary.failed);
  if (input.boolean('json')) printJson(context, { ...summary, module: code.module, id });
  else {
    const parts = [`upgraded ${summary.upgraded}`, `unchanged ${summary.unchanged}`];
    printLine(context, [...parts, ...failures.map(([name, count]) => `${name} ${count}`)].join(', '));
  }
  if (summary.waiting > 0)
    remark(
      context,
      `seq-node: ${summary.waiting} of them do not run; each goes on with seq-node resume PATH`,
    );
  if (failures.length === 0) return 0;
  remark(context, `seq-node: what was not upgraded is tried again by the same command with --id ${id}`);
  return 75;
}
