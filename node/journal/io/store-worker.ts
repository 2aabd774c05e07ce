// The worker thread that owns RocksDB. Its first message says whether the store could be opened; then each
// message of requests is answered by one message of replies, in order.
import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '../../base/assert.ts';
import { StoreEngine } from '../store/store-engine.ts';
import { openFaultOf } from '../store/store-faults.ts';
import { packReplies, type Reply, type Request, unpackRequests } from '../store/store-messages.ts';
import { RocksKeyValues } from './rocks-key-values.ts';

invariant(parentPort, 'the store worker runs as a worker thread');
const port = parentPort;

function serve(rows: RocksKeyValues) {
  const engine = new StoreEngine(rows);
  let turn: Promise<void> = Promise.resolve();
  const repliesTo = async (requests: readonly Request[]): Promise<Reply[]> => {
    const replies = engine.handle(requests);
    try {
      await rows.settled();
      return replies;
    } catch (cause) {
      return engine.fail(requests, cause);
    }
  };
  port.on('message', (buffer: ArrayBuffer) => {
    const requests = unpackRequests(buffer);
    turn = turn.then(async () => {
      const replies = packReplies(await repliesTo(requests));
      port.postMessage(replies, [replies]);
      if (requests.some(({ kind }) => kind === 'close')) port.close();
    });
  });
}

async function start() {
  try {
    const rows = await RocksKeyValues.open(workerData.directory);
    // The database must not go while another thread may read from it: whatever happens here, that thread ends
    // this one.
    process.on('uncaughtException', (cause) => port.postMessage({ failed: String(cause) }));
    serve(rows);
    port.postMessage({ opened: true, handle: rows.handle });
  } catch (cause) {
    // RocksDB's own words are inside.
    const inner = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
    const { code, message } = openFaultOf(inner);
    port.postMessage({ opened: false, code, message });
  }
}

// Not awaited at the top: the packed bundle is a CommonJS module. What it throws ends the thread.
void start();
