// One numeric word to one WebAssembly function. It takes the reductions that are left and its inputs, and
// gives the reductions that are left and its results. As in function.ts of the other back ends, where each
// value is at each point is known; each is in a local variable or a constant.
import { Float, type Value } from '../../../base/value.ts';
import type { Branch, Op, Word } from '../../check/ir.ts';
import type { Span } from '../../syntax/diagnostic.ts';
import type { LineOrigin } from '../code.ts';
import { numberTypes } from './cluster.ts';
import {
  branch,
  type Code,
  call,
  ELSE,
  END,
  f64Const,
  I64_TYPE,
  IF,
  Instructions,
  i32Const,
  i64Const,
  LOOP,
  localGet,
  localSet,
  type NumberType,
  RETURN,
  returnCall,
  UNREACHABLE,
  unsigned,
  VALUE_TYPES,
} from './encoding.ts';
import { NotNumericError } from './interface.ts';
import { type Host, numericWord } from './words.ts';

/** What a function asks of the module that it is part of. */
export interface WasmScope {
  indexOf(word: Word): number;
  /** The number of a fault. */
  fault(code: string, message: string): number;
  /** Whether a call of one word at the end of the other must not grow the stack. */
  callsLast(from: Word, to: Word): boolean;
}

interface Operand {
  readonly type: NumberType;
  readonly code: Code;
  /** The local variable that it is. */
  readonly local?: number;
}

interface Stacks {
  readonly items: Operand[];
  readonly aux: Operand[];
}

/** Functions that the host brings. */
const SPENT = 0;
const FAULT = 1;
export const IMPORTS = 2;

const REDUCTIONS = 0;
const FIRST_INPUT = 1;
/**
 * A loop calls itself anew after so many reductions: engines begin with code that is made fast, and go on
 * with better code, once it is there, only at a call.
 */
const LOOP_REDUCTIONS = 10_000n;

export class WasmFunction implements Host {
  readonly #scope: WasmScope;
  readonly #word: Word;
  readonly #inputs: readonly NumberType[];
  readonly #outputs: readonly NumberType[];
  readonly #locals: number[] = [];
  #code = new Instructions();
  #stacks: Stacks;
  /** What follows is not reached. */
  #dead = false;
  /** How many blocks surround the code. */
  #depth = 0;
  readonly #loops: boolean;
  #at: Span;

  constructor(scope: WasmScope, word: Word) {
    this.#scope = scope;
    this.#word = word;
    this.#at = word.at;
    this.#inputs = numberTypes(word.inputs)!;
    this.#outputs = numberTypes(word.outputs)!;
    const items = this.#inputs.map((type, i): Operand => local(type, FIRST_INPUT + i));
    this.#stacks = { items, aux: [] };
    this.#loops = endsInCallOf(word.body, word, true);
  }

