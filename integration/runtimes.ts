// `npm run runtimes`: @seq-node/client on each JavaScript runtime that is to be had: every Node of the PATH
// from 20 on, Deno and Bun as npm brings them. Each does the same on one cluster, and sees the same. Ends
// with 1 at the first difference, with 75 where one is not to be had.
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { Cluster } from './cluster.ts';
import { ROOT } from './node-process.ts';

const INSTALL_MS = 240_000;
const RUN_MS = 60_000;
const LEAST_MAJOR = 20;

const PROGRAM = `
import { connect, float, SeqNodeError, symbol } from ${JSON.stringify(join(ROOT, 'sdk/dist/index.js'))};
const [url, module, name] = (globalThis.Deno ? Deno.args : process.argv.slice(2));
const client = connect({ nodes: url, token: 'unused' });
const account = client.actor('/user/accounts/' + name);
await account.spawn({ module, word: 'account' });
const seen = [];
await Promise.all(Array.from({ length: 50 }, () => account.ask.deposit({ amount: 1 })));
seen.push(await account.ask({ Withdraw: { amount: 20 } }));
const wide = await account.ask.deposit({ amount: 2n ** 60n });
seen.push(typeof wide.Balanced.balance, String(wide.Balanced.balance));
const once = { id: 'once' };
await account.tell.deposit({ amount: 5 }, once);
seen.push((await account.tell.deposit({ amount: 5 }, once)).replayed);
try {
  await client.actor('/user/nobody').ask.balance();
} catch (error) {
  seen.push(error instanceof SeqNodeError, error.code, error.outcome);
}
const aborted = AbortSignal.abort(new Error('enough'));
seen.push(await account.ask.balance({}, { signal: aborted }).catch((error) => error.message));
seen.push(JSON.stringify([float(3), symbol('red')]));
let records = 0;
for await (const record of account.journal()) records += record.kind === 'turn' ? 1 : 0;
seen.push(records);
client.close();
console.log(JSON.stringify(seen));
`;

interface Runtime {
  readonly name: string;
  readonly command: readonly string[];
}

/** One of each major version. */
function nodes(): Runtime[] {
  const found = new Map<number, Runtime>();
  for (const folder of [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin']) {
    const program = join(folder, 'node');
    if (!existsSync(program)) continue;
    const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
    const major = Number(/^v(\d+)/.exec(stdout)?.[1] ?? 0);
    if (major >= LEAST_MAJOR && !found.has(major))
      found.set(major, { name: `node${major}`, command: [program] });
  }
  return [...found.values()];
}

function fromNpm(folder: string): Runtime[] {
  const flags = ['--no-audit', '--no-fund', '--loglevel=error'];
  const found: Runtime[] = [];
  for (const [name, args] of [
    ['deno', ['run', '--allow-net', '--allow-read']],
    ['bun', ['run']],
  ] as const) {
    const cwd = join(folder, name);
    mkdirSync(cwd);
    writeFileSync(join(cwd, 'package.json'), '{"private": true}');
    const options = { cwd, encoding: 'utf8', timeout: INSTALL_MS } as const;
    spawnSync('npm', ['install', ...flags, name], options);
    const program = join(cwd, 'node_modules/.bin', name);
    const isThere = existsSync(program) && spawnSync(program, ['--version'], options).status === 0;
    if (isThere) found.push({ name, command: [program, ...args] });
    else console.log(`runtimes: NOT TESTED: ${name} of npm is not to be had`);
  }
  return found;
}

async function check(runtimes: readonly Runtime[], folder: string): Promise<void> {
  execFileSync(process.execPath, [join(ROOT, 'scripts/build-client.ts')], { stdio: 'ignore' });
  const program = join(folder, 'program.mjs');
  writeFileSync(program, PROGRAM);
  const cluster = await Cluster.start({ size: 1 });
  try {
    const { client, httpAddress } = cluster.node(0);
    const source = readFileSync(join(ROOT, 'examples/accounts.seq'), 'utf8');
    const files = { 'accounts.seq': source };
    const { hash } = (await client.call('POST', '/v1/modules', { entry: 'accounts.seq', files })) as {
      hash: string;
    };
    let first: string | undefined;
    for (const { name, command } of runtimes) {
      const [file, ...args] = [...command, program, `http://${httpAddress}`, hash, name];
      const { stdout } = await promisify(execFile)(file!, args, {
        timeout: RUN_MS,
        env: { ...process.env, NO_COLOR: '1' },
      });
      const seen = stdout.trim();
      first ??= seen;
      if (seen !== first || !seen.includes('no-such-actor'))
        throw new Error(`${name} sees ${seen}, not ${first}`);
      console.log(`runtimes: ${name} sees ${seen}`);
    }
  } finally {
    await cluster.dispose();
  }
}

const folder = mkdtempSync(join(tmpdir(), 'seq-node-runtimes-'));
try {
  const others = fromNpm(folder);
  const own = nodes();
  await check([...own, ...others], folder);
  if (others.length < 2 || own.length < 2) process.exitCode = 75;
  if (own.length < 2) console.log('runtimes: NOT TESTED: there is one version of Node on the PATH only');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
