// Writes numbered rows to a store in a loop until it is killed, flushes now and then, and prints what a flush
// made durable. For kill.test.ts.
import { writeSync } from 'node:fs';
import { openStore } from '../rocks-store.ts';

const [directory = ''] = process.argv.slice(2);
const store = await openStore(directory);
const key = Uint8Array.of(1);
const counter = (await store.get([key]))[0];
let number =
  counter === undefined ? 0 : Number(new DataView(counter.buffer, counter.byteOffset).getBigUint64(0));
writeSync(1, 'open\n');
for (;;) {
  for (let each = 0; each < 20; each++) {
    const row = new Uint8Array(9).fill(2);
    new DataView(row.buffer).setBigUint64(1, BigInt(number + 1));
    store.write([
      { kind: 'sequence', key, was: number, now: number + 1 },
      { kind: 'put', key: row, value: new Uint8Array(number % 900) },
    ]);
    number++;
  }
  await store.flush();
  writeSync(1, `${number}\n`);
}
