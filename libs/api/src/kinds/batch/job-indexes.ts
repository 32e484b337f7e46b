/* Indexes of jobs as text, `1,3-5`: those that have completed or failed, and those that a success policy names. */

type Interval = readonly [first: number, last: number];

/** How many indexes a text has, or what is wrong with it. */
export function countIndexes(text: string, completions: number): number | string {
  if (text === '') return 0;
  let last: number | undefined;
  let total = 0;
  for (const fragment of text.split(',')) {
    const interval = intervalOf(fragment, completions);
    if (typeof interval === 'string') return interval;
    const [from, to] = interval;
    if (last !== undefined && last >= from) return `non-increasing order, previous: ${last}, current: ${from}`;
    total += to - from + 1;
    last = to;
  }
  return total;
}

/** The first index that two texts share; what cannot be read in either is passed over. Both are in increasing order. */
export function sharedIndex(one: string, other: string, completions: number): number | undefined {
  if (one === '' || other === '') return undefined;
  const [left, right] = [one, other].map((text) => text.split(',').flatMap((fragment) => {
    const interval = intervalOf(fragment, completions);
    return typeof interval === 'string' ? [] : [interval];
  }));
  let [i, j] = [0, 0];
  for (;;) {
    const [a, b] = [left?.[i], right?.[j]];
    if (a === undefined || b === undefined) return undefined;
    if (a[0] <= b[1] && b[0] <= a[1]) return Math.max(a[0], b[0]);
    if (a[0] <= b[0]) i++;
    else j++;
  }
}

function intervalOf(fragment: string, completions: number): Interval | string {
  const parts = fragment.split('-');
  if (parts.length > 2) return `the fragment ${JSON.stringify(fragment)} violates the requirement that an index interval can have at most two parts separated by '-'`;
  const numbers: number[] = [];
  for (const part of parts) {
    if (!/^\+?\d{1,10}$/.test(part)) return `cannot convert string to integer for index: ${JSON.stringify(part)}`;
    if (Number(part) >= completions) return `too large index: ${JSON.stringify(part)}`;
    numbers.push(Number(part));
  }
  const [first = 0, last = first] = numbers;
  return parts.length === 2 && first >= last ? `non-increasing order, previous: ${first}, current: ${last}` : [first, last];
}
