#!/usr/bin/env node
// Starts the command with a Node that is new enough. In a checkout it runs the TypeScript source as it stands; in an
// installed package, where Node does not strip types, it runs the bundle in dist/. CommonJS, and with nothing that not every
// command needs: it is a part of the time that each takes to start.
const { existsSync } = require('node:fs');
const module_ = require('node:module');
const { join } = require('node:path');

const root = join(__dirname, '..');
const source = join(root, 'node', 'cli', 'main.ts');
const inCheckout = existsSync(source);

/** The lowest major version that `engines` in package.json accepts; scripts/node-version.mjs has it too. */
const REQUIRED_MAJOR = 26;

if (Number(process.versions.node.split('.')[0]) >= REQUIRED_MAJOR) {
  // Every command is a new process: keep what compiling and stripping types gave, for the next one. Below the home directory,
  // because whoever can write the cache can change what runs.
  const home = process.env.HOME || require('node:os').homedir();
  module_.enableCompileCache(join(home, '.cache', 'seq-node', 'compiled'));
  if (inCheckout) import(require('node:url').pathToFileURL(source).href);
  else require(isScript(process.argv[2]) ? '../dist/main-script.cjs' : '../dist/main.cjs');
} else runWithNewerNode();

/** Whether the first word is `run`, or a file in the place of a command; node/cli/run-cli.ts has the rule, too. */
function isScript(word = '') {
  return word === 'run' || (!word.startsWith('-') && (word.endsWith('.seq') || word.includes('/')));
}

async function runWithNewerNode() {
  const { spawn } = require('node:child_process');
  try {
    const { findNode } = await import('../scripts/node-version.mjs');
    const node = findNode(inCheckout ? join(root, '.node') : undefined);
    const child = spawn(node, [__filename, ...process.argv.slice(2)], { stdio: 'inherit' });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
  } catch (error) {
    process.stderr.write(`seq-node: ${error.message}\n`);
    process.exit(78);
  }
}
