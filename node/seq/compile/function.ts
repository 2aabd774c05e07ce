// One word or quotation to one JavaScript function. The stack is in local variables: where each value is at
// each point is known, because every effect is.

import { Float, type Value } from '../../base/value.ts';
import type { Branch, MatchCase, Op } from '../check/ir.ts';
import { depthOf } from '../check/types.ts';
import type { Span } from '../syntax/diagnostic.ts';
import { CodeLines, type ConstantTable, type LineOrigin } from './code.ts';
import type { Emitter, JumpTarget, ModuleScope } from './emitter.ts';
import { callOf, type Kind } from './form.ts';
import { emitBuiltin } from './inline.ts';
import { type Operand, SymbolicStack } from './operand.ts';
import { arityOf, calleeWidths, type Widths } from './widths.ts';

export class FunctionEmitter implements Emitter {
  readonly scope: ModuleScope;
  readonly constants: ConstantTable;
  readonly widths: Widths;
  /** How many results the function gives. */
  readonly results: number;
  readonly word: string;
  readonly code = new CodeLines();
  stack: SymbolicStack;
  /** What follows is not reached. */
  dead = false;
  /** A jump was made, so the function must be a loop. */
  jumps = false;
  /**
   * The function is a loop that only knows Ints that are numbers, and nothing has been done yet in this turn
   * of it that may not be done twice. So where an Int is or gets wide, it can give the turn up: see `loop` in
   * module.ts.
   */
  speculates: boolean;
  /** It may give a turn up. */
  givesUp = false;
  #names = 0;
  /** Of the newest line that has one: several lines in a row stand for one place. */
  #origin: LineOrigin | undefined;

  constructor(
    scope: ModuleScope,
    word: string,
    widths: Widths,
    inputs: readonly string[],
    results: number,
    speculates = false,
  ) {
    this.speculates = speculates;
    this.scope = scope;
    this.constants = scope.constants;
    this.word = word;
    this.widths = widths;
    this.results = results;
    this.stack = new SymbolicStack(inputs.map((code) => ({ code })));
  }

  /** The whole body, and the return after it. */
  function(ops: readonly Op[]): void {
    this.ops(ops, true);
    if (!this.dead) this.#return();
  }

