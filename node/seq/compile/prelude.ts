// JavaScript at the head of every compiled program. `B` counts down the steps of the slice, `LEFT` those after it; `C` is
// the run's context; `R1 …` hold the results of a call after its first. `$` brings what the node offers.

export const SHARED_PRELUDE = `
const { $Variant, $Float, $Quotation, $List, $fault, $notVariant, $noArm, $wrongVariant, $notBool, $truth, $misfit, $int, $items, $entries } = $;
const SLICE = 1073741823;
function $begin(context, steps) {
  const outer = { C, B, LEFT };
  C = context;
  B = steps > SLICE ? SLICE : steps;
  LEFT = steps - B;
  return outer;
}
function $end(outer) {
  const left = B + LEFT;
  ({ C, B, LEFT } = outer);
  $clear();
  return left;
}
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

/** A run that is over its budget ends where it is. */
export const PLAIN_PRELUDE = `
function $spend() {
  const debt = -B;
  if (LEFT < debt) throw $.exhausted;
  LEFT -= debt;
  B = LEFT > SLICE ? SLICE : LEFT;
  LEFT -= B;
}
function $adapt(quotation, args, outputs) {
  const rest = $rest(quotation, args, outputs);
  return $adapted(quotation, args, rest, quotation.run(...args.slice(rest)));
}`.trim();

/**
 * The driver: each call is a generator that the caller hands over. `sites` holds where each but the innermost frame
 * stands. `resume` goes on for about \`steps\` steps and says whether the task is done.
 */
export const RESUMABLE_PRELUDE = `
const $pause = Symbol('pause');
let AT = -1;
function* $adapt(quotation, args, outputs) {
  const rest = $rest(quotation, args, outputs);
  return $adapted(quotation, args, rest, yield (AT = -1, quotation.run(...args.slice(rest))));
}
function $task(first, framesMax) {
  const frames = [first];
  const sites = [];
  const task = { sites, result: undefined, resume };
  let value;
  function resume() {
    for (;;) {
      const { done, value: out } = frames[frames.length - 1].next(value);
      if (done) {
        frames.pop();
        if (frames.length === 0) {
          task.result = out;
          return true;
        }
        sites.pop();
        value = out;
      } else if (out === $pause) {
        value = undefined;
        return false;
      } else {
        if (frames.length >= framesMax) throw $.tooDeep;
        frames.push(out);
        sites.push(AT);
        value = undefined;
      }
    }
  }
  return task;
}`.trim();
