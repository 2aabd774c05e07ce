// One task done by a process: its message on standard input, its result on standard output, and whether it
// was done by its exit status. Meanwhile the lease is renewed.
import { spawn } from 'node:child_process';
import { SeqNodeError } from '../base/errors.ts';
import type { Context, Input } from './command.ts';
import { printJson, remark } from './output.ts';
import { given, type TakenTask, tellQueue } from './queues.ts';

const RESULT_BYTES_MAX = 1024 * 1024;
const REASON_LENGTH_MAX = 1000;
/** Between two renewals. */
const MILLIS_MIN = 5;

interface Ended {
  readonly status: number | NodeJS.Signals;
  readonly output: string;
  /** The last that it said on standard error. */
  readonly lastWords: string;
}

export async function doTask(context: Context, input: Input, task: TakenTask): Promise<void> {
  const { number, token } = task;
  const process = run(context, input, task);
  const renewal = renewing(context, input, task, process.kill);
  const { status, output, lastWords } = await process.ended.finally(() => clearInterval(renewal));
  const words = lastWords === '' ? '' : `: ${lastWords}`;
  const isDone = status === 0;
  const result = isDone ? readResult(input, output) : undefined;
  const problem = isDone
    ? result instanceof Error && result.message
    : `${typeof status === 'number' ? `exit status ${status}` : `ended by ${status}`}${words}`;
  try {
    const answer =
      typeof problem === 'string'
        ? await tellQueue(context, input, 'fail', { token, reason: problem.slice(0, REASON_LENGTH_MAX) })
        : await tellQueue(context, input, 'complete', given({ token, result }));
    if (input.boolean('json')) printJson(context, { number, ...(answer as object) });
    else if (typeof problem === 'string') remark(context, `task ${number}: failed, ${problem}`);
    else remark(context, `task ${number}: completed`);
  } catch (error) {
    if (!(error instanceof SeqNodeError) || error.code !== 'lease-lost') throw error;
    remark(context, `task ${number}: ${error.message}`);
  }
}

/** A worker that lost its lease stops: another has the task. */
function renewing(context: Context, input: Input, task: TakenTask, lost: () => void): NodeJS.Timeout {
  const { token, leaseMs } = task;
  const body = { token, leaseMs };
  return setInterval(
    () => {
      tellQueue(context, input, 'renew', body).catch((error: unknown) => {
        if (error instanceof SeqNodeError && error.code === 'lease-lost') lost();
      });
    },
    Math.max(MILLIS_MIN, leaseMs / 3),
  );
}

/** As JSON, or why it is none. */
function readResult(input: Input, output: string): unknown {
  if (!input.boolean('json-result')) return output.replace(/\r?\n$/, '');
  try {
    return JSON.parse(output) as unknown;
  } catch {
    return new Error('what the command printed is not JSON');
  }
}

function run(context: Context, input: Input, task: TakenTask) {
  const [queue = '', command = '', ...words] = input.arguments;
  const { number, attempt, sender, message } = task;
  const child = spawn(command, words, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...context.env,
      SEQ_TASK_QUEUE: queue,
      SEQ_TASK_NUMBER: String(number),
      SEQ_TASK_ATTEMPT: String(attempt),
      SEQ_TASK_SENDER: sender,
    },
  });
  const ended = new Promise<Ended>((resolve, reject) => {
    let output = '';
    let heard = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.length > RESULT_BYTES_MAX) child.kill();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      context.err.write(text);
      heard = (heard + text).slice(-REASON_LENGTH_MAX);
    });
    child.once('error', ({ message: problem }) =>
      reject(new SeqNodeError('bad-usage', `${command} cannot be run (${problem}).`)),
    );
    child.once('close', (code, signal) => {
      const lastWords = heard.trimEnd().split('\n').at(-1) ?? '';
      resolve({ status: code ?? signal ?? 'SIGKILL', output, lastWords });
    });
  });
  // A command need not read what it is given.
  child.stdin.once('error', () => undefined);
  child.stdin.end(typeof message === 'string' ? message : JSON.stringify(message));
  return { ended, kill: () => void child.kill() };
}
