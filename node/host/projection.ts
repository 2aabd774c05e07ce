// The projection of a node: what it follows, and what else is asked about. See node/projection/.
import { SeqNodeError } from '../base/errors.ts';
import { type ActorPath, type GroupId, groupId } from '../base/ids.ts';
import { toJson } from '../base/json.ts';
import type { Data } from '../base/value.ts';
import { readCursor } from '../core/requests/cursor.ts';
import { Follower, type Following } from '../core/requests/follower.ts';
import type { ShardTimers } from '../core/requests/results.ts';
import type { ClientRequest, ClusterIdentity } from '../core/types.ts';
import type { Feed } from '../projection/batches.ts';
import type { CopiedRow } from '../projection/copied-tables.ts';
import { Projection } from '../projection/projection.ts';
import type { NodeApi, QueryOptions, QueryResult } from './api.ts';
import type { Config } from './config.ts';
import type { Logger } from './logger.ts';
import { errorOf } from './request-table.ts';
import { timerView } from './timers.ts';

export interface ProjectionParts {
  readonly file: string;
  readonly cluster: Pick<ClusterIdentity, 'id' | 'shards'>;
  readonly config: Config['projection'];
  readonly logger: Logger;
  readonly api: NodeApi;
  readonly submit: Following['submit'];
}

/** Rows of a table that one query copies at the most, and of one page. */
const COPIED_MAX = 100_000;
const PAGE = 1000;
const TIMEOUT_MS = 5000;

export class HostedProjection {
  readonly #parts: ProjectionParts;
  readonly #projection: Projection;

  constructor(parts: ProjectionParts) {
    const { file, cluster, logger } = parts;
    this.#parts = parts;
    this.#projection = new Projection({
      file,
      cluster: cluster.id,
      feed: (cursor) => this.#feed(cursor),
      copy: { dead_letters: () => this.#letters(), tasks: () => this.#tasks(), timers: () => this.#timers() },
      log: (level, event, fields) => logger.log(level, event, fields),
    });
  }

  query({ sql, parameters = [], limit, timeoutMs }: QueryOptions): Promise<QueryResult> {
    const { queryTimeoutMs, queryRowsMax } = this.#parts.config;
    const rowsMax = Math.min(limit ?? queryRowsMax, queryRowsMax);
    return this.#projection.query(
      { sql, parameters, rowsMax },
      Math.min(timeoutMs ?? queryTimeoutMs, queryTimeoutMs),
    );
  }

  close(): Promise<void> {
    return this.#projection.close();
  }

  #feed(cursor: string | null): Feed {
    const { cluster, submit } = this.#parts;
    const from = cursor === null ? 'beginning' : readCursor(cluster, cursor);
    return new Follower({ cluster, prefix: '', exact: false, from, submit });
  }

  // ── Copies ──

  async #letters(): Promise<CopiedRow[]> {
    const { api } = this.#parts;
    const rows: CopiedRow[] = [];
    for (let after: string | null = ''; after !== null; ) {
      const page = await api.deadLetters({ ...(after !== '' && { after }), limit: PAGE });
      for (const { id, atMillis, sender, receiver, code, reason, kind, message } of page.letters)
        rows.push([
          id,
          atMillis,
          sender,
          receiver,
          code,
          reason,
          kind,
          message === null ? null : json(message),
        ]);
      checkCount('dead_letters', rows);
      after = page.next;
    }
    return rows;
  }

  async #tasks(): Promise<CopiedRow[]> {
    const { queues } = this.#parts.api;
    const rows: CopiedRow[] = [];
    for (let after: string | null = ''; after !== null; ) {
      const listed = await queues.list({ ...(after !== '' && { after }), limit: PAGE });
      for (const { name } of listed.queues)
        for (let from: number | null = 1; from !== null; ) {
          const page = await queues.tasks(name, { from, limit: PAGE });
          for (const task of page.tasks) {
            const { number, status, attempt, atMillis, untilMillis, worker, reason, sender, message } = task;
            rows.push([
              name,
              number,
              status,
              attempt,
              atMillis,
              untilMillis,
              worker,
              reason,
              sender,
              json(message),
            ]);
          }
          checkCount('tasks', rows);
          from = page.next;
        }
      after = listed.next;
    }
    return rows;
  }

  async #timers(): Promise<CopiedRow[]> {
    const { shards } = this.#parts.cluster;
    const groups = Array.from({ length: shards }, (_, at) => groupId(at + 1));
    const rows = (await Promise.all(groups.map((group) => this.#timersOf(group)))).flat();
    checkCount('timers', rows);
    return rows;
  }

  async #timersOf(group: GroupId): Promise<CopiedRow[]> {
    const rows: CopiedRow[] = [];
    let last: { readonly owner: ActorPath | ''; readonly id: string } | undefined = { owner: '', id: '' };
    while (last !== undefined) {
      const { owner, id }: { readonly owner: ActorPath | ''; readonly id: string } = last;
      const request = {
        op: 'shard-timers',
        group,
        owner,
        timer: id,
        limit: PAGE,
        timeoutMs: TIMEOUT_MS,
      } as const;
      const page: ShardTimers = await this.#send(request);
      for (const timer of page.timers) {
        const { dueMillis, to, message, every } = timerView(timer.id, timer.bytes);
        rows.push([timer.owner, timer.id, dueMillis, to, json(message), every?.periodMs ?? null]);
      }
      checkCount('timers', rows);
      last = page.more ? page.timers.at(-1) : undefined;
    }
    return rows;
  }

  #send<T>(request: ClientRequest): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#parts.submit(request, (result) => {
        if (result.ok) resolve(result.value as T);
        else reject(errorOf(result));
      });
    });
  }
}

const json = (data: Data): string => JSON.stringify(toJson(data));

function checkCount(table: string, rows: readonly CopiedRow[]): void {
  if (rows.length <= COPIED_MAX) return;
  const message = `The query cannot be answered. There are over ${COPIED_MAX} rows for ${table}, and all would be copied.`;
  throw new SeqNodeError('bad-query', message);
}
