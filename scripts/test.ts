// `npm test`: everything that is quick enough to run before each commit. It uses both cores; what takes longer is in .ci/run.
import { runSteps } from './run-steps.ts';

const node = process.execPath;

runSteps([
  ['verify', node, 'scripts/verify.ts'],
  ['simulator: seeds that failed once', node, 'scripts/sim.ts', '--corpus'],
  ['simulator: 200 seeds', node, 'scripts/sim.ts', '--from', '1', '--seeds', '200'],
  ['real processes', 'ava', '--config', 'integration/ava.config.mjs'],
  ['a short demo', node, 'scripts/demo.ts', '--short'],
]);
