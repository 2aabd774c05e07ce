// Runs a command line in this process and keeps what it writes.
import { Readable } from 'node:stream';
import type { Context } from './command.ts';
import { COMMANDS } from './commands.ts';
import { runCli } from './run-cli.ts';

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** `env` is all of the environment that the command sees, `input` its standard input. */
export async function run(
  words: readonly string[],
  env: Record<string, string> = {},
  input = '',
): Promise<Ran> {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const into = (pieces: string[]) => ({
    color: false,
    write: (chunk: string | Uint8Array) => {
      pieces.push(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
    },
  });
  const context: Context = { out: into(stdout), err: into(stderr), env, in: Readable.from([input]) };
  const code = await runCli(words, COMMANDS, context);
  return { code, stdout: stdout.join(''), stderr: stderr.join('') };
}
