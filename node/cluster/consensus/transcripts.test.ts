import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Stage } from './transcripts/stage.ts';

const folder = join(import.meta.dirname, 'transcripts');
const update = process.env.UPDATE_TRANSCRIPTS === '1';

/** The transcript with what each command really answers. Comments and empty lines stay as they are. */
function replay(script: string): string {
  const stage = new Stage();
  const out: string[] = [];
  for (const line of script.split('\n')) {
    if (line.startsWith('> ')) {
      out.push(line);
      for (const answer of stage.run(line.slice(2).trim())) out.push(`  ${answer}`);
    } else if (line === '' || line.startsWith('#')) {
      out.push(line);
    }
  }
  return out.join('\n');
}

for (const name of readdirSync(folder).filter((file) => file.endsWith('.txt')))
  test(`transcript ${name}`, (t) => {
    const path = join(folder, name);
    const script = readFileSync(path, 'utf8');
    const really = replay(script);
    if (update) writeFileSync(path, really);
    else t.is(really, script);
    t.pass();
  });
