// `npm pack` runs this: an installed package cannot run TypeScript as it stands. It ships one file for
// commands, one for scripts and one for each worker, because a hundred files take several times as long to
// start. They are CommonJS, which Node loads faster; what a command does not use is not evaluated.
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { extname, join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const outdir = join(root, 'dist');

rmSync(outdir, { recursive: true, force: true });
await build({
  absWorkingDir: root,
  // A worker's file is found beside the one that starts it.
  entryPoints: [
    'node/cli/main.ts',
    'node/cli/main-script.ts',
    'node/cli/testing.ts',
    'node/journal/io/store-worker.ts',
    'node/projection/projection-worker.ts',
    'node/projection/query-process.ts',
  ],
  entryNames: '[name]',
  outdir,
  outExtension: { '.js': '.cjs' },
  bundle: true,
  format: 'cjs',
  platform: 'node',
  target: 'node26',
  packages: 'external',
  minifySyntax: true,
  minifyWhitespace: true,
  define: { 'import.meta.filename': '__filename', 'import.meta.dirname': '__dirname' },
  logLevel: 'warning',
});
// Browsers load these as they stand.
cpSync(join(root, 'node', 'dashboard', 'app'), join(outdir, 'dashboard'), {
  recursive: true,
  filter: (source) => /^$|^\.(js|css|html|svg)$/.test(extname(source)),
});
rmSync(join(outdir, 'dashboard', 'vendor'), { recursive: true });
console.log(`build: ${readdirSync(outdir).join(', ')} in dist`);
