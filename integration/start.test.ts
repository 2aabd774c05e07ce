// `npm start` as a newcomer meets it: what it prints can be typed, and an interrupt leaves nothing behind.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { ended, spawnTracked } from './children.ts';
import { seqNode } from './command.ts';
import { ROOT } from './node-process.ts';

test.serial('what npm start prints can be typed, and Ctrl-C leaves nothing behind', async (t) => {
  t.timeout(180_000);
  const child = spawnTracked(process.execPath, [join(ROOT, 'scripts', 'start.ts')], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (chunk) => (printed += chunk));
  const until = async (text: string) => {
    while (!printed.includes(text)) {
      if (child.exitCode !== null) throw new Error(`npm start ended:\n${printed}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  try {
    await until('Ctrl-C here stops the cluster.');
    for (const name of ['n1', 'n2', 'n3'])
      t.regex(printed, new RegExp(`^${name}\\b`, 'm'), 'the members table');
    const [, dashboard] = /^Look at it: (\S+)$/m.exec(printed) ?? [];
    t.regex(await (await fetch(dashboard!)).text(), /^<!doctype html>/, dashboard);
    const commands = [...printed.matchAll(/^ {2}(bin\/seq-node|kill) (.*)$/gm)].map(([, program, rest]) => ({
      program: program!,
      words: [...rest!.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!),
    }));
    t.true(commands.length >= 7, printed);
    const [, urls] = /^ {2}export SEQ_NODE_URL=(\S+)$/m.exec(printed) ?? [];
    t.is(urls?.split(',').length, 3, printed);
    process.env.SEQ_NODE_URL = urls;
    const outputs: string[] = [];
    for (const { program, words } of commands) {
      if (program === 'kill') {
        process.kill(Number(words.at(-1)), 'SIGKILL');
        await until(' ended (SIGKILL); to bring it back: ./bin/seq-node.cjs start ');
        continue;
      }
      // Bringing the node back is a command that stays.
      if (words[0] === 'start') continue;
      const { code, stdout, stderr } = await seqNode(words);
      t.is(code, 0, `${words.join(' ')}: ${stderr}`);
      outputs.push(stdout);
    }
    t.is(outputs[1]?.trim(), '(Balanced 100)');
    await until('still answers: its balance is');
    t.true(outputs.at(-1)!.includes('Deposit 11'), outputs.at(-1));
  } finally {
    child.kill('SIGINT');
  }
  const { code } = await ended(child);
  t.is(code, 0, printed);
  const data = /data in (\S+)/.exec(printed)?.[1];
  t.truthy(data);
  t.false(existsSync(data!), 'the data are removed');
  for (const url of process.env.SEQ_NODE_URL!.split(','))
    await t.throwsAsync(fetch(`${url}/livez`), undefined, `${url} still answers`);
  delete process.env.SEQ_NODE_URL;
});
