// The worker thread that owns RocksDB. Its first message says whether the store could be opened; then each message of requests is
// answered by one message of replies, in order.
import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '../../base/assert.ts';
import { Fault, openEngine, type RocksEngine } from './rocks-engine.ts';
import { packReplies, unpackRequests } from './store-messages.ts';

invariant(parentPort, 'the store worker runs as a worker thread');
const port = parentPort;

function serve(engine: RocksEngine) {
  let turn: Promise<void> = Promise.resolve();
  port.on('message', (buffer: ArrayBuffer) => {
    const requests = unpackRequests(buffer);
    turn = turn.then(async () => {
      const replies = packReplies(await engine.handle(requests));
      port.postMessage(replies, [replies]);
      if (requests.some(({ kind }) => kind === 'close')) port.close();
    });
  });
}

async function start() {
  try {
    const engine = await openEngine(workerData.directory);
    // The database must not go while another thread may read from it: whatever happens here, that thread ends this one.
    process.on('uncaughtException', (cause) => port.postMessage({ failed: String(cause) }));
    serve(engine);
    port.postMessage({ opened: true, handle: engine.database });
  } catch (cause) {
    if (!(cause instanceof Fault)) throw cause;
    port.postMessage({ opened: false, code: cause.code, message: cause.message });
  }
}

// Not awaited at the top: the packed bundle is a CommonJS module. What it throws ends the thread.
void start();
