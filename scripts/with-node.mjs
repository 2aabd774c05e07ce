// `node scripts/with-node.mjs SCRIPT.ts [args]`: does the set-up that a fresh clone needs (a Node that is new
// enough, the dependencies of the lockfile), then runs the script. `--bin NAME` runs an installed command
// instead.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import lifeline from '../bin/lifeline.cjs';
import { findNode } from './node-version.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const NPM_LOOK_MS = 500;

function installDependencies(node) {
  const wanted = createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
  const stamp = join(root, 'node_modules', '.installed-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  process.stderr.write('Installing the dependencies of package-lock.json …\n');
  const result = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    env: environmentFor(node),
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (result.status !== 0)
    throw new Error(`npm ci failed (exit ${result.status}). Check the network and run the command again.`);
  writeFileSync(stamp, wanted);
}

function environmentFor(node) {
  const path = [dirname(node), join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter);
  return { ...process.env, PATH: path };
}

function main() {
  const node = findNode(join(root, '.node'));
  installDependencies(node);
  const [first, ...rest] = process.argv.slice(2);
  const [file, args] =
    first === '--bin'
      ? [join(root, 'node_modules', '.bin', rest[0]), rest.slice(1)]
      : [join(root, first), rest];
  // It does not outlive this process, nor this process the npm that began it.
  const words = ['--require', join(root, 'bin', 'lifeline.cjs'), file, ...args];
  const { env, stdio } = lifeline.tied(environmentFor(node), ['inherit', 'inherit', 'inherit']);
  const child = spawn(node, words, { cwd: root, env, stdio });
  endWithNpm(child);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(error));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

/**
 * npm holds no pipe for what it runs, but is the parent of it: by `exec`, the shell between them gives its
 * place away.
 */
function endWithNpm(child) {
  if (!process.env.npm_lifecycle_script?.includes('scripts/with-node.mjs')) return;
  const npm = process.ppid;
  setInterval(() => process.ppid === npm || child.kill('SIGTERM'), NPM_LOOK_MS).unref();
}

function fail(error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}

try {
  main();
} catch (error) {
  fail(error);
}
