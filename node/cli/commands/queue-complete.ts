import { SeqNodeError } from '../../base/errors.ts';
import { fromJson, toJson } from '../../base/json.ts';
import { parseNotation } from '../../base/notation.ts';
import type { Command, Input } from '../command.ts';
import { printJson, printLine } from '../output.ts';
import { given, QUEUE_ARGUMENT, QUEUE_FLAGS, TOKEN_ARGUMENT, tellQueue } from '../queues.ts';

export const queueComplete: Command = {
  name: 'queue complete',
  summary: 'Say that a task is done; the actor that asked gets the result.',
  arguments: [
    QUEUE_ARGUMENT,
    TOKEN_ARGUMENT,
    {
      name: 'RESULT',
      doc: 'Message notation, as in Sent 3. Default: true.',
      required: false,
      many: true,
    },
  ],
  flags: [
    { name: 'json-result', type: 'text', value: 'JSON', doc: 'The result as JSON, in the place of RESULT.' },
    ...QUEUE_FLAGS,
  ],
  examples: [
    [
      'queue complete emails 7.1.k3j9x2 Sent 250',
      'The asker gets (Sent 250), once, however often it is run.',
    ],
  ],
  async run(context, input) {
    const [name, token] = input.arguments;
    const answer = await tellQueue(context, input, 'complete', given({ token, result: readResult(input) }));
    if (input.boolean('json')) printJson(context, answer);
    else printLine(context, `completed ${token} of ${name}`);
    return 0;
  },
};

/** As JSON; undefined where none is given. */
function readResult(input: Input): unknown {
  const words = input.arguments.slice(2);
  const json = input.text('json-result');
  if (json !== undefined && words.length > 0)
    throw new SeqNodeError('bad-usage', 'RESULT and --json-result are both given; keep one of them.');
  if (words.length > 0) return toJson(parseNotation(words.join(' '), { outerParensOptional: true }));
  if (json === undefined) return undefined;
  let result: unknown;
  try {
    result = JSON.parse(json);
  } catch {
    throw new SeqNodeError('bad-usage', 'The value of --json-result is not JSON.');
  }
  fromJson(result);
  return result;
}
