// Messages of one tick, and those that come while others are under way, as one request to a node.
import { readError, SeqNodeError } from './errors.ts';
import type { Node, Nodes } from './nodes.ts';

/** So many packs to one node may be under way before the next one waits, to gather more, and so long. */
const UNDER_WAY = 4;
const GATHER_MS = 4;
/** A node takes 4,096 items and 4 MiB unless it is configured otherwise. */
const ITEMS_MAX = 1000;
const CHARACTERS_MAX = 1024 * 1024;

export interface Exchange {
  readonly path: string;
  readonly op: 'ask' | 'send';
  readonly message: unknown;
  readonly id: string;
}

interface Waiting {
  /** The item as JSON text. */
  readonly item: string;
  readonly patienceMs: number;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: unknown) => void;
}

class Queue {
  waiting: Waiting[] = [];
  underWay = 0;
  isScheduled = false;
  timer: ReturnType<typeof setTimeout> | undefined;
}

export class Packer {
  readonly #nodes: Nodes;
  readonly #queues = new Map<Node, Queue>();

  constructor(nodes: Nodes) {
    this.#nodes = nodes;
  }

  /** One attempt. Resolves to the node's answer to this message; rejects as Nodes.attempt does. */
  exchange(node: Node, exchange: Exchange, patienceMs: number, signal?: AbortSignal): Promise<unknown> {
    const to = this.#queueOf(node);
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      const aborted = () => reject(signal!.reason);
      signal?.addEventListener('abort', aborted, { once: true });
      const settled = () => signal?.removeEventListener('abort', aborted);
      to.waiting.push({
        item: JSON.stringify({ ...exchange, timeoutMs: patienceMs }),
        patienceMs,
        resolve: (answer) => {
          settled();
          resolve(answer);
        },
        reject: (error) => {
          settled();
          reject(error);
        },
      });
      this.#schedule(node, to);
    });
  }

  #queueOf(node: Node): Queue {
    const known = this.#queues.get(node);
    if (known !== undefined) return known;
    const queue = new Queue();
    this.#queues.set(node, queue);
    return queue;
  }

  #schedule(node: Node, queue: Queue): void {
    if (queue.isScheduled || queue.waiting.length === 0) return;
    if (queue.underWay >= UNDER_WAY) {
      // A message that takes long must not hold up those behind it.
      queue.timer ??= setTimeout(() => this.#flush(node, queue), GATHER_MS);
      return;
    }
    queue.isScheduled = true;
    queueMicrotask(() => this.#flush(node, queue));
  }

  #flush(node: Node, queue: Queue): void {
    queue.isScheduled = false;
    clearTimeout(queue.timer);
    queue.timer = undefined;
    while (queue.waiting.length > 0) {
      const pack = firstOf(queue.waiting);
      queue.waiting = queue.waiting.slice(pack.length);
      queue.underWay++;
      void this.#send(node, pack).then(() => {
        queue.underWay--;
        this.#schedule(node, queue);
      });
    }
  }

  /** Settles each of the pack; never rejects. */
  async #send(node: Node, pack: readonly Waiting[]): Promise<void> {
    const patienceMs = Math.max(...pack.map((waiting) => waiting.patienceMs));
    const body = `[${pack.map(({ item }) => item).join(',')}]`;
    try {
      const answer = await this.#nodes.attempt(
        node,
        { method: 'POST', address: '/v1/batch', body },
        patienceMs,
      );
      const outcomes = answer.body;
      if (!Array.isArray(outcomes) || outcomes.length !== pack.length)
        throw new SeqNodeError('outcome-unknown', {
          message: `The answer of ${node.url.origin} cannot be read.`,
        });
      pack.forEach((waiting, at) => {
        const error = readError(outcomes[at]);
        if (error === undefined) waiting.resolve(outcomes[at]);
        else waiting.reject(error);
      });
    } catch (error) {
      if (pack.length > 1 && isOverLimit(error)) {
        // A node of stricter limits: nothing of the pack was taken, and each half may be.
        const half = Math.ceil(pack.length / 2);
        await Promise.all([this.#send(node, pack.slice(0, half)), this.#send(node, pack.slice(half))]);
      } else for (const waiting of pack) waiting.reject(error);
    }
  }
}

/** Of a request as a whole: what is wrong with one item stands in the outcome of that item. */
function isOverLimit(error: unknown): boolean {
  if (!(error instanceof SeqNodeError)) return false;
  return error.code === 'too-large' || (error.code === 'bad-request' && 'limit' in error.details);
}

/** As many as one request may hold, one at least. */
function firstOf(waiting: readonly Waiting[]): readonly Waiting[] {
  let characters = 0;
  let count = 0;
  while (count < waiting.length && count < ITEMS_MAX) {
    characters += waiting[count]!.item.length;
    if (count > 0 && characters > CHARACTERS_MAX) break;
    count++;
  }
  return waiting.slice(0, count);
}
