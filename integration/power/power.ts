// Processes whose disks lose power: what of a directory they did not sync is gone. See layer.c.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The compiled layer in a fresh directory, or why there cannot be one. */
export function buildLayer(): { readonly layer: string } | { readonly missing: string } {
  if (process.platform !== 'linux') return { missing: 'the layer below the disk is for Linux' };
  const layer = join(mkdtempSync(join(tmpdir(), 'seq-power-')), 'layer.so');
  const source = join(import.meta.dirname, 'layer.c');
  try {
    execFileSync('gcc', ['-O2', '-shared', '-fPIC', '-o', layer, source, '-ldl', '-lpthread'], {
      stdio: 'pipe',
    });
    // A C library of another kind than that of Node would refuse it.
    execFileSync(process.execPath, ['-e', ''], { env: { ...process.env, LD_PRELOAD: layer }, stdio: 'pipe' });
    return { layer };
  } catch (cause) {
    return { missing: `the layer below the disk cannot be compiled and loaded: ${(cause as Error).message}` };
  }
}

export class PowerDisk {
  readonly #root: string;
  readonly #image: string;

  /** What processes with the environment of `env` write below `root` is lost unless they sync it. */
  constructor(root: string) {
    this.#root = root;
    this.#image = `${root}-durable`;
    mkdirSync(root, { recursive: true });
  }

  env(layer: string): Record<string, string> {
    return { LD_PRELOAD: layer, POWER_ROOT: this.#root, POWER_IMAGE: this.#image };
  }

  /** To be called when every process that writes there was killed. */
  cut(): void {
    const durable = join(this.#image, 'names');
    rmSync(this.#root, { recursive: true });
    if (existsSync(durable)) cpSync(durable, this.#root, { recursive: true });
    else mkdirSync(this.#root);
    rmSync(this.#image, { recursive: true, force: true });
  }
}
