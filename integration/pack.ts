// `node integration/pack.ts`: packs the package, installs it elsewhere as anybody would, and uses it: a
// version, a program, a node with an actor, and a Node that is too old; and so the client, by itself. Exits 1
// at the first difference.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { ended, spawnTracked } from './children.ts';
import { ROOT } from './node-process.ts';

const REQUIRED_MAJOR = 26;

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function say(text: string) {
  process.stdout.write(`pack: ${text}\n`);
}

function demand(holds: boolean, what: string, detail = '') {
  if (!holds) throw new Error(`${what}${detail === '' ? '' : `\n${detail}`}`);
  say(what);
}

function command(
  file: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = process.env,
): Ran {
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    cwd,
    env,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (error) throw error;
  return { status, stdout, stderr };
}

function pack(folder: string): string {
  const { status, stdout, stderr } = command('npm', ['pack', '--json', '--pack-destination', folder], ROOT);
  demand(status === 0, 'npm pack succeeds', stderr);
  // Scripts may write before the JSON.
  const [packed] = JSON.parse(stdout.slice(stdout.indexOf('[\n'))) as [Packed];
  const paths = packed.files.map(({ path }) => path);
  const needed = [
    'bin/lifeline.cjs',
    'bin/seq-node.cjs',
    'dist/main.cjs',
    'dist/main-script.cjs',
    'dist/main-kept.cjs',
    'dist/kept-programs.cjs',
    'dist/store-worker.cjs',
    'bin/testing.d.ts',
    'dist/testing.cjs',
    'dist/dashboard/index.html',
    'dist/dashboard/main.js',
    'scripts/node-version.mjs',
    'examples/accounts.seq',
    'LICENSE',
  ];
  const missing = needed.filter((path) => !paths.includes(path));
  demand(missing.length === 0, 'the package holds what it needs', missing.join('\n'));
  const surplus = paths.filter((path) =>
    /(?<!\.d)\.ts$|\.test\.|test-support|(^|\/)testing\/|^(sim|integration|node)\//.test(path),
  );
  demand(surplus.length === 0, 'the package holds no source and no tests', surplus.join('\n'));
  return join(folder, packed.filename);
}

function install(tarball: string, app: string): string {
  mkdirSync(app);
  writeFileSync(join(app, 'package.json'), '{"name":"app","private":true}\n');
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  const { status, stderr } = command('npm', ['install', tarball, ...flags], app);
  demand(status === 0, 'npm install --ignore-scripts succeeds', stderr);
  return join(app, 'node_modules', '.bin', 'seq-node');
}

function checkPrograms(seqNode: string, app: string, env: NodeJS.ProcessEnv, label: string) {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly version: string;
  };
  const told = command(seqNode, ['version'], app, env);
  demand(told.status === 0 && told.stdout === `${version}\n`, `${label}: version`, told.stderr + told.stdout);
  writeFileSync(join(app, 'hello.seq'), ': main ( -- Int ) "hello" io.write-line 3 ;\n');
  const ran = command(seqNode, ['run', 'hello.seq'], app, env);
  demand(ran.status === 3 && ran.stdout === 'hello\n', `${label}: run`, ran.stderr + ran.stdout);
}

/** A program does the same when it is run again, from what was kept of it, and when that is no good. */
function checkKept(seqNode: string, folder: string, env: NodeJS.ProcessEnv): void {
  const home = join(folder, 'home-of-kept');
  const app = join(folder, 'app-of-kept');
  for (const made of [home, app, join(app, 'lib')]) mkdirSync(made);
  const run = () => {
    const { status, stdout, stderr } = command(seqNode, ['run', 'main.seq', '3', 'x'], app, {
      ...env,
      HOME: home,
    });
    return JSON.stringify({ status, stdout, stderr });
  };
  const programs = join(home, '.cache', 'seq-node', 'programs');
  const keptFile = () => join(programs, readdirSync(programs)[0]!);
  const library = (factor: number) => `: times ( Int -- Int ) ${factor} * ;\n`;
  writeFileSync(join(app, 'lib', 'times.seq'), library(2));
  writeFileSync(
    join(app, 'main.seq'),
    `include "lib/times"
     : main ( -- Int )
       args.count int->string io.write-line 0 args.at io.write-line
       1 args.at string->int [ times dup int->string io.write-line ] [ drop 0 ] if
       dup 9 > [ chan.make chan.receive drop drop ] when ;\n`,
  );
  const first = run();
  demand(first.includes('"status":6,"stdout":"3\\nmain.seq\\n6\\n"'), 'a program with an include', first);
  const kept = readFileSync(keptFile(), 'utf8');
  demand(run() === first, 'does the same from what was kept of it', run());
  writeFileSync(keptFile(), kept.replaceAll('main.seq', 'else.seq'));
  demand(run() === first, 'and when that is damaged', run());
  demand(readFileSync(keptFile(), 'utf8') === kept, 'which is then written anew');
  writeFileSync(keptFile(), kept.slice(0, -20));
  demand(run() === first, 'and when it is cut off', run());
  writeFileSync(join(app, 'lib', 'times.seq'), library(5));
  const fault = run();
  demand(
    /deadlock.*in main at main.seq:5:/.test(fault),
    'another program once what it includes has changed',
    fault,
  );
  demand(run() === fault, 'whose fault has the same place the second time', run());
}

