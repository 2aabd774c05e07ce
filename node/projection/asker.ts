// Asks questions of the projection, in processes of their own: one that takes too long is ended.
import { type ChildProcess, fork } from 'node:child_process';
import { extname, join } from 'node:path';
import { SeqNodeError } from '../base/errors.ts';
import type { Query, QueryAnswer, QueryReply } from './query-process.ts';

/** Questions at a time, and those that wait for their turn. */
const PROCESSES_MAX = 2;
const WAITING_MAX = 64;
/** A process that is asked nothing for so long ends. */
const IDLE_MS = 30_000;
/** Of JavaScript's heap; what SQLite takes has its own bound. */
const HEAP_MIB = 128;

interface Asked {
  readonly query: Query;
  readonly timeoutMs: number;
  readonly resolve: (answer: QueryAnswer) => void;
  readonly reject: (error: SeqNodeError) => void;
}

export class Asker {
  readonly #file: string;
  readonly #idle: IdleProcess[] = [];
  readonly #waiting: Asked[] = [];
  readonly #busy = new Set<ChildProcess>();
  #closed = false;

  constructor(file: string) {
    this.#file = file;
  }

  /**
   * Rejects with `bad-query`, with `query-too-long` after `timeoutMs`, with `overloaded` where too many wait,
   * and with `stopping`.
   */
  ask(query: Query, timeoutMs: number): Promise<QueryAnswer> {
    if (this.#closed) return Promise.reject(new SeqNodeError('stopping'));
    if (this.#waiting.length === WAITING_MAX)
      return Promise.reject(
        new SeqNodeError('overloaded', `${WAITING_MAX} queries wait for their turn already.`),
      );
    return new Promise((resolve, reject) => {
      this.#waiting.push({ query, timeoutMs, resolve, reject });
      this.#next();
    });
  }

  close(): void {
    this.#closed = true;
    for (const { child } of this.#idle) child.kill('SIGKILL');
    for (const child of this.#busy) child.kill('SIGKILL');
    for (const { reject } of this.#waiting.splice(0)) reject(new SeqNodeError('stopping'));
  }

  #next(): void {
    if (this.#busy.size === PROCESSES_MAX) return;
    const asked = this.#waiting.shift();
    if (asked === undefined) return;
    const child = this.#process();
    this.#busy.add(child);
    this.#run(child, asked);
  }

  #process(): ChildProcess {
    const idle = this.#idle.pop();
    if (idle !== undefined) {
      clearTimeout(idle.end);
      return idle.child;
    }
    // Beside this module, or beside the bundle that this module is in; with its extension.
    const entry = join(import.meta.dirname, `query-process${extname(import.meta.filename)}`);
    return fork(entry, [this.#file], {
      serialization: 'advanced',
      execArgv: [`--max-old-space-size=${HEAP_MIB}`],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
  }

  #run(child: ChildProcess, { query, timeoutMs, resolve, reject }: Asked): void {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, timeoutMs);
    const done = (settle: () => void) => {
      clearTimeout(timer);
      child.removeAllListeners('message').removeAllListeners('exit').removeAllListeners('error');
      this.#busy.delete(child);
      settle();
      this.#next();
    };
    const ended = () => done(() => reject(this.#endOf(isLate, timeoutMs)));
    child.once('exit', ended).once('error', ended);
    child.once('message', (reply: QueryReply) =>
      done(() => {
        this.#keep(child);
        if ('refused' in reply)
          reject(new SeqNodeError('bad-query', `The query cannot be answered. ${reply.refused}`));
        else resolve(reply);
      }),
    );
    child.send(query);
  }

  #endOf(isLate: boolean, timeoutMs: number): SeqNodeError {
    if (this.#closed) return new SeqNodeError('stopping');
    return isLate
      ? new SeqNodeError('query-too-long', `The query was stopped after ${timeoutMs} ms.`)
      : new SeqNodeError('bad-query', 'The query took more memory than it may.');
  }

  #keep(child: ChildProcess): void {
    if (this.#closed) return void child.kill('SIGKILL');
    const end = setTimeout(() => {
      this.#idle.splice(this.#idle.indexOf(idle), 1);
      child.kill('SIGKILL');
    }, IDLE_MS);
    end.unref();
    const idle = { child, end };
    this.#idle.push(idle);
    child.unref();
  }
}

interface IdleProcess {
  readonly child: ChildProcess;
  readonly end: NodeJS.Timeout;
}
