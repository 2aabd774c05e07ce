// `npm run schemathesis`: what the OpenAPI document says, tried on a node by schemathesis: no answer is
// another than documented, what the schemas forbid is refused, what they allow is not, nothing is a fault.
// Ends with 1 where it finds something, with 75 where there is no Python, or the package is not to be had.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster } from './cluster.ts';
import { ROOT } from './node-process.ts';

const PACKAGE = 'schemathesis>=4.32,<5';
const INSTALL_MS = 240_000;
const SETTINGS = join(ROOT, 'integration/schemathesis');

/** The program, in an environment of its own; undefined where it is not to be had. */
function install(folder: string): string | undefined {
  const given = process.env.SCHEMATHESIS;
  if (given !== undefined) return given;
  const quiet = { encoding: 'utf8', timeout: INSTALL_MS } as const;
  if (spawnSync('python3', ['-m', 'venv', folder], quiet).status !== 0) return undefined;
  const pip = spawnSync(join(folder, 'bin/pip'), ['install', '--quiet', PACKAGE], quiet);
  const program = join(folder, 'bin/schemathesis');
  return pip.status === 0 && existsSync(program) ? program : undefined;
}

async function check(program: string, examples: string, cwd: string): Promise<number> {
  const cluster = await Cluster.start({ size: 1 });
  try {
    const { client, httpAddress } = cluster.node(0);
    const source = readFileSync(join(ROOT, 'examples/accounts.seq'), 'utf8');
    await client.call('POST', '/v1/modules', { entry: 'a.seq', files: { 'a.seq': source } });
    await client.call('POST', '/v1/actors/user/accounts/alice', { word: 'account' });
    const words = [
      ...[
        '--config-file',
        join(SETTINGS, 'schemathesis.toml'),
        'run',
        `http://${httpAddress}/v1/openapi.json`,
      ],
      // Events have no end, and are no JSON.
      ...['--exclude-path', '/v1/events'],
      // Rows as they are stored, which only an export makes; and an import closes the node to all else.
      ...['--exclude-path-regex', '^/v1/(exports|imports)'],
      ...['--phases', 'examples,coverage,fuzzing', '--max-examples', examples, '--seed', '1'],
    ];
    const env = { ...process.env, PYTHONPATH: SETTINGS, SCHEMATHESIS_HOOKS: 'hooks' };
    const child = spawn(program, words, { cwd, stdio: 'inherit', env });
    const [status] = (await once(child, 'exit')) as [number | null];
    const live = await fetch(`http://${httpAddress}/livez`);
    if (!live.ok) throw new Error('the node does not answer any more');
    return status === 0 ? 0 : 1;
  } finally {
    await cluster.dispose();
  }
}

const folder = mkdtempSync(join(tmpdir(), 'seq-node-schemathesis-'));
try {
  const program = install(folder);
  if (program === undefined) {
    console.log(`schemathesis: NOT TESTED: python3 with venv, or ${PACKAGE} of PyPI, is not to be had`);
    process.exitCode = 75;
  } else process.exitCode = await check(program, process.argv[2] ?? '20', folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
