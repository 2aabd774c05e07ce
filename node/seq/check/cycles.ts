/**
 * Strongly connected parts of a call graph (Tarjan 1972, without recursion), in an order in which every part
 * comes after all that it calls. `calls(node)` gives the nodes that a node refers to.
 */
export function componentsOf<T>(nodes: Iterable<T>, calls: (node: T) => Iterable<T>): T[][] {
  const numbers = new Map<T, { index: number; low: number; onStack: boolean }>();
  const components: T[][] = [];
  const stack: T[] = [];
  const visit = (node: T) => {
    const entry = { index: numbers.size, low: numbers.size, onStack: true };
    numbers.set(node, entry);
    stack.push(node);
    return { node, entry, rest: calls(node)[Symbol.iterator]() };
  };
  for (const root of nodes) {
    if (numbers.has(root)) continue;
    const path = [visit(root)];
    while (path.length > 0) {
      const here = path.at(-1)!;
      const next = here.rest.next();
      if (!next.done) {
        const known = numbers.get(next.value);
        if (known === undefined) path.push(visit(next.value));
        else if (known.onStack) here.entry.low = Math.min(here.entry.low, known.index);
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent !== undefined) parent.entry.low = Math.min(parent.entry.low, here.entry.low);
      if (here.entry.low !== here.entry.index) continue;
      const component: T[] = [];
      let member: T;
      do {
        member = stack.pop()!;
        numbers.get(member)!.onStack = false;
        component.push(member);
      } while (member !== here.node);
      components.push(component);
    }
  }
  return components;
}