  fresh(): string {
    return localName(this.#names++);
  }

  line(text: string, at?: Span): void {
    if (at !== undefined && this.#origin?.at !== at) this.#origin = { word: this.word, at };
    this.code.add(text, at === undefined ? undefined : this.#origin);
  }

  /** `tail`: the function returns what is on the stack after these. */
  ops(ops: readonly Op[], tail: boolean): void {
    for (let i = 0; i < ops.length && !this.dead; i++) this.#op(ops[i]!, tail && i === ops.length - 1);
  }

  #op(op: Op, tail: boolean): void {
    switch (op.op) {
      case 'builtin':
        emitBuiltin(this, op.builtin, op.at);
        break;
      case 'word':
        this.#callWord(op, tail);
        break;
      case 'quote':
        this.#quote(op);
        break;
      case 'call':
        this.#callQuote(op);
        break;
      case 'strand':
        this.#strand(op);
        break;
      case 'if':
        this.#conditional(op, tail);
        break;
      case 'match':
        this.#match(op, tail);
        break;
      case 'fault':
        this.line(`$fault(${this.constants.name(op.code)}, ${this.constants.name(op.message)});`, op.at);
        this.dead = true;
        break;
      default:
        this.#move(op);
    }
  }

  /** Operations that only move, make or read values. */
  #move(op: Op): void {
    const { stack } = this;
    switch (op.op) {
      case 'constant':
        stack.push(constantOperand(this.constants, op.value));
        break;
      case 'shuffle': {
        const taken = stack.take(op.take);
        for (const index of op.give) stack.push(taken[index]!);
        break;
      }
      case 'stash':
        stack.aux.push(stack.pop());
        break;
      case 'unstash':
        stack.push(stack.aux.pop()!);
        break;
      case 'make': {
        const fields = stack.take(op.count).map(({ code }) => code);
        this.assign(`new $Variant(${this.constants.name(op.tag)}, [${fields.join(', ')}])`);
        break;
      }
      case 'is': {
        const { code } = stack.pop();
        const variant = `(${code} instanceof $Variant ? ${code} : $notVariant(${code}))`;
        this.assign(`${variant}.tag === ${this.constants.name(op.tag)}`, op.at, 'boolean');
        break;
      }
      case 'field': {
        const { code } = stack.pop();
        const tag = this.constants.name(op.tag);
        const good = `${code} instanceof $Variant && ${code}.tag === ${tag} && ${op.index} < ${code}.fields.length`;
        this.assign(`${good} ? ${code}.fields[${op.index}] : $wrongVariant(${code}, ${tag})`, op.at);
        break;
      }
    }
  }

  /** Pushes the value of an expression, under a name. */
  assign(expression: string, at?: Span, is?: Operand['is']): void {
    const name = this.fresh();
    this.line(`const ${name} = ${expression};`, at);
    this.stack.push(is === undefined ? { code: name } : { code: name, is });
  }

  /** Gives the turn of the loop up unless the test holds. */
  require(test: string): void {
    if (test !== '') this.line(`if (!(${test})) break L;`);
    this.givesUp ||= test !== '';
  }

  /** Calls and pushes all results: the first is the value, the others are in registers. */
  callResults(target: string, count: number, at: Span, kind: Kind): void {
    this.speculates = false;
    const call = this.#call(target, at, kind);
    if (count === 0) {
      this.line(`${call};`, at);
      return;
    }
    const first = this.fresh();
    this.stack.push({ code: first });
    let rest = '';
    for (let i = 1; i < count; i++) {
      const code = this.fresh();
      rest += `, ${code} = R${i}`;
      this.stack.push({ code });
    }
    this.line(`const ${first} = ${call}${rest};`, at);
  }

  #call(call: string, at: Span, kind: Kind): string {
    return kind === 'function' ? call : callOf(call, this.scope.site({ word: this.word, at }), kind);
  }

