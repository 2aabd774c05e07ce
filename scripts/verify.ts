// `npm run verify`: types, lint, house rules and unit tests.
import { readOptions } from '../integration/options.ts';
import { runSteps } from './run-steps.ts';

readOptions(
  { command: 'npm run verify', summary: 'Checks types, lint and house rules, and runs the unit tests.' },
  {},
);

await runSteps([
  ['types', 'tsc', '--noEmit'],
  ['types of the dashboard', 'tsc', '--noEmit', '-p', 'node/dashboard/app'],
  ['lint', 'biome', 'check', '--error-on-warnings', '.'],
  ['tidy', process.execPath, 'scripts/tidy/tidy.ts'],
  ['unit tests', 'ava'],
]);