  emit(): Instructions {
    if (this.#loops) this.#beginLoop();
    else this.#reduction();
    this.#ops(this.#word.body, true);
    if (!this.#dead) this.#return();
    if (this.#loops) this.#code.add(END);
    this.#code.add(UNREACHABLE, END);
    const head = new Instructions();
    head.add(unsigned(this.#locals.length), ...this.#locals.map((type): Code => [1, type]));
    head.append(this.#code);
    return head;
  }

  #reduction(): void {
    this.#code.add(localGet(REDUCTIONS), i64Const(1n), [0x7d, 0x22, REDUCTIONS], i64Const(0n), [0x53], IF);
    this.#spent();
    this.#code.add(END);
  }

  #beginLoop(): void {
    // How many reductions are left when the loop calls itself anew.
    const until = this.#local(I64_TYPE);
    const [reductions, some, none] = [localGet(REDUCTIONS), i64Const(LOOP_REDUCTIONS), i64Const(0n)];
    this.#code.add(reductions, some, [0x7d], none, reductions, some, [0x59, 0x1b], localSet(until));
    this.#code.add(LOOP, reductions, i64Const(1n), [0x7d, 0x22, REDUCTIONS], localGet(until), [0x53], IF);
    this.#code.add(reductions, none, [0x53], IF);
    this.#spent();
    this.#code.add(END, reductions, i64Const(1n), [0x7c]);
    for (const { code } of this.#stacks.items) this.#code.add(code);
    this.#code.add(returnCall(this.#scope.indexOf(this.#word)), END);
  }

  #spent(): void {
    this.#code.add(localGet(REDUCTIONS), [0xb9], call(SPENT), UNREACHABLE);
  }

  #origin(at: Span): LineOrigin {
    return { word: this.#word.name, at };
  }

  #local(type: number): number {
    this.#locals.push(type);
    return FIRST_INPUT + this.#inputs.length + this.#locals.length - 1;
  }

  keep(type: NumberType, code: Code): Code {
    return this.#assign(type, code).code;
  }

  #assign(type: NumberType, code: Code): Operand {
    const index = this.#local(VALUE_TYPES[type]);
    this.#code.add(code, localSet(index));
    return local(type, index);
  }

  faultIf(condition: Code, code: string, message: string): void {
    this.#code.add(condition, IF);
    this.#fault(code, message, this.#at);
    this.#code.add(END);
  }

  #fault(code: string, message: string, at: Span): void {
    this.#code.add(localGet(REDUCTIONS), [0xb9], i32Const(this.#scope.fault(code, message)));
    this.#code.addCall(call(FAULT), this.#origin(at));
    this.#code.add(UNREACHABLE);
  }

  #ops(ops: readonly Op[], tail: boolean): void {
    for (let i = 0; i < ops.length && !this.#dead; i++) this.#op(ops[i]!, tail && i === ops.length - 1);
  }

  #op(op: Op, tail: boolean): void {
    const { items, aux } = this.#stacks;
    switch (op.op) {
      case 'constant':
        items.push(constant(op.value));
        break;
      case 'shuffle': {
        const taken = this.#take(op.take);
        for (const index of op.give) items.push(taken[index]!);
        break;
      }
      case 'stash':
        aux.push(items.pop()!);
        break;
      case 'unstash':
        items.push(aux.pop()!);
        break;
      case 'builtin':
        this.#builtin(op);
        break;
      case 'word':
        this.#callWord(op, tail);
        break;
      case 'if':
        this.#conditional(op, tail);
        break;
      case 'fault':
        this.#fault(op.code, op.message, op.at);
        this.#dead = true;
        break;
      default:
        throw new Error(`the operation ${op.op} is not numeric`);
    }
  }

