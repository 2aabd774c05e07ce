// Appends to a log in a loop until it is killed, and prints the index of each entry once it is acknowledged.
// For kill.test.ts.
import { writeSync } from 'node:fs';
import { groupId, logIndex, term } from '../../../base/ids.ts';
import { openLog } from '../log-files.ts';

const [directory = '', writers = '1'] = process.argv.slice(2);
const { log, groups } = await openLog(directory, { segmentBytes: 256 * 1024, frameBytesMax: 64 * 1024 });
let next = (groups[0]?.snapshot.index ?? 0) + (groups[0]?.entries.length ?? 0) + 1;

async function writer() {
  for (;;) {
    const index = next++;
    const data = new Uint8Array(index % 700).fill(index);
    const entries = [{ index: logIndex(index), term: term(1), kind: 'data' as const, data }];
    await log.append([{ group: groupId(1), entries }], true);
    writeSync(1, `${index}\n`);
  }
}

for (let each = 0; each < Number(writers); each++) writer();
