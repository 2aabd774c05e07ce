// @seq-node/client as JavaScript that Node 20 and today's browsers have: index.js, and beside it what is
// loaded only when it is used.
import { join } from 'node:path';
import { build } from 'esbuild';

export async function bundleClient(outdir: string): Promise<void> {
  await build({
    absWorkingDir: join(import.meta.dirname, '..'),
    entryPoints: ['sdk/index.ts'],
    outdir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    minify: true,
    logLevel: 'warning',
  });
}
