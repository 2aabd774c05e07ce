// What to do next, for clients that speak HTTP: where the table of errors names a command, the request that
// does the same.
import type { ErrorCode, SeqNodeError } from '../base/errors.ts';

/** `{path}` stands for the path of the actor that the request is about. */
export const HTTP_ADVICE: Readonly<Partial<Record<ErrorCode, string>>> = {
  'bad-request': 'Compare the request with the API in GET /v1/openapi.json or docs/OPERATIONS.md.',
  'no-such-endpoint': 'Look for the address in GET /v1/openapi.json or docs/OPERATIONS.md.',
  unauthorized: 'Send the gateway token, as the header Authorization: Bearer TOKEN.',
  'bad-message': 'Send one of the forms in details.accepts.',
  'no-such-actor':
    'Create it with POST /v1/actors/{path} and {"word": …}, or look for it with GET /v1/actors?prefix=/.',
  'no-such-dead-letter': 'List those that are there with GET /v1/dead-letters.',
  'no-such-member': 'Look for it in the members of GET /v1/cluster.',
  'still-leaving':
    'Keep the leaving node up until DELETE /v1/members/{member} answers 200, or let it stay with POST /v1/members/{member}/keep.',
  'no-such-module':
    'Deploy a program that has the word with POST /v1/modules, and give its hash; GET /v1/modules lists those that are there.',
  'actor-stopped':
    'Look at lastFault in GET /v1/actors/{path}, correct its program with POST /v1/actors/{path}/upgrade if that is why, and let it go on with its state with POST /v1/actors/{path}/resume.',
  'actor-suspended': 'Let it go on with POST /v1/actors/{path}/resume, then send it again with the same id.',
  'not-ended':
    'Stop it first with DELETE /v1/actors/{path}, or purge it with "force": true in the body of POST /v1/actors/{path}/purge.',
  'task-failed':
    'Read why in the reason that is shown, mend it, and send the task again: with POST /v1/dead-letters/{id}/replay if it is a dead letter.',
  'queue-not-empty': 'Let workers do them, or drop them with POST /v1/queues/{queue}/drop and {"all": true}.',
  'actor-ended':
    'Let it go on with POST /v1/actors/{path}/resume, after POST /v1/actors/{path}/upgrade with other code; or give its state up with POST /v1/actors/{path} and "newLife": true.',
  'actor-quarantined':
    'Keep the data directory of each replica, and run seq-node journal verify on their machines.',
  'turn-failed':
    'Read the fault that is shown, correct the behaviour, and give it to the actor with POST /v1/actors/{path}/upgrade.',
  'no-reply':
    'Use POST /v1/actors/{path}/messages for messages without a reply, or call actor.reply in the behaviour.',
  unreachable: 'Send the request to another node.',
  importing:
    'Wait for its end; if it was interrupted, repeat the same import, or give it up with DELETE /v1/imports/{import}.',
  'bad-program': 'Correct the program at the position that is shown, and deploy it with POST /v1/modules.',
};

/** `subject`: what the address names, which is an actor if it is a path. */
export function adviceOf(error: SeqNodeError, subject = ''): string {
  if (typeof error.details.next === 'string') return error.advice;
  const advice = HTTP_ADVICE[error.code] ?? error.advice;
  if (!subject.startsWith('/')) return advice;
  const filled = advice.replaceAll('{path}', subject.slice(1));
  const isName = error.code === 'no-such-actor' && /^\/[^/]+$/.test(subject);
  return isName ? `${filled} A name is at /v1/names${subject}, a UUID at /v1/uuids${subject}.` : filled;
}
