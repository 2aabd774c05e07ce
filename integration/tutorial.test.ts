// docs/TUTORIAL.md as it is printed: its programs run, compile and pass on real nodes, while one is killed.
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { connect } from '../sdk/index.ts';
import { Cluster } from './cluster.ts';
import { seqNodeOk } from './command.ts';
import { ROOT } from './node-process.ts';

const run = promisify(execFile);
const CARTS = 20;
const OPTIONS = {
  ...{ strict: true, noEmit: true, target: 'esnext', module: 'nodenext', skipLibCheck: true },
  ...{ allowImportingTsExtensions: true, erasableSyntaxOnly: true, types: ['node'] },
  paths: {
    '@seq-node/client': [join(ROOT, 'sdk/index.ts')],
    'seq-node/testing': [join(ROOT, 'bin/testing.d.ts')],
  },
};

/** The folder of the reader, with the programs of the page. */
async function shop(): Promise<string> {
  const page = readFileSync(join(ROOT, 'docs/TUTORIAL.md'), 'utf8');
  const folder = mkdtempSync(join(tmpdir(), 'seq-node-tutorial-'));
  const programs = [...page.matchAll(/^```(?:seq|ts)\n([\s\S]*?)^```/gm)].map(([, text]) => text!);
  const [cart, app, tests, ...rest] = programs;
  if (tests === undefined || rest.length > 0) throw new Error('the page has other programs');
  const installed = (text: string) =>
    text
      .replace("'@seq-node/client'", JSON.stringify(join(ROOT, 'sdk/index.ts')))
      .replace("'seq-node/testing'", JSON.stringify(join(ROOT, 'node/cli/testing.ts')));
  writeFileSync(join(folder, 'cart.seq'), cart!);
  writeFileSync(join(folder, 'app.ts'), installed(app!));
  writeFileSync(join(folder, 'cart.test.ts'), installed(tests));
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
  // As they are printed, for the compiler.
  mkdirSync(join(folder, 'printed'));
  writeFileSync(join(folder, 'printed/app.ts'), app!);
  writeFileSync(join(folder, 'printed/cart.test.ts'), tests);
  const types = await seqNodeOk(['types', join(folder, 'cart.seq')]);
  for (const place of ['', 'printed']) writeFileSync(join(folder, place, 'actors.d.ts'), types);
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: OPTIONS, files: ['printed/app.ts', 'printed/cart.test.ts'] }),
  );
  return folder;
}

test.serial('the programs of the tutorial compile, and its test passes', async (t) => {
  const folder = await shop();
  try {
    await run(join(ROOT, 'node_modules/.bin/tsc'), ['-p', folder]);
    execFileSync(process.execPath, ['--test', 'cart.test.ts'], { cwd: folder, encoding: 'utf8' });
    t.pass();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.serial(
  'each cart of the tutorial is paid once, while the leader of the payments is killed',
  async (t) => {
    const folder = await shop();
    const cluster = await Cluster.start({ size: 3 });
    try {
      const nodes = cluster.nodes.map(({ httpAddress }) => `http://${httpAddress}`);
      const env = { ...process.env, SEQ_NODE_URL: nodes.join(',') };
      const ended = run(process.execPath, ['app.ts'], { cwd: folder, env });
      let printed = '';
      ended.child.stdout!.on('data', (chunk) => (printed += chunk));
      const lines = () => printed.split('\n').filter((line) => line !== '');
      while (lines().length < 3 && ended.child.exitCode === null)
        await new Promise((resolve) => setTimeout(resolve, 10));
      await (await cluster.leaderOf('/queue/payments')).kill();
      await ended;
      t.is(lines().length, CARTS, printed);
      const payments = readFileSync(join(folder, 'payments.log'), 'utf8').trimEnd().split('\n');
      const charged = new Map(payments.map((line) => [line.split(' ')[0]!, line]));
      t.deepEqual([payments.length, charged.size], [CARTS, CARTS], 'one payment for each cart');
      await using client = connect({ nodes, timeoutMs: 60_000 });
      for (let customer = 0; customer < CARTS; customer++) {
        const path = `/user/carts/${customer}`;
        const reply = (await client.actor(path).ask({ Show: [] })) as unknown as {
          readonly Paid: { readonly receipt: string; readonly total: number };
        };
        t.is(reply.Paid.total, 42 + customer);
        t.is(charged.get(path), `${path} ${reply.Paid.total} ${reply.Paid.receipt}`);
        t.true(lines().includes(`${path} paid ${reply.Paid.total}: ${reply.Paid.receipt}`));
      }
    } finally {
      await cluster.dispose();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