  #take(count: number): Operand[] {
    const { items } = this.#stacks;
    if (count > items.length) throw new Error('the compiler took too many values from the stack');
    return items.splice(items.length - count, count);
  }

  #takeTyped(types: readonly NumberType[]): Code[] {
    return this.#take(types.length).map(({ type, code }, i) => {
      if (type !== types[i])
        throw new NotNumericError(`a value of type ${type} is where ${types[i]} must be`);
      return code;
    });
  }

  #builtin({ builtin, at }: Op & { op: 'builtin' }): void {
    const word = numericWord(builtin)!;
    const inputs = this.#takeTyped(word.takes);
    this.#at = at;
    const results = word.emit(inputs, this);
    const kept = results.map((code, i) => this.#assign(word.gives[i]!, code));
    this.#stacks.items.push(...kept);
  }

  #callWord({ word, at }: Op & { op: 'word' }, tail: boolean): void {
    const inputs = this.#takeTyped(numberTypes(word.inputs)!);
    const outputs = numberTypes(word.outputs)!;
    const last = tail && this.#stacks.items.length === 0 && outputs.length === this.#outputs.length;
    if (last && word === this.#word) {
      this.#again(inputs);
      return;
    }
    this.#code.add(localGet(REDUCTIONS), ...inputs);
    const index = this.#scope.indexOf(word);
    if (last && this.#scope.callsLast(this.#word, word)) {
      this.#code.add(returnCall(index));
      this.#dead = true;
      return;
    }
    this.#code.addCall(call(index), this.#origin(at));
    if (last) {
      this.#code.add(RETURN);
      this.#dead = true;
      return;
    }
    const results = outputs.map((type) => local(type, this.#local(VALUE_TYPES[type])));
    for (const { local: index } of results.toReversed()) this.#code.add(localSet(index!));
    this.#code.add(localSet(REDUCTIONS));
    this.#stacks.items.push(...results);
  }

  /** The next turn of the loop. */
  #again(inputs: readonly Code[]): void {
    this.#code.add(...inputs);
    for (let i = inputs.length - 1; i >= 0; i--) this.#code.add(localSet(FIRST_INPUT + i));
    this.#code.add(branch(this.#depth));
    this.#dead = true;
  }

  #conditional(op: Op & { op: 'if' }, tail: boolean): void {
    const condition = this.#stacks.items.pop()!;
    if (condition.type === 'float' || (condition.type === 'int' && !op.truthy))
      throw new NotNumericError(`a condition has type ${condition.type}`);
    const start = this.#stacks;
    const ends = [op.yes, op.no].map((each) => this.#branch(start, each, tail));
    const live = ends.filter(({ dead }) => !dead);
    this.#dead = live.length === 0;
    this.#stacks = live.length === 0 ? start : this.#merge(live);
    this.#code.add(condition.code, condition.type === 'int' ? [...i64Const(0n), 0x52] : [], IF);
    this.#code.append(ends[0]!.code);
    if (ends[1]!.code.bytes.length > 0) {
      this.#code.add(ELSE);
      this.#code.append(ends[1]!.code);
    }
    this.#code.add(END);
    // What follows a conditional is reached, unless it is said to be not.
    if (this.#dead) this.#code.add(UNREACHABLE);
  }

  #branch(start: Stacks, { body, returns }: Branch, tail: boolean): End {
    const outer = this.#code;
    this.#code = new Instructions();
    this.#stacks = { items: [...start.items], aux: [...start.aux] };
    this.#dead = false;
    this.#depth++;
    const last = tail || returns;
    this.#ops(body, last);
    if (last && !this.#dead) this.#return();
    this.#depth--;
    const end = { code: this.#code, stacks: this.#stacks, dead: this.#dead };
    this.#code = outer;
    return end;
  }

  /**
   * One stack for the ends of branches: what is not the same at each end gets a variable that each end sets.
   */
  #merge(ends: readonly End[]): Stacks {
    const mergeAll = (stacks: readonly (readonly Operand[])[]): Operand[] => {
      const [first] = stacks as [readonly Operand[]];
      if (stacks.some((stack) => stack.length !== first.length))
        throw new Error('the branches left different stacks');
      return first.map((operand, i) => {
        const all = stacks.map((stack) => stack[i]!);
        if (all.some(({ type }) => type !== operand.type))
          throw new NotNumericError('the branches left different types');
        if (all.every(({ code }) => sameCode(code, operand.code))) return operand;
        const merged = this.#local(VALUE_TYPES[operand.type]);
        all.forEach(({ code }, end) => {
          ends[end]!.code.add(code, localSet(merged));
        });
        return local(operand.type, merged);
      });
    };
    return {
      items: mergeAll(ends.map(({ stacks }) => stacks.items)),
      aux: mergeAll(ends.map(({ stacks }) => stacks.aux)),
    };
  }

  #return(): void {
    const results = this.#takeTyped(this.#outputs);
    if (this.#stacks.items.length > 0) throw new Error('the word leaves more values than it declares');
    this.#code.add(localGet(REDUCTIONS), ...results, RETURN);
    this.#dead = true;
  }
}

interface End {
  readonly code: Instructions;
  readonly stacks: Stacks;
  readonly dead: boolean;
}

const local = (type: NumberType, index: number): Operand => ({ type, code: localGet(index), local: index });

const sameCode = (a: Code, b: Code): boolean => a.length === b.length && a.every((byte, i) => byte === b[i]);

function constant(value: Value): Operand {
  if (value instanceof Float) return { type: 'float', code: f64Const(value.value) };
  if (typeof value === 'boolean') return { type: 'bool', code: i32Const(value ? 1 : 0) };
  return { type: 'int', code: i64Const(2n * BigInt(value as number | bigint)) };
}

/** Whether the operations may end in a call of the word. */
function endsInCallOf(ops: readonly Op[], word: Word, tail: boolean): boolean {
  return ops.some((op, i) => {
    const last = tail && i === ops.length - 1;
    if (op.op === 'word') return last && op.word === word;
    return op.op === 'if' && [op.yes, op.no].some((b) => endsInCallOf(b.body, word, last || b.returns));
  });
}

/** The types of a function of these inputs and results. */
export const typesOf = (types: readonly NumberType[]): Code => [
  I64_TYPE,
  ...types.map((type) => VALUE_TYPES[type]),
];
