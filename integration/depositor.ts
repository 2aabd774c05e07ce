// A client in a process of its own: deposits into one account as fast as its outstanding messages are
// acknowledged, and tells its parent of each acknowledgement. A deposit that fails for the moment is sent
// again with the same id, to the next node.
import { type Acknowledged, NodeClient, RefusedError } from './node-client.ts';

export interface DepositorOptions {
  readonly client: string;
  readonly path: string;
  /** HOST:PORT of the HTTP API of each node. */
  readonly addresses: readonly string[];
  readonly outstanding: number;
  /** Least time between two deposits of one line of outstanding ones. */
  readonly pauseMs: number;
}

/** Times in milliseconds since 1970. */
export interface Deposit {
  readonly id: string;
  readonly amount: number;
  readonly startedAt: number;
  readonly acknowledgedAt: number;
  readonly sequence: number;
  readonly attempts: number;
}

export type DepositorReport =
  | { readonly kind: 'deposited'; readonly deposits: readonly Deposit[] }
  | { readonly kind: 'refused'; readonly id: string; readonly why: string }
  | { readonly kind: 'done' };

const ATTEMPT_MS = 2000;
const REPORT_MS = 20;
/** What a client waits for rather than gives up on. */
const PASSING = new Set([429, 500, 502, 503, 504]);

class Depositor {
  readonly #options: DepositorOptions;
  readonly #nodes: readonly NodeClient[];
  #count = 0;
  #stopping = false;
  #unreported: Deposit[] = [];

  constructor(options: DepositorOptions) {
    this.#options = options;
    this.#nodes = options.addresses.map((address) => new NodeClient(address));
  }

  stop(): void {
    this.#stopping = true;
  }

  async run(): Promise<void> {
    const timer = setInterval(() => this.#flush(), REPORT_MS);
    await Promise.all(Array.from({ length: this.#options.outstanding }, (_, line) => this.#line(line)));
    clearInterval(timer);
    this.#flush();
    report({ kind: 'done' });
  }

  async #line(line: number): Promise<void> {
    let preferred = line % this.#nodes.length;
    while (!this.#stopping) {
      const number = ++this.#count;
      preferred = await this.#deposit(`${this.#options.client}-${number}`, 1 + (number % 97), preferred);
      if (this.#options.pauseMs > 0) await sleep(this.#options.pauseMs);
    }
  }

  /** Resolves to the node that answered. */
  async #deposit(id: string, amount: number, preferred: number): Promise<number> {
    const startedAt = Date.now();
    for (let attempts = 1; ; attempts++) {
      const at = (preferred + attempts - 1) % this.#nodes.length;
      try {
        const ack = await this.#attempt(this.#nodes[at]!, id, amount);
        const acknowledgedAt = Date.now();
        this.#unreported.push({ id, amount, startedAt, acknowledgedAt, sequence: ack.sequence, attempts });
        return at;
      } catch (error) {
        if (error instanceof RefusedError && !PASSING.has(error.status)) {
          report({ kind: 'refused', id, why: error.message });
          process.exit(1);
        }
        await sleep(Math.min(20 * attempts, 200));
      }
    }
  }

  #attempt(node: NodeClient, id: string, amount: number): Promise<Acknowledged> {
    const body = { message: `(Deposit ${amount})`, id, timeoutMs: ATTEMPT_MS };
    return node.call('POST', `/v1/actors${this.#options.path}/messages`, body, ATTEMPT_MS + 500);
  }

  #flush(): void {
    if (this.#unreported.length === 0) return;
    report({ kind: 'deposited', deposits: this.#unreported });
    this.#unreported = [];
  }
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const report = (message: DepositorReport) => process.send?.(message);

const depositor = new Depositor(JSON.parse(process.argv[2]!) as DepositorOptions);
process.on('message', () => depositor.stop());
// Without a parent there is nobody to deposit for.
process.on('disconnect', () => process.exit(0));
await depositor.run();
process.disconnect?.();
