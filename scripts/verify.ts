// `npm run verify`: types, lint, house rules and unit tests.
import { runSteps } from './run-steps.ts';

runSteps([
  ['types', 'tsc', '--noEmit'],
  ['lint', 'biome', 'check', '--error-on-warnings', '.'],
  ['tidy', process.execPath, 'scripts/tidy.ts'],
  ['unit tests', 'ava'],
]);
