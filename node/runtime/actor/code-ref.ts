// References to behaviours, in the form in which rows and frames hold them.
import type { BehaviourRef } from '../../base/behaviour-ref.ts';
import { decodeData, encodeData } from '../../base/codec.ts';
import { moduleHash } from '../../base/ids.ts';
import { bytesView, count, list, text } from '../../base/tree.ts';

export type CodeFields = readonly [module: string, target: string | number, captured: readonly Uint8Array[]];

/** A behaviour reference as a list that MessagePack carries. */
export function codeFields(code: BehaviourRef): CodeFields {
  const target = 'word' in code.target ? code.target.word : code.target.quotation;
  return [code.module, target, code.captured.map((value) => encodeData(value))];
}

/** Throws `bad-request` for anything that `codeFields` did not make. */
export function readCode(fields: unknown): BehaviourRef {
  const [module, target, captured] = list(fields, 3);
  return {
    module: moduleHash(text(module)),
    target: typeof target === 'string' ? { word: target } : { quotation: count(target) },
    captured: list(captured).map((value) => decodeData(bytesView(value))),
  };
}
