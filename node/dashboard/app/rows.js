// Which rows of a long list are drawn, and the pages that it comes in.

/**
 * The rows from `first` to before `end` that lie in the window, and some beyond it.
 * @param {{ top: number, height: number, rowHeight: number, rows: number, margin: number }} window
 */
export function visibleRows({ top, height, rowHeight, rows, margin }) {
  const first = Math.max(0, Math.min(rows, Math.floor(top / rowHeight)) - margin);
  const end = Math.min(rows, Math.ceil((top + height) / rowHeight) + margin);
  return { first, end: Math.max(first, end) };
}

/**
 * Where the list must be scrolled to for a row to be whole in the window.
 * @param {number} row
 * @param {{ top: number, height: number, rowHeight: number }} window
 */
export function topFor(row, { top, height, rowHeight }) {
  const begin = row * rowHeight;
  if (begin < top) return begin;
  return Math.max(top, begin + rowHeight - height);
}

/**
 * The row to go to by a key; undefined for other keys.
 * @param {string} key
 * @param {number} row
 * @param {number} rows
 * @param {number} page rows in the window
 */
export function rowByKey(key, row, rows, page) {
  const moves = new Map([
    ['ArrowDown', row + 1],
    ['ArrowUp', row - 1],
    ['PageDown', row + page],
    ['PageUp', row - page],
    ['Home', 0],
    ['End', rows - 1],
  ]);
  const to = moves.get(key);
  return to === undefined ? undefined : Math.max(0, Math.min(rows - 1, to));
}
