// `npm test`: everything that is quick enough to run before each commit. It uses both cores; what takes
// longer is in .ci/run.
import { readOptions } from '../integration/options.ts';
import { runSteps } from './run-steps.ts';

const node = process.execPath;

readOptions(
  {
    command: 'npm test',
    summary: 'Runs npm run verify, the simulator, the tests over real processes, and a short demo.',
  },
  {},
);

await runSteps([
  ['verify', node, 'scripts/verify.ts'],
  {
    step: ['real processes', 'ava', '--config', 'integration/ava.config.mjs'],
    beside: [
      'simulated clusters: 100 seeds, and each classic mistake, beside the real processes',
      'ava',
      '--config',
      'sim/ava.config.mjs',
    ],
  },
  ['a short demo', node, 'scripts/demo.ts', '--short'],
]);
