#!/usr/bin/env node
// Starts the command with a Node that is new enough. In a checkout it runs the TypeScript source as it
// stands; in an installed package, where Node does not strip types, it runs the bundle in dist/. CommonJS,
// and with nothing that not every command needs: it is a part of the time that each takes to start.
const { existsSync, mkdirSync } = require('node:fs');
const module_ = require('node:module');
const { join } = require('node:path');

const root = join(__dirname, '..');
const source = join(root, 'node', 'cli', 'main.ts');
const inCheckout = existsSync(source);

/** The lowest major version that `engines` in package.json accepts; scripts/node-version.mjs has it too. */
const REQUIRED_MAJOR = 26;

/**
 * What a node wants of the engine, which takes it only when a process begins. It makes much that is
 * short-lived: with the young generation that the engine has by itself, a third of the work is to copy what
 * is about to go (32 MiB are the most that is taken, not what is). And the engine's own code runs faster from
 * large pages.
 */
const NODE_OPTIONS = ['--max-semi-space-size=32', '--use-largepages=silent'];
/**
 * How much more than what lives may be there before all of it is collected, in percent. With less, a full
 * collection begins as soon as what is young might not find room: several times a second, for little.
 */
const GROWTH_PERCENT = 300;

if (Number(process.versions.node.split('.')[0]) >= REQUIRED_MAJOR) {
  if (process.argv[2] === 'start') {
    beginWithOptions();
    require('node:v8').setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
  }
  if (process.env.SEQ_NODE_LIFELINE !== undefined) require('./lifeline.cjs');
  const cache = cacheFolder();
  if (cache !== undefined) module_.enableCompileCache(cache);
  if (inCheckout) import(require('node:url').pathToFileURL(source).href);
  else if (isScript(process.argv[2])) runScript();
  else require('../dist/main.cjs');
} else runWithNewerNode();

/**
 * Every command is a new process: what compiling and stripping types gave is kept for the next one. Below the
 * home directory, because whoever can write the cache can change what runs; undefined where the user has
 * none.
 */
function cacheFolder() {
  try {
    let folder = process.env.HOME || require('node:os').homedir();
    const names = ['.cache', 'seq-node', 'compiled'];
    if (existsSync(join(folder, ...names))) return join(folder, ...names);
    // One by one: where a file system makes no directories, Node tries for ever to make several at once. And
    // no home is made.
    for (const name of names) {
      folder = join(folder, name);
      if (!existsSync(folder)) mkdirSync(folder);
    }
    return folder;
  } catch {
    return undefined;
  }
}

/** Begins this process anew with the options of a node, but for those that were given to it. */
function beginWithOptions() {
  const missing = missingOptions();
  if (process.execve === undefined || process.platform === 'win32' || missing.length === 0) return;
  const options = [...missing, ...process.execArgv];
  process.execve(process.execPath, [process.execPath, ...options, __filename, ...process.argv.slice(2)]);
}

function missingOptions() {
  const given = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ');
  return NODE_OPTIONS.filter((option) => !given.includes(option.split('=')[0]));
}

/**
 * Whether the first word is `run`, or a file in the place of a command; node/cli/run-cli.ts has the rule,
 * too.
 */
function isScript(word = '') {
  return word === 'run' || (!word.startsWith('-') && (word.endsWith('.seq') || word.includes('/')));
}

/** From what an earlier run kept of the program, if that is there and no flag comes before the file. */
function runScript() {
  const [first, second = ''] = process.argv.slice(2);
  const file = first === 'run' ? second : first;
  const kept = file.startsWith('-') ? undefined : require('../dist/kept-programs.cjs').keptProgram(file);
  if (kept === undefined) require('../dist/main-script.cjs');
  else require('../dist/main-kept.cjs').runKept(kept);
}

/** In the place of this process where Node can do that; else as a child that ends with it, by SIGKILL too. */
async function runWithNewerNode() {
  const { spawn } = require('node:child_process');
  try {
    const { findNode } = await import('../scripts/node-version.mjs');
    const node = findNode(inCheckout ? join(root, '.node') : undefined);
    // A node would begin anew for want of them, and the pipe that ties it to this process would be closed by
    // that.
    const options = process.argv[2] === 'start' ? missingOptions() : [];
    const words = [...options, __filename, ...process.argv.slice(2)];
    if (process.execve !== undefined && process.platform !== 'win32') process.execve(node, [node, ...words]);
    const { tied } = require('./lifeline.cjs');
    const child = spawn(node, words, tied(process.env, ['inherit', 'inherit', 'inherit']));
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    const { signals } = require('node:os').constants;
    child.on('error', fail);
    child.on('exit', (code, signal) => process.exit(code ?? 128 + signals[signal]));
  } catch (error) {
    fail(error);
  }
}

function fail(error) {
  process.stderr.write(`seq-node: ${error.message}\n`);
  process.exit(78);
}
