// Behaviours: which words and quotations can be one, and how one message runs through it.
import type { BehaviourRef } from '../../base/behaviour-ref.ts';
import { checkInState } from '../../base/data-limits.ts';
import { type Data, isScalar, type Key, SeqMap, type Value } from '../../base/value.ts';
import type { Behaviour, MessageType } from '../api.ts';
import type { Literal, Word } from '../check/ir.ts';
import { depthOf, type Stack, typeOf, unstack } from '../check/types.ts';
import { Fault } from '../fault.ts';
import { type MessageCheck, messageCheck, messageTypeOf } from '../message-type.ts';
import type { UnionDefinition } from '../syntax/ast.ts';
import { show } from './show.ts';

/**
 * Whether an effect is `( State Msg -- State' )`: a map and a variant in, a map out, or variables in their
 * place.
 */
export function isBehaviourEffect(inputs: Stack, outputs: Stack): boolean {
  const takes = unstack(inputs).types.map(typeOf);
  const gives = unstack(outputs).types.map(typeOf);
  if (takes.length !== 2 || gives.length !== 1) return false;
  const message = takes[1]!;
  const isMessage =
    message.kind === 'var' ||
    message.kind === 'union' ||
    (message.kind === 'con' && message.name !== 'Channel');
  return isMap(takes[0]!) && isMap(gives[0]!) && isMessage;
}

const isMap = (type: ReturnType<typeof typeOf>) =>
  type.kind === 'var' || (type.kind === 'con' && type.name === 'Map');

/** Whether an effect is `( State -- State' )`. */
export function isMigrationEffect(inputs: Stack, outputs: Stack): boolean {
  const [takes, gives] = [inputs, outputs].map((stack) => unstack(stack).types.map(typeOf));
  return takes!.length === 1 && gives!.length === 1 && isMap(takes![0]!) && isMap(gives![0]!);
}

export function messageTypeOfWord(
  word: Word,
  unions: ReadonlyMap<string, UnionDefinition>,
): MessageType | undefined {
  return messageTypeAt(word.inputs, 0, unions);
}

/** Captured values lie above the message. */
export function messageTypeOfLiteral(
  literal: Literal,
  captured: number,
  unions: ReadonlyMap<string, UnionDefinition>,
): MessageType | undefined {
  return depthOf(literal.quote.inputs) >= captured + 1
    ? messageTypeAt(literal.quote.inputs, captured, unions)
    : undefined;
}

function messageTypeAt(
  inputs: Stack,
  above: number,
  unions: ReadonlyMap<string, UnionDefinition>,
): MessageType | undefined {
  const type = unstack(inputs).types.at(-1 - above);
  const t = type === undefined ? undefined : typeOf(type);
  return t?.kind === 'union' ? messageTypeOf(t.name, unions) : undefined;
}

/**
 * Whether the message of such an effect is a union or any variant, so that the word looks meant as a
 * behaviour.
 */
export function takesVariant(inputs: Stack): boolean {
  const message = typeOf(unstack(inputs).types[1]!);
  return message.kind === 'union' || (message.kind === 'con' && message.name === 'Variant');
}

/** What runs the code of a behaviour. */
export interface TurnRunner extends Pick<Behaviour, 'run' | 'start' | 'fieldNames'> {
  reductionsLeft(): number;
}

/** Of one shape for all, because every message goes through one. */
export class ProgramBehaviour implements Behaviour {
  readonly ref: BehaviourRef;
  readonly messageType: MessageType | undefined;
  readonly run: Behaviour['run'];
  readonly start: Behaviour['start'];
  readonly fieldNames: Behaviour['fieldNames'];
  readonly #check: MessageCheck | undefined;
  readonly #reductionsLeft: () => number;

  constructor(ref: BehaviourRef, messageType: MessageType | undefined, turns: TurnRunner) {
    this.ref = ref;
    this.messageType = messageType;
    this.run = turns.run;
    this.start = turns.start;
    this.#check = messageType && messageCheck(messageType);
    this.#reductionsLeft = turns.reductionsLeft;
    this.fieldNames = turns.fieldNames;
  }

  get reductionsLeft(): number {
    return this.#reductionsLeft();
  }

  problemOf(message: Data): string | undefined {
    return this.#check?.(message);
  }
}

/** The state a turn leaves: a map, in which all that is new is data. */
export function newState(before: SeqMap, left: Value): SeqMap {
  if (!(left instanceof SeqMap))
    throw new Fault('type-fault', `A behaviour must leave a Map, but this left ${show(left)}.`);
  const after = left as SeqMap;
  // Most turns change a number or a text of a small map.
  if (!SeqMap.sameBut(before, after, isScalar)) SeqMap.differences(before, after, assertNew);
  return after;
}

function assertNew(key: Key, _: unknown, is: unknown): true {
  // Where it stands is told only of what is no data: to say it takes longer than to look.
  if (is !== undefined && !isScalar(is))
    checkInState(is, `state.${typeof key === 'string' ? JSON.stringify(key) : String(key)}`);
  return true;
}
