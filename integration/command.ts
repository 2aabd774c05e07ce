// The command line, run as a person would run it.
import { ended, spawnTracked } from './children.ts';
import { COMMAND, ROOT } from './node-process.ts';

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `seq-node ARGS` to its end. Never rejects for an exit status. */
export async function seqNode(args: readonly string[], timeoutMs = 30_000): Promise<CommandResult> {
  const child = spawnTracked(process.execPath, [COMMAND, ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  const { code } = await ended(child);
  await closed;
  clearTimeout(timer);
  return { code, stdout, stderr };
}

/** As `seqNode`, but rejects with what it wrote when it does not exit 0. Resolves to standard output. */
export async function seqNodeOk(args: readonly string[], timeoutMs?: number): Promise<string> {
  const { code, stdout, stderr } = await seqNode(args, timeoutMs);
  if (code !== 0) throw new Error(`seq-node ${args.join(' ')} exited with ${code}:\n${stderr || stdout}`);
  return stdout;
}
