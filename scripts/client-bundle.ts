// @seq-node/client as one file, of the JavaScript that Node 20 and today's browsers have.
import { join } from 'node:path';
import { build } from 'esbuild';

export async function bundleClient(outfile: string): Promise<void> {
  await build({
    absWorkingDir: join(import.meta.dirname, '..'),
    entryPoints: ['sdk/index.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    minify: true,
    logLevel: 'warning',
  });
}
