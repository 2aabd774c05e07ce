// `node scripts/with-node.mjs scripts/pack-vscode.ts [FILE]`: packs editors/vscode as an extension that `code
// --install-extension` takes. What it depends on comes from npm, as its lockfile says; the grammar is that of
// all editors.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { vsixFiles } from './vsix.ts';
import { zip } from './zip.ts';

const root = join(import.meta.dirname, '..');
const source = join(root, 'editors', 'vscode');
const target = process.argv[2] ?? 'seq-node.vsix';

const folder = mkdtempSync(join(tmpdir(), 'seq-vscode-'));
try {
  cpSync(source, folder, { recursive: true, filter: (path) => !path.includes('node_modules') });
  const installed = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (installed.status !== 0) throw new Error(`npm ci failed in ${folder} (exit ${installed.status}).`);
  const { outputFiles } = await build({
    absWorkingDir: folder,
    entryPoints: ['extension.cjs'],
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    external: ['vscode'],
    minify: true,
    legalComments: 'inline',
    logLevel: 'warning',
  });
  const file = (name: string, from = join(source, name)) => [name, readFileSync(from)] as const;
  const files = new Map<string, Uint8Array>([
    file('package.json'),
    file('language-configuration.json'),
    file('README.md'),
    file('seq.tmLanguage.json', join(root, 'editors', 'seq.tmLanguage.json')),
    ['extension.js', outputFiles[0]!.contents],
  ]);
  const archive = zip(vsixFiles(files));
  writeFileSync(target, archive);
  process.stdout.write(
    `${target}: ${archive.length} bytes; code --install-extension ${target} installs it\n`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
