// What a turn that failed does to its actor: the message is remembered as failed, and an actor that fails too
// often ends. One that has a supervisor takes nothing more until that has said how it goes on.
import * as changes from '../actor/change.ts';
import { type ActorHead, supervisorOf } from '../actor/head-row.ts';
import type { RuntimeContext } from '../context.ts';
import type { Proposals } from '../shard/proposals.ts';
import type { Job } from '../turn/job.ts';
import type { Lifecycle } from './lifecycle.ts';
import { addRestart } from './restart-intensity.ts';

/**
 * Faults of an ask that was not answered, and how the message is remembered. What it asked has failed, not
 * its program: that it goes on as before is all it needs.
 */
const OF_ASKS: Readonly<Record<string, 'ask-failed' | 'ask-cycle'>> = {
  'no-answer': 'ask-failed',
  'ask-cycle': 'ask-cycle',
};

export class Faults {
  readonly #context: RuntimeContext;
  readonly #proposals: Proposals;
  readonly #life: Lifecycle;

  constructor(context: RuntimeContext, proposals: Proposals, life: Lifecycle) {
    this.#context = context;
    this.#proposals = proposals;
    this.#life = life;
  }

  take(job: Job, head: ActorHead, fault: { readonly code: string; readonly message: string }): void {
    const { actor, item, source, alsoMark } = job;
    const { path } = actor;
    const { restarts, restartPeriodMs: periodMs } = this.#context.limits;
    const text = changes.faultText(fault);
    this.#context.count('faults');
    const ask = OF_ASKS[fault.code];
    if (ask !== undefined) {
      this.#context.log('warn', ask, { path, fault: text });
      this.#proposals.add(actor, item, changes.faulted(actor, head, source, ask, text, alsoMark));
      return;
    }
    const supervisor = supervisorOf(head);
    if (supervisor !== null) {
      const end = { at: this.#context.time.wall };
      this.#context.log('warn', 'actor-restarting', { path, fault: text, supervisor: supervisor.path });
      this.#proposals.add(
        actor,
        item,
        changes.faulted(actor, head, source, 'turn-failed', text, alsoMark, end),
      );
      return;
    }
    const { history, exceeded } = addRestart(head.restarts, this.#context.time.wall, { restarts, periodMs });
    const event = exceeded ? 'actor-failed' : 'actor-restarted';
    this.#context.log('warn', event, { path, fault: text, restarts: history.length });
    const after = { ...head, restarts: history };
    this.#proposals.add(actor, item, changes.faulted(actor, after, source, 'turn-failed', text, alsoMark));
    if (exceeded && actor.head) this.#life.end(actor, actor.head, undefined, 'failed', text);
    else this.#context.count('restarts');
  }
}
