// A queue of tasks as a behaviour: its turns are those of any actor, with a function of ours in the place of
// a program. Its code is QUEUE_MODULE, so rows, records and frames hold it as they hold other code.
import { InvariantError } from '../../base/assert.ts';
import { SeqNodeError } from '../../base/errors.ts';
import type { Data, SeqMap } from '../../base/value.ts';
import type { Behaviour, TurnEnd, TurnHost, TurnRun } from '../behaviour.ts';
import type { Answer } from '../envelope.ts';
import { decide, type QueueMessage, type QueueOrder } from './queue.ts';
import { orderData, readOrder } from './queue-orders.ts';
import { QUEUE_CODE, type QueueInput, type TaskWant } from './queue-ref.ts';

/** What the turn of a queue may call beside what all may. */
export interface QueueHost extends TurnHost {
  queueInput(): QueueInput;
  task(want: TaskWant): void;
  arm(id: string, message: Data, delayMs: number): void;
  asker(): string | undefined;
  defer(): void;
  answer(asker: string, outcome: Answer): void;
}

/** About how many reductions a turn takes; the longest looks at each task of a worker. */
const TURN_REDUCTIONS = 1000;

class QueueBehaviour implements Behaviour {
  readonly ref = QUEUE_CODE;
  readonly messageType = undefined;
  reductionsLeft = 0;

  /** All that is sent to a queue is a task. */
  problemOf(): undefined {
    return undefined;
  }

  fieldNames(): undefined {}

  run(state: SeqMap, message: Data, host: TurnHost, budget: number): SeqMap | TurnEnd {
    this.reductionsLeft = Math.max(0, budget - TURN_REDUCTIONS);
    try {
      return handle(state, message, host as QueueHost);
    } catch (error) {
      if (!(error instanceof SeqNodeError || error instanceof InvariantError)) throw error;
      const code = error instanceof SeqNodeError ? error.code : 'internal';
      return { kind: 'fault', code, message: error.message, trace: [] };
    }
  }

  start(state: SeqMap, message: Data, host: TurnHost, budget: number): TurnRun {
    return {
      resume: () => {
        const ran = this.run(state, message, host, budget);
        return 'kind' in ran ? ran : { kind: 'done', state: ran };
      },
    };
  }
}

export const QUEUE_BEHAVIOUR: Behaviour = new QueueBehaviour();

function handle(state: SeqMap, data: Data, host: QueueHost): SeqMap {
  const input = host.queueInput();
  const message: QueueMessage = input.kind === 'task' ? { kind: 'task' } : readOrder(data);
  const wall = Math.floor(host.nowMillis());
  const secret = () => word(host) + word(host);
  const decision = decide(state, message, {
    wall,
    secret,
    trusts: input.kind === 'order' && input.trusts === true,
  });
  const asker = input.kind === 'task' ? host.asker() : undefined;
  for (const order of decision.orders) carryOut(order, host, input, { wall, asker });
  if (asker === undefined) host.reply(decision.reply);
  else host.defer();
  return decision.state;
}

const word = (host: TurnHost) => Math.floor(host.random() * 2 ** 32).toString(36);

interface Given {
  readonly wall: number;
  readonly asker: string | undefined;
}

function carryOut(order: QueueOrder, host: QueueHost, input: QueueInput, given: Given): void {
  if (order.kind === 'arm') {
    const { due } = order;
    const alarm = orderData({ kind: 'alarm', due });
    return host.arm(`alarm-${due}`, alarm, Math.max(0, due - given.wall));
  }
  const { number } = order;
  if (order.kind === 'keep') {
    if (input.kind !== 'task') return;
    const { sender } = input;
    const source = { atMillis: given.wall, sender, asker: given.asker ?? '' };
    return host.task({ kind: 'keep', number, source });
  }
  host.task({ kind: order.kind, number });
  if (order.kind === 'dead') return;
  const row = input.kind === 'order' ? input.row : undefined;
  if (row === undefined) return;
  if (row.asker !== '')
    host.answer(row.asker, 'answered' in order ? { answered: order.answered } : { refused: order.refused });
  else if ('refused' in order && order.letter)
    host.task({ kind: 'letter', row, reason: order.refused.replace(/^task-failed: /, '') });
}
