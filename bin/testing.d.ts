// Types of `seq-node/testing`.
export interface TestNodeOptions {
  /**
   * A directory for the node's data, which stays; the next node in it goes on. Default: a temporary one,
   * which `stop` removes.
   */
  readonly data?: string;
  /** Keep the data in memory, in a directory of /dev/shm (Linux). Default false: on disk. */
  readonly memory?: boolean;
  /** Settings of docs/OPERATIONS.md, as in `{ 'http.token': '…' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface TestNode extends AsyncDisposable {
  /** For clients, as in `connect({ nodes: node.url })`. */
  readonly url: string;
  /** The directory of its data. */
  readonly data: string;
  stop(): Promise<void>;
}

/** Starts a node that is a cluster of its own, in this process; resolves once it serves. Needs Node 26. */
export function testNode(options?: TestNodeOptions): Promise<TestNode>;
