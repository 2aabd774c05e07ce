import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The version of the package that this file is part of: the nearest package.json above it, in a checkout or
 * in dist.
 */
export const VERSION: string = readVersion(import.meta.dirname);

function readVersion(folder: string): string {
  try {
    const parsed: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    if (typeof parsed === 'object' && parsed !== null && 'version' in parsed) return String(parsed.version);
  } catch {
    // Look one folder up.
  }
  const parent = dirname(folder);
  return parent === folder ? '0.0.0' : readVersion(parent);
}
