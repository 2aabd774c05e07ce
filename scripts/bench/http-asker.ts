// A client in a process of its own that keeps a number of requests outstanding over all addresses that it is
// given: `node scripts/bench/http-asker.ts JSON` prints one JSON object. Ways: `requests` (one keep-alive
// connection for each), `batch` (one POST at a time and address, with its share), `stream` (one stream for
// each address), `puts` (as `requests`, to etcd).
import { HttpConnection } from './http-connection.ts';
import { quantile } from './report.ts';

export interface HttpLoad {
  readonly way: 'requests' | 'batch' | 'stream' | 'puts';
  readonly addresses: readonly string[];
  readonly paths: readonly string[];
  readonly outstanding: number;
  readonly seconds: number;
  readonly run: string;
}

export interface HttpLoadResult {
  readonly asked: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

const load = JSON.parse(process.argv[2]!) as HttpLoad;
const times: number[] = [];
let open = true;
let number = 0;

const anyPath = () => load.paths[Math.floor(Math.random() * load.paths.length)]!;
const nextId = () => `${load.run}-${++number}`;
const PUT_VALUE = Buffer.alloc(128, 7).toString('base64');

/** The address and the body of one request. */
function oneRequest(): readonly [address: string, body: string] {
  if (load.way === 'puts')
    return ['/v3/kv/put', `{"key":"${Buffer.from(anyPath()).toString('base64')}","value":"${PUT_VALUE}"}`];
  return [`/v1/actors${anyPath()}/ask`, `{"message":"(AddAndTell 1)","id":"${nextId()}"}`];
}

async function requests(address: string): Promise<void> {
  const connection = await HttpConnection.open(address);
  while (open) {
    const startedAt = performance.now();
    await connection.post(...oneRequest());
    times.push(performance.now() - startedAt);
  }
  connection.close();
}

const item = (rest = '') =>
  `{"op":"ask","path":"${anyPath()}","message":"(AddAndTell 1)","id":"${nextId()}"${rest}}`;

async function batches(address: string, share: number): Promise<void> {
  const connection = await HttpConnection.open(address);
  while (open) {
    const startedAt = performance.now();
    const answer = await connection.post('/v1/batch', `[${Array.from({ length: share }, () => item())}]`);
    if (answer.includes('"error"')) throw new Error(answer.slice(0, 500));
    const ms = performance.now() - startedAt;
    for (let at = 0; at < share; at++) times.push(ms);
  }
  connection.close();
}

/** Each outcome is followed by the next ask at once; those of one message go in one. */
function stream(address: string, share: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${address}/v1/stream`);
    const startedAt = new Map<number, number>();
    let ref = 0;
    const send = (count: number) => {
      const now = performance.now();
      const items = Array.from({ length: count }, () => {
        startedAt.set(++ref, now);
        return item(`,"ref":${ref}`);
      });
      socket.send(`[${items.join(',')}]`);
    };
    socket.addEventListener('open', () => send(share));
    socket.addEventListener('error', () => reject(new Error(`no stream at ${address}`)));
    socket.addEventListener('message', ({ data }) => {
      const outcomes = JSON.parse(data) as { ref: number; error?: object }[];
      const now = performance.now();
      for (const outcome of outcomes) {
        if (outcome.error !== undefined) reject(new Error(JSON.stringify(outcome)));
        times.push(now - startedAt.get(outcome.ref)!);
        startedAt.delete(outcome.ref);
      }
      if (open) send(outcomes.length);
      else if (startedAt.size === 0) {
        socket.close();
        resolve();
      }
    });
  });
}

const shareOf = (at: number) =>
  Math.floor(load.outstanding / load.addresses.length) +
  (at < load.outstanding % load.addresses.length ? 1 : 0);

function running(): Promise<void>[] {
  if (load.way === 'requests' || load.way === 'puts')
    return Array.from({ length: load.outstanding }, (_, at) =>
      requests(load.addresses[at % load.addresses.length]!),
    );
  const each = load.way === 'batch' ? batches : stream;
  return load.addresses.map((address, at) => each(address, shareOf(at)));
}

const startedAt = performance.now();
setTimeout(() => {
  open = false;
}, load.seconds * 1000);
await Promise.all(running());
const seconds = (performance.now() - startedAt) / 1000;
const result: HttpLoadResult = {
  asked: times.length,
  perSecond: times.length / seconds,
  p50Ms: quantile(times, 0.5),
  p99Ms: quantile(times, 0.99),
};
process.stdout.write(`${JSON.stringify(result)}\n`);
