// What this node says and hears by gossip of who is alive.
import type { NodeId } from '../../base/ids.ts';
import { Swim } from '../../cluster/membership/swim.ts';
import type { StepContext } from '../step-context.ts';

export class Gossip {
  readonly swim: Swim;
  readonly #context: StepContext;
  readonly #heard: () => void;
  /** How each member was last told of in the log. */
  readonly #logged = new Map<NodeId, string>();

  /** `heard` is called when something new was heard of a member. */
  constructor(context: StepContext, heard: () => void) {
    const { options, self, random, time } = context;
    this.#context = context;
    this.#heard = heard;
    this.swim = Swim.create({
      self: { ...self, incarnation: Math.floor(time.wall / 1000) },
      random,
      ...(options.membership && { options: options.membership }),
    });
  }

  /** Sends what there is to say, and takes up what was heard. */
  tell(): void {
    for (const effect of this.swim.drain()) {
      if (effect.kind === 'send') {
        const frame = { kind: 'gossip', message: effect.message } as const;
        this.#context.effects.sendDirectly(effect.to, 'control', frame);
        continue;
      }
      this.#heard();
      const { node, name, liveness } = effect.member;
      // Other facts of it change all the time.
      if (this.#logged.get(node) !== liveness) this.#context.log('info', 'member', { node, name, liveness });
      this.#logged.set(node, liveness);
    }
  }
}
