// JavaScript at the head of every compiled program. `B` counts down the reductions of the slice, `LEFT` those
// after it; `C` is the run's context; `DEPTH` is how many runs are under way, one within the other; `SPARE`
// is what the newest turn left of its reductions; `R1 …` hold the results of a call after its first. `$`
// brings what the node offers.

export const SHARED_PRELUDE = `
const { $Variant, $Float, $Quotation, $List, $fault, $notVariant, $noArm, $wrongVariant, $notBool, $truth, $misfit, $int, $items, $lines, $entries, $spawn, $weave } = $;
const { pause: $pause, callSite: AT } = $;
const $again = Symbol('again');
const SLICE = 1073741823;
function $begin(context, reductions) {
  const outer = { C, B, LEFT };
  DEPTH++;
  C = context;
  B = reductions > SLICE ? SLICE : reductions;
  LEFT = reductions - B;
  return outer;
}
function $end(outer) {
  const left = B + LEFT;
  ({ C, B, LEFT } = outer);
  DEPTH--;
  $clear();
  return left;
}
function $turn(context, reductions, code, state, message) {
  const outerC = C, outerB = B, outerLEFT = LEFT;
  DEPTH++;
  // The next turn mostly has the same context, so it stays when no other run goes on: to compare costs less
  // than to store.
  if (C !== context) C = context;
  B = reductions > SLICE ? SLICE : reductions;
  LEFT = reductions - B;
  try {
    return code(state, message);
  } finally {
    SPARE = B + LEFT;
    if (--DEPTH > 0) C = outerC;
    B = outerB;
    LEFT = outerLEFT;
    if (R1 !== undefined) $clear();
  }
}
const $spare = () => SPARE;
function $rest(quotation, args, outputs) {
  if (!(quotation instanceof $Quotation)) $misfit(quotation, args.length, outputs);
  const rest = args.length - quotation.inputs;
  if (rest < 0 || rest + quotation.outputs !== outputs) $misfit(quotation, args.length, outputs);
  return rest;
}
function $adapted(quotation, args, rest, first) {
  const results = args.slice(0, rest);
  if (quotation.outputs > 0) results.push(first, ...$registers().slice(0, quotation.outputs - 1));
  $spread(results);
  return results[0];
}
function $call(quotation, inputs, outputs) {
  if (quotation instanceof $Quotation && quotation.inputs === inputs && quotation.outputs === outputs) return quotation.run;
  return (...args) => $adapt(quotation, args, outputs);
}`.trim();

/**
 * Words and literals that the module leaves out. `W` has the words by number, and `Q` the quotations. What is
 * evaluated sees the variables of the module and sets those of what it defines, so that only the first call
 * comes through `$later`.
 */
export const LATER_PRELUDE = `
const $later = (number) => (...args) => $word(number)(...args);
const $evaluate = (code) => eval(code);
function $word(number) {
  if (W[number] === undefined) $evaluate($.later('word', number));
  return W[number];
}
function $literal(number) {
  if (Q[number] === undefined) $evaluate($.later('literal', number));
  return Q[number];
}`.trim();

export const RETURN =
  'return { word: $word, literal: $literal, begin: $begin, end: $end, turn: $turn, spare: $spare };';

/** A run that is over its budget ends where it is. */
export const PLAIN_PRELUDE = `
function $spend() {
  const debt = -B;
  if (LEFT < debt) throw $.exhausted;
  LEFT -= debt;
  B = LEFT > SLICE ? SLICE : LEFT;
  LEFT -= B;
}`.trim();
