#!/usr/bin/env node
// Starts the command with a Node that is new enough. In a checkout it runs the TypeScript source as it stands; in an
// installed package, where Node does not strip types, it runs the compiled copy in dist/.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { findNode, runningNodeSuffices } from '../scripts/node-version.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const source = join(root, 'node', 'cli', 'main.ts');
const inCheckout = existsSync(source);
const entry = inCheckout ? source : join(root, 'dist', 'node', 'cli', 'main.js');

if (runningNodeSuffices()) {
  // Every command is a new process: keep what compiling and stripping types gave, for the next one. Below the home directory,
  // because whoever can write the cache can change what runs.
  module.enableCompileCache?.(join(homedir(), '.cache', 'seq-node', 'compiled'));
  await import(pathToFileURL(entry).href);
} else {
  try {
    const node = findNode(inCheckout ? join(root, '.node') : undefined);
    const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
      stdio: 'inherit',
    });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
  } catch (error) {
    process.stderr.write(`seq-node: ${error.message}\n`);
    process.exit(78);
  }
}
