// A client that asks one node after another, with the same id, until one of them decides.
import type { ActorPath } from '../node/base/ids.ts';
import type { Random } from '../node/base/random.ts';
import type { ClientRequest, ClientResult } from '../node/core/types.ts';
import { between, pick } from './chance.ts';
import type { CallOutcome, Cluster } from './cluster.ts';
import { isRetryable } from './history.ts';

export type Untimed<R = Extract<ClientRequest, { path: ActorPath }>> = R extends ClientRequest
  ? Omit<R, 'timeoutMs'>
  : never;

/** About the dead letters of a shard. */
export type OfLetters = Untimed<
  Extract<ClientRequest, { op: 'dead-letters' | 'replay-dead-letter' | 'drop-dead-letter' }>
>;

const ATTEMPT_MS = 1_000;

export class InsistentClient {
  readonly #cluster: Cluster;
  readonly #random: Random;
  /** Requests that are not decided. */
  open = 0;

  constructor(cluster: Cluster, random: Random) {
    this.#cluster = cluster;
    this.#random = random;
  }

  /**
   * `done` is called with each decision: a late answer to an earlier attempt is to be as good as the first
   * one.
   */
  ask(request: Untimed | OfLetters, done: (result: ClientResult, isFirst: boolean) => void): void {
    this.open++;
    let settled = false;
    const attempt = () => {
      let over = false;
      const again = () => {
        if (over || settled) return;
        over = true;
        this.#cluster.scheduler.after(between(this.#random, 10_000, 500_000), () => {
          if (!settled) attempt();
        });
      };
      const timed = { ...request, timeoutMs: ATTEMPT_MS } as ClientRequest;
      this.#cluster.call(pick(this.#random, this.#cluster.members), timed, (outcome) => {
        if (isUndecided(outcome)) return again();
        const isFirst = !settled;
        settled = true;
        if (isFirst) this.open--;
        done(outcome, isFirst);
      });
      this.#cluster.scheduler.after((ATTEMPT_MS + 500) * 1_000, again);
    };
    attempt();
  }
}

function isUndecided(outcome: CallOutcome): outcome is 'lost' {
  return outcome === 'lost' || (!outcome.ok && isRetryable(outcome.code));
}
