// Which node leads the shard of an actor, as answers say: asked there, a message needs no second node to pass
// it on.
import type { Node, Nodes } from './nodes.ts';

/** Actors of which that is remembered; what was used longest ago is forgotten. */
const ACTORS_MAX = 10_000;
/** How long a node may take to say who it is, and how often the nodes are asked that. */
const PATIENCE_MS = 2000;
const EVERY_MS = 10_000;

export class Leaders {
  readonly #nodes: Nodes;
  /** By the id of the member that answers at it. */
  #byId = new Map<string, Node>();
  readonly #byActor = new Map<string, Node>();
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(nodes: Nodes) {
    this.#nodes = nodes;
  }

  find(actor: string): Node | undefined {
    return this.#byActor.get(actor);
  }

  /** `answer` names the leader where that is another node than the one that was asked. */
  learn(actor: string, answer: unknown): void {
    const { leader } = answer as { readonly leader?: unknown };
    if (typeof leader !== 'string' || this.#nodes.size === 1) return;
    const node = this.#byId.get(leader);
    this.#byActor.delete(actor);
    if (node === undefined) return this.#identify();
    this.#byActor.set(actor, node);
    if (this.#byActor.size > ACTORS_MAX) this.#byActor.delete(this.#byActor.keys().next().value!);
  }

  /** In the background: nobody waits for it, and where a node does not say it, its messages take a detour. */
  #identify(): void {
    const now = performance.now();
    if (now - this.#askedAt < EVERY_MS) return;
    this.#askedAt = now;
    for (const node of this.#nodes)
      this.#nodes.attempt(node, { method: 'GET', address: '/v1/cluster' }, PATIENCE_MS).then(
        ({ body }) => {
          this.#byId.set((body as { readonly node: string }).node, node);
        },
        () => {},
      );
  }
}