  #callWord(op: Op & { op: 'word' }, tail: boolean): void {
    const widths = calleeWidths(op.word, op.arguments, this.widths);
    const inputs = this.stack.take(arityOf(op.word.inputs, widths));
    const results = arityOf(op.word.outputs, widths);
    const last = tail && this.stack.items.length === 0 && results === this.results;
    if (last) {
      const target = this.scope.jumpTarget(op.word, widths);
      if (target !== undefined) {
        this.#jump(target, inputs);
        return;
      }
    }
    const call = `${this.scope.wordName(op.word, widths)}(${inputs.map(({ code }) => code).join(', ')})`;
    const kind = this.scope.kindOf(op.word);
    if (!last) {
      this.callResults(call, results, op.at, kind);
      return;
    }
    // The registers pass through untouched.
    this.line(`return ${this.#call(call, op.at, kind)};`, op.at);
    this.dead = true;
  }

  #jump(target: JumpTarget, inputs: readonly Operand[]): void {
    const moves = target.parameters
      .map((to, i) => ({ to, from: inputs[i]!.code }))
      .filter(({ to, from }) => to !== from);
    const written = new Set(moves.map(({ to }) => to));
    const direct = moves.every(({ from }) => !written.has(from));
    if (direct) for (const { to, from } of moves) this.line(`${to} = ${from};`);
    else {
      const kept = moves.map(({ from }) => {
        const name = this.fresh();
        this.line(`const ${name} = ${from};`);
        return name;
      });
      moves.forEach(({ to }, i) => {
        this.line(`${to} = ${kept[i]};`);
      });
    }
    this.line(`${target.prepare}continue ${target.label};`);
    this.jumps = true;
    this.dead = true;
  }

  #quote(op: Op & { op: 'quote' }): void {
    const name = this.scope.literalName(op);
    if (op.captures === 0) {
      this.stack.push({ code: `${name}v`, literal: op.literal });
      return;
    }
    const captured = this.stack.take(op.captures).map(({ code }) => code);
    const given = depthOf(op.literal.quote.inputs) - op.captures;
    const parameters = Array.from({ length: given }, (_, i) => `x${i}`);
    const call = `${name}(${[...parameters, ...captured].join(', ')})`;
    const outputs = depthOf(op.literal.quote.outputs);
    this.assign(
      `new $Quotation((${parameters.join(', ')}) => ${call}, ${given}, ${outputs}, ${op.literal.index}, [${captured.join(', ')}])`,
    );
  }

  #callQuote(op: Op & { op: 'call' }): void {
    const quote = this.stack.pop().code;
    // A quotation of unknown effect may be typed to take more than is here: it then works on what it needs of
    // it.
    const inputs = Math.min(arityOf(op.quote.inputs, this.widths), this.stack.items.length);
    const missing = arityOf(op.quote.inputs, this.widths) - inputs;
    const outputs = arityOf(op.quote.outputs, this.widths) - missing;
    const args = this.stack.take(inputs).map(({ code }) => code);
    const fits = `${quote} instanceof $Quotation && ${quote}.inputs === ${inputs} && ${quote}.outputs === ${outputs}`;
    const call = `${fits} ? ${quote}.run(${args.join(', ')}) : $adapt(${quote}, [${args.join(', ')}], ${outputs})`;
    this.callResults(call, Math.max(0, outputs), op.at, this.scope.quotationKind);
  }

  /**
   * The strand gets copies of the topmost values: as many as its quotation declares, or all where that is not
   * known.
   */
  #strand(op: Op & { op: 'strand' }): void {
    const quote = this.stack.pop().code;
    const { items } = this.stack;
    const own = op.weave ? 2 : 0;
    this.speculates = false;
    const inputs = Math.min(Math.max(0, arityOf(op.quote.inputs, this.widths) - own), items.length);
    const args = items.slice(items.length - inputs).map(({ code }) => code);
    this.assign(`${op.weave ? '$weave' : '$spawn'}(C, ${quote}, [${args.join(', ')}])`, op.at);
  }

  #conditional(op: Op & { op: 'if' }, tail: boolean): void {
    const { code, is } = this.stack.pop();
    const condition =
      is === 'boolean'
        ? code
        : op.truthy
          ? `$truth(${code})`
          : `(${code} === true || (${code} !== false && $notBool(${code})))`;
    this.#branches(
      [op.yes, op.no].map((branch) => ({ branch, enter: () => {} })),
      (bodies) => {
        const [yes, no] = bodies as [CodeLines, CodeLines];
        this.line(`if (${condition}) {`, op.at);
        this.code.append(yes);
        if (no.lines.length > 0) {
          this.line('} else {');
          this.code.append(no);
        }
        this.line('}');
      },
      tail,
    );
  }

  #match(op: Op & { op: 'match' }, tail: boolean): void {
    const { code } = this.stack.pop();
    const enter = ({ fields, count }: MatchCase) => {
      this.line(`if (${code}.fields.length !== ${count}) $noArm(${code});`, op.at);
      for (const index of fields) this.assign(`${code}.fields[${index}]`);
    };
    this.#branches(
      op.cases.map((each) => ({ branch: each.branch, enter: () => enter(each) })),
      (bodies) => {
        this.line(`switch ((${code} instanceof $Variant ? ${code} : $notVariant(${code})).tag) {`, op.at);
        op.cases.forEach((each, i) => {
          this.line(`case ${this.constants.name(each.tag)}: {`);
          this.code.append(bodies[i]!);
          this.line('break; }');
        });
        this.line(`default: $noArm(${code});`, op.at);
        this.line('}');
      },
      tail,
    );
  }

  /** Emits each branch from the same stack, then `join`s them, then goes on with what they left. */
  #branches(
    branches: readonly { branch: Branch; enter: () => void }[],
    join: (bodies: CodeLines[]) => void,
    tail: boolean,
  ): void {
    const start = this.stack;
    const own = this.code;
    const { speculates } = this;
    const ends: { lines: CodeLines; stack: SymbolicStack; dead: boolean; speculates: boolean }[] = [];
    for (const { branch, enter } of branches) {
      this.stack = start.copy();
      this.dead = false;
      this.speculates = speculates;
      const lines = new CodeLines();
      this.#into(lines, () => {
        enter();
        const last = tail || branch.returns;
        this.ops(branch.body, last);
        if (last && !this.dead) this.#return();
      });
      ends.push({ lines, stack: this.stack, dead: this.dead, speculates: this.speculates });
    }
    const live = ends.filter(({ dead }) => !dead);
    this.dead = live.length === 0;
    this.speculates = live.every((end) => end.speculates);
    this.stack = live.length === 0 ? start : this.#merge(own, start, live);
    join(ends.map(({ lines }) => lines));
  }

  #into(lines: CodeLines, emit: () => void): void {
    const own = this.code;
    (this as { code: CodeLines }).code = lines;
    emit();
    (this as { code: CodeLines }).code = own;
  }

  /**
   * One stack for the ends of branches: what was there before and is the same at each end stays; for the rest
   * there is a variable that each end sets, also when only one end is left, because its own variables end
   * with its block.
   */
  #merge(
    own: CodeLines,
    start: SymbolicStack,
    ends: readonly { lines: CodeLines; stack: SymbolicStack }[],
  ): SymbolicStack {
    const before = new Set([...start.items, ...start.aux].map(({ code }) => code));
    const mergeOne = (operands: readonly Operand[]): Operand => {
      const first = operands[0]!;
      const outlives = before.has(first.code) || !LOCAL.test(first.code);
      if (outlives && operands.every(({ code }) => code === first.code)) return first;
      const name = this.fresh();
      own.add(`let ${name};`);
      operands.forEach(({ code }, i) => {
        ends[i]!.lines.add(`${name} = ${code};`);
      });
      return first.is !== undefined && operands.every(({ is }) => is === first.is)
        ? { code: name, is: first.is }
        : { code: name };
    };
    const merge = (stacks: readonly Operand[][]): Operand[] => {
      const count = stacks[0]!.length;
      if (stacks.some((stack) => stack.length !== count))
        throw new Error('the branches left different stacks');
      return stacks[0]!.map((_, i) => mergeOne(stacks.map((stack) => stack[i]!)));
    };
    return new SymbolicStack(
      merge(ends.map(({ stack }) => stack.items)),
      merge(ends.map(({ stack }) => stack.aux)),
    );
  }

  #return(): void {
    const values = this.stack.items.map(({ code }) => code);
    if (values.length !== this.results)
      throw new Error('the function leaves another number of values than it declares');
    const [first, ...rest] = values;
    rest.forEach((code, i) => {
      this.line(`R${i + 1} = ${code};`);
    });
    this.line(`return${first === undefined ? '' : ` ${first}`};`);
    this.dead = true;
  }
}

/** A variable that a function declares in its body. */
const LOCAL = /^t\d+$/;
const LOCALS: string[] = [];

/** All functions name their variables alike, so that each name is made once. */
function localName(number: number): string {
  const known = LOCALS[number];
  if (known !== undefined) return known;
  const name = `t${number}`;
  if (number === LOCALS.length && number < 1000) LOCALS.push(name);
  return name;
}

function constantOperand(constants: ConstantTable, value: Value): Operand {
  const code = constants.literal(value);
  if (typeof value === 'number') return { code, is: 'small' };
  if (typeof value === 'boolean') return { code, is: 'boolean' };
  if (value instanceof Float) return { code, is: 'float' };
  return { code };
}
