// A measurement in a process of its own, which prints its result as one line of JSON.
import { join } from 'node:path';
import { ended, spawnTracked } from '../../integration/children.ts';
import { ROOT } from '../../integration/node-process.ts';

export async function runJson<T>(
  script: string,
  args: readonly string[],
  nodeFlags: readonly string[] = [],
): Promise<T> {
  const child = spawnTracked(
    process.execPath,
    [...nodeFlags, join(ROOT, 'scripts', 'bench', script), ...args],
    {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let output = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const { code, signal } = await ended(child);
  await closed;
  if (code !== 0) throw new Error(`${script} ended with ${code ?? signal}`);
  return JSON.parse(output) as T;
}
