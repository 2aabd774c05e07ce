// The files of the dashboard, which browsers load as they stand: what is in app/, and the modules of the
// libraries that it uses. They are read once, when the first is asked for.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';

export interface Asset {
  readonly type: string;
  readonly text: string;
  /** Of its content, in quotes. */
  readonly etag: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Of each library, its main entry and, from its folder, the file for browsers. */
const VENDOR: readonly (readonly [name: string, entry: string, file: string])[] = [
  ['vendor/preact.js', 'preact', 'preact.mjs'],
  ['vendor/hooks.js', 'preact/hooks', 'hooks.mjs'],
  ['vendor/htm.js', 'htm', 'htm.mjs'],
  ['vendor/uplot.js', 'uplot', 'uPlot.esm.js'],
  ['vendor/uplot.css', 'uplot', 'uPlot.min.css'],
];

let loaded: ReadonlyMap<string, Asset> | undefined;

/** By their names behind `/ui/`, as `main.js` and `vendor/preact.js`. Throws where a file is missing. */
export function assets(): ReadonlyMap<string, Asset> {
  loaded ??= readAssets();
  return loaded;
}

/** In a checkout beside this file; in an installed package in the folder that scripts/build.ts made. */
function folder(): string {
  const own = join(import.meta.dirname, 'app');
  return existsSync(own) ? own : join(import.meta.dirname, 'dashboard');
}

export function readAssets(from = folder()): Map<string, Asset> {
  const found = new Map<string, Asset>();
  for (const name of readdirSync(from).sort())
    if (extname(name) in TYPES) found.set(name, assetOf(name, readFileSync(join(from, name), 'utf8')));
  const require = createRequire(import.meta.filename);
  for (const [name, entry, file] of VENDOR) {
    const text = readFileSync(join(dirname(require.resolve(entry)), file), 'utf8');
    found.set(name, assetOf(name, forBrowsers(text)));
  }
  return found;
}

/** Browsers do not know packages by their names; and the maps of sources are not served. */
const forBrowsers = (text: string): string =>
  text.replace(/from\s*(["'])preact\1/g, 'from"./preact.js"').replace(/^\/\/# sourceMappingURL=.*$/m, '');

function assetOf(name: string, text: string): Asset {
  const etag = `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
  return { type: TYPES[extname(name)]!, text, etag };
}
