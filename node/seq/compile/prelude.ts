/**
 * JavaScript at the head of every compiled program. `B` counts down the steps of the slice, `LEFT` those after it; `C` is
 * the run's context; `R1 …` hold the results of a call after its first. `$` brings what the rest of the module offers.
 */
export const PRELUDE = `
const { $Variant, $Quotation, $List, $SeqMap, $fault, $notVariant, $noArm, $wrongVariant, $notBool, $truth, $misfit, $int, $items, $entries } = $;
const SLICE = 1073741823;
function $spend() {
  if (LEFT <= 0) throw $.exhausted;
  B = LEFT > SLICE ? SLICE : LEFT;
  LEFT -= B--;
}
function $begin(context, steps) {
  const outer = { C, B, LEFT };
  C = context;
  B = steps > SLICE ? SLICE : steps;
  LEFT = steps - B;
  return outer;
}
function $end(outer) {
  ({ C, B, LEFT } = outer);
  $clear();
}
function $adapt(quotation, args, outputs) {
  if (!(quotation instanceof $Quotation)) $misfit(quotation, args.length, outputs);
  const rest = args.length - quotation.inputs;
  if (rest < 0 || rest + quotation.outputs !== outputs) $misfit(quotation, args.length, outputs);
  const first = quotation.run(...args.slice(rest));
  const results = args.slice(0, rest);
  if (quotation.outputs > 0) results.push(first, ...$registers().slice(0, quotation.outputs - 1));
  $spread(results);
  return results[0];
}
function $call(quotation, inputs, outputs) {
  if (quotation instanceof $Quotation && quotation.inputs === inputs && quotation.outputs === outputs) return quotation.run;
  return (...args) => $adapt(quotation, args, outputs);
}`.trim();
