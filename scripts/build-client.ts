// Builds @seq-node/client: sdk/dist, the same for every platform, with its types.
import { execFileSync } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bundleClient } from './client-bundle.ts';

const root = join(import.meta.dirname, '..');
const outdir = join(root, 'sdk', 'dist');

rmSync(outdir, { recursive: true, force: true });
await bundleClient(outdir);
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
execFileSync(process.execPath, [tsc, '-p', join(root, 'sdk', 'tsconfig.json')], { stdio: 'inherit' });
console.log(`build: sdk/dist/index.js, ${statSync(join(outdir, 'index.js')).size} bytes, and its types`);
