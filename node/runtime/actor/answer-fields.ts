// Answers to asks, in the form in which rows hold them.
import { decodeData, encodeData } from '../../base/codec.ts';
import { bytesView, list, text } from '../../base/tree.ts';
import type { Answer } from '../envelope.ts';

export type AnswerFields = readonly [refused: string | null, answered: Uint8Array | null];

export function answerFields(answer: Answer): AnswerFields {
  return 'answered' in answer ? [null, encodeData(answer.answered)] : [answer.refused, null];
}

export function readAnswer(fields: unknown): Answer {
  const [refused, answered] = list(fields, 2);
  return answered === null ? { refused: text(refused) } : { answered: decodeData(bytesView(answered)) };
}
