// Every command in the header of every example does what is printed there: on a fresh node, in their order,
// typed into a shell in the root of the repository. The lines below a command are the beginning of what it
// prints; without any it succeeds.
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import test from 'ava';
import { Cluster } from './cluster.ts';
import { ROOT } from './node-process.ts';

const FOLDER = join(ROOT, 'examples');
const isTest = (name: string): boolean => name.startsWith('test-');

interface Step {
  readonly command: string;
  readonly shown: readonly string[];
}

/** Of the comment before the first line of code: its lines of three blanks or more. */
function headerSteps(source: string): Step[] {
  const steps: { command: string; shown: string[] }[] = [];
  for (const line of source.split('\n')) {
    if (!line.startsWith('#')) break;
    const text = /^# {3,}(\S.*)$/.exec(line)?.[1];
    const command = /^(?:\$ )?((?:bin\/)?seq-node .*)$/.exec(text ?? '')?.[1];
    if (command !== undefined) steps.push({ command, shown: [] });
    else if (text !== undefined) steps.at(-1)?.shown.push(text);
  }
  return steps;
}

function type(command: string, url: string): Promise<{ code: number; stdout: string; stderr: string }> {
  const env = {
    ...process.env,
    NO_COLOR: '1',
    SEQ_NODE_URL: url,
    PATH: [join(ROOT, 'bin'), process.env.PATH].join(delimiter),
  };
  return new Promise((resolve) => {
    const child = execFile('sh', ['-c', command], { cwd: ROOT, env }, (_, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

test.serial('the words of the examples pass the tests beside them', async (t) => {
  const { code, stdout, stderr } = await type('seq-node test examples', 'http://127.0.0.1:1');
  t.is(code, 0, `${stdout}${stderr}`);
  for (const name of readdirSync(FOLDER).filter(isTest)) t.true(stdout.includes(name), name);
});

for (const name of readdirSync(FOLDER).filter((each) => each.endsWith('.seq') && !isTest(each)))
  test.serial(`what the header of examples/${name} shows can be typed`, async (t) => {
    const steps = headerSteps(readFileSync(join(FOLDER, name), 'utf8'));
    t.true(steps.length > 0, 'a header shows how to use the example');
    const cluster = await Cluster.lone();
    t.teardown(() => cluster.dispose());
    const node = cluster.node(0);
    for (const { command, shown } of steps) {
      const { code, stdout, stderr } = await type(command, `http://${node.httpAddress}`);
      const fails = shown[0]?.startsWith('seq-node: error[') ?? false;
      t.is(code === 0, !fails, `${command}\n${stderr}`);
      t.deepEqual(
        (fails ? stderr : stdout).trimEnd().split('\n').slice(0, shown.length),
        [...shown],
        command,
      );
    }
  });
