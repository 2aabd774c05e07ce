// Runs the tour of README.md on a real cluster: every command in a console block, compared with the output
// that follows it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Cluster } from './cluster.ts';
import { seqNode, seqNodeOk } from './command.ts';
import { type NodeProcess, ROOT } from './node-process.ts';

const ALICE = '/user/accounts/alice';
/** Where `npm start` serves HTTP. */
const README_PORTS = [7480, 7481, 7482];

const urlOf = (node: NodeProcess) => `http://${node.httpAddress}`;

interface Step {
  readonly command: string;
  readonly output: string;
}

function steps(): Step[] {
  const text = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const blocks = [...text.matchAll(/^```console\n([\s\S]*?)^```/gm)].map(([, block]) => block!);
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [command, ...lines] = part.trimEnd().split('\n');
        return { command: command!, output: lines.join('\n') };
      }),
  );
}

function words(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!);
}

/** What differs from run to run is made the same. */
function plain(output: string): string {
  return output
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID')
    .replace(/\b[0-9a-f]{64}\b/g, 'HASH')
    .replace(/\bn\d \(12D3\w+\)/g, 'NODE')
    .replace(/client:open-\S+/g, 'client:UUID')
    .trimEnd();
}

test.serial('the tour of the README works as it is printed', async (t) => {
  const cluster = await Cluster.start({ size: 3 });
  try {
    await seqNodeOk(['spawn', ALICE, '--file', 'examples/accounts.seq', '--node', urlOf(cluster.node(0))]);
    const url = (text: string) =>
      README_PORTS.reduce(
        (done, port, at) => done.replace(`http://127.0.0.1:${port}`, urlOf(cluster.node(at))),
        text,
      );
    let ran = 0;
    for (const { command, output } of steps()) {
      if (command.startsWith('kill -9')) {
        await (await cluster.leaderOf(ALICE)).kill();
        continue;
      }
      const [program, ...args] = words(url(command));
      t.is(program, 'bin/seq-node');
      const here = args.includes('--node') || args[0] === 'check';
      const running = cluster.running.map(urlOf).join(',');
      const result = await seqNode(here ? args : [...args, '--node', running]);
      t.is(plain(result.stderr + result.stdout), plain(output), command);
      ran++;
    }
    t.true(ran >= 8);
  } finally {
    await cluster.dispose();
  }
});

test.serial('the program of the README is one that nodes take', async (t) => {
  const text = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const programs = [...text.matchAll(/^```seq\n([\s\S]*?)^```/gm)].map(([, program]) => program!);
  t.true(programs.length > 0);
  const cluster = await Cluster.start({ size: 1 });
  try {
    for (const source of programs) {
      const module = await cluster
        .node(0)
        .client.call<{ behaviours: readonly unknown[] }>('POST', '/v1/modules', {
          entry: 'readme.seq',
          files: { 'readme.seq': source },
        });
      t.is(module.behaviours.length, 1);
    }
  } finally {
    await cluster.dispose();
  }
});
