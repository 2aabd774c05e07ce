// `npm pack` runs this: an installed package cannot run TypeScript as it stands. It ships one file for
// commands, two for scripts and one for each worker, because a hundred files take several times as long to
// start. They are CommonJS, which Node loads faster; what a command does not use is not evaluated.
import { createHash } from 'node:crypto';
import { cpSync, readdirSync, rmSync } from 'node:fs';
import { extname, join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..');
const outdir = join(root, 'dist');

rmSync(outdir, { recursive: true, force: true });
/** With a name for this build, so that what one keeps is not taken by another. */
const built = (name: string, write: boolean) =>
  build({
    absWorkingDir: root,
    // A worker's file is found beside the one that starts it.
    entryPoints: [
      'node/cli/main.ts',
      'node/cli/main-script.ts',
      'node/cli/main-kept.ts',
      'node/cli/kept-programs.ts',
      'node/cli/testing.ts',
      'node/journal/io/store-worker.ts',
      'node/projection/projection-worker.ts',
      'node/projection/query-process.ts',
    ],
    entryNames: '[name]',
    outdir,
    outExtension: { '.js': '.cjs' },
    bundle: true,
    write,
    format: 'cjs',
    platform: 'node',
    target: 'node26',
    packages: 'external',
    minifySyntax: true,
    minifyWhitespace: true,
    define: {
      'import.meta.filename': '__filename',
      'import.meta.dirname': '__dirname',
      'process.env.SEQ_NODE_BUILD': JSON.stringify(name),
    },
    logLevel: 'warning',
  });

const { outputFiles } = await built('unnamed', false);
const content = createHash('sha256');
for (const { contents } of outputFiles!) content.update(contents);
await built(content.digest('hex').slice(0, 16), true);
// Browsers load these as they stand.
cpSync(join(root, 'node', 'dashboard', 'app'), join(outdir, 'dashboard'), {
  recursive: true,
  filter: (source) => /^$|^\.(js|css|html|svg)$/.test(extname(source)),
});
rmSync(join(outdir, 'dashboard', 'vendor'), { recursive: true });
console.log(`build: ${readdirSync(outdir).join(', ')} in dist`);
