// A client in a process of its own that asks durable actors for as long as it is told, with a fixed number of
// asks outstanding: `node scripts/bench/asker.ts JSON` prints one JSON object with the asks of each second,
// or the time of each ask.
import { HttpConnection } from './http-connection.ts';

export interface AskerOptions {
  /** Actors by the node that leads them, HOST:PORT of its HTTP API. */
  readonly targets: readonly { readonly address: string; readonly paths: readonly string[] }[];
  /** What is asked, in notation. */
  readonly message: string;
  readonly outstanding: number;
  /** Over which the asks are spread. Each has one HTTP request under way, with its share of the asks. */
  readonly connections: number;
  readonly warmUpMs: number;
  readonly seconds: number;
  readonly run: string;
}

export interface AskerResult {
  readonly perSecond: readonly number[];
  /** Milliseconds of each ask, where `outstanding` is 1. */
  readonly times: readonly number[];
}

const options = JSON.parse(process.argv[2]!) as AskerOptions;
let asked = 0;
let open = true;
let timed = false;
let number = 0;
const times: number[] = [];

async function ask(address: string, paths: readonly string[], batch: number, offset: number): Promise<void> {
  const connection = await HttpConnection.open(address);
  for (let at = offset; open; at += batch) {
    const startedAt = performance.now();
    if (options.outstanding === 1) {
      const path = paths[at % paths.length]!;
      const answer = await connection.post(
        `/v1/actors${path}/ask`,
        `{"message":"${options.message}","id":"${options.run}-${++number}"}`,
      );
      if (!answer.startsWith('{"response"')) throw new Error(answer);
    } else {
      const items = Array.from(
        { length: batch },
        (_, item) =>
          `{"op":"ask","path":"${paths[(at + item) % paths.length]}","message":"${options.message}","id":"${options.run}-${++number}"}`,
      );
      const answer = await connection.post('/v1/batch', `[${items.join(',')}]`);
      if (answer.includes('"error"')) throw new Error(answer.slice(0, 500));
    }
    asked += batch;
    if (timed) times.push(performance.now() - startedAt);
  }
  connection.close();
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

const running = Array.from({ length: options.connections }, (_, at) => {
  const target = options.targets[at % options.targets.length]!;
  const share = Math.ceil((options.outstanding - at) / options.connections);
  return ask(target.address, target.paths, share, at * share);
});
const failed = Promise.all(running).then(() => undefined);
await Promise.race([sleep(options.warmUpMs), failed]);
timed = options.outstanding === 1;
const perSecond: number[] = [];
for (let second = 0; second < options.seconds; second++) {
  const before = asked;
  const startedAt = performance.now();
  await Promise.race([sleep(1000), failed]);
  perSecond.push(((asked - before) / (performance.now() - startedAt)) * 1000);
}
open = false;
await failed;
process.stdout.write(`${JSON.stringify({ perSecond, times } satisfies AskerResult)}\n`);