async function checkNode(
  seqNode: string,
  app: string,
  env: NodeJS.ProcessEnv,
  label: string,
  more: (url: string) => void | Promise<void> = () => undefined,
) {
  const words = [
    'start',
    '--create',
    '--p2p',
    '127.0.0.1:0',
    '--http',
    '127.0.0.1:0',
    '--json',
    '--data',
    `data-${label}`,
  ];
  const child = spawnTracked(seqNode, words, { cwd: app, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const line = await Promise.race([
    new Promise<string>((resolve) => child.stdout?.setEncoding('utf8').once('data', resolve)),
    ended(child).then(({ code }) => Promise.reject(new Error(`start ended with ${code}:\n${stderr}`))),
  ]);
  const { url } = JSON.parse(line) as { readonly url: string };
  const program = join(app, 'node_modules', 'seq-node', 'examples', 'accounts.seq');
  const spawned = command(seqNode, ['spawn', '/user/a', '--file', program, '--node', url], app, env);
  demand(spawned.status === 0, `${label}: spawn`, spawned.stderr);
  const asked = command(seqNode, ['ask', '/user/a', 'Deposit', '7', '--node', url], app, env);
  demand(asked.stdout.includes('7'), `${label}: ask`, asked.stderr + asked.stdout);
  await more(url);
  child.kill('SIGTERM');
  const { code } = await ended(child);
  demand(code === 0, `${label}: start, and a graceful stop`, stderr);
}

/** A `node` on the PATH that is older than the package asks for. */
function findOldNode(): string | undefined {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const node = join(folder, 'node');
    if (!existsSync(node)) continue;
    const { stdout } = command(node, ['--version'], ROOT);
    if (Number(/^v(\d+)/.exec(stdout)?.[1]) < REQUIRED_MAJOR) return node;
  }
  return undefined;
}

/** What a browser loads of the node at `url`, from one file to those that it names. */
async function checkDashboard(url: string): Promise<void> {
  const seen = new Set(['']);
  for (const name of seen) {
    const answer = await fetch(`${url}/ui/${name}`);
    const text = await answer.text();
    demand(answer.status === 200 && text !== '', `the dashboard has ${name || 'its page'}`, text);
    const folder = name.slice(0, name.lastIndexOf('/') + 1);
    const names = /(?:\bfrom\s*["']\.\/|\b(?:src|href)=")([\w./-]+)["']/g;
    // Comments name types, which no browser loads.
    for (const [, other = ''] of text.matchAll(names)) if (!other.endsWith('.d.ts')) seen.add(folder + other);
  }
  demand(seen.has('vendor/preact.js'), 'its files lead to its libraries', [...seen].join('\n'));
}

/** `seq-node/testing` of the installed package starts a node. */
function checkTesting(app: string): void {
  const program = join(app, 'testing.mjs');
  writeFileSync(
    program,
    `import { testNode } from 'seq-node/testing';
    await using node = await testNode();
    console.log((await fetch(node.url + '/readyz')).status);\n`,
  );
  const ran = command(process.execPath, [program], app);
  demand(ran.stdout === '200\n', 'a test node serves', ran.stderr + ran.stdout);
}

/** The client, packed and installed by itself, asks an actor of the node at `url`. */
function checkClient(folder: string, url: string): void {
  const sdk = join(ROOT, 'sdk');
  const packed = command('npm', ['pack', '--json', '--pack-destination', folder], sdk);
  demand(packed.status === 0, 'npm pack of the client succeeds', packed.stderr);
  const [{ filename }] = JSON.parse(packed.stdout.slice(packed.stdout.indexOf('[\n'))) as [Packed];
  const app = join(folder, 'client-app');
  mkdirSync(app);
  writeFileSync(join(app, 'package.json'), '{"name":"app","private":true,"type":"module"}\n');
  const flags = ['--no-audit', '--no-fund', '--loglevel=error'];
  const installed = command('npm', ['install', join(folder, filename), ...flags], app);
  demand(installed.status === 0, 'npm install of the client succeeds', installed.stderr);
  writeFileSync(
    join(app, 'app.js'),
    `import { connect } from '@seq-node/client';
     const reply = await connect({ nodes: ${JSON.stringify(url)} }).actor('/user/a').ask.deposit({ amount: 3 });
     console.log(JSON.stringify(reply));\n`,
  );
  const ran = command('node', ['app.js'], app);
  demand(ran.stdout === '{"Balanced":{"balance":10}}\n', 'the client asks', ran.stderr + ran.stdout);
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'seq-node-pack-'));
  try {
    const app = join(folder, 'app');
    const seqNode = install(pack(folder), app);
    const path = (node: string) => [dirname(node), process.env.PATH].join(delimiter);
    const now = { ...process.env, PATH: path(process.execPath), HOME: join(folder, 'home') };
    const label = `Node ${process.versions.node}`;
    checkPrograms(seqNode, app, now, label);
    checkKept(seqNode, folder, now);
    await checkNode(seqNode, app, now, 'now', async (url) => {
      await checkDashboard(url);
      checkClient(folder, url);
    });
    checkTesting(app);
    const old = findOldNode();
    if (old === undefined) {
      say('there is no older Node on the PATH to try');
      return;
    }
    const older = { ...now, PATH: path(old) };
    checkPrograms(seqNode, app, older, command(old, ['--version'], app).stdout.trim());
    await checkNode(seqNode, app, older, 'older');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  await main();
  say('all is well');
} catch (error) {
  process.stderr.write(`pack: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
