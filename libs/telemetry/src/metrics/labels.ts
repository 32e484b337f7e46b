/** Names of a metric's labels, in the order in which their values are given. */
export type LabelNames = readonly string[];

/** Longest label value that is kept: values may come from callers. */
const valueLengthMax = 200;

/** `a="1",b="2"`, escaped as Prometheus wants it. */
export function labelText(names: LabelNames, values: readonly string[]): string {
  return names.map((name, at) => `${name}="${escaped((values[at] ?? '').slice(0, valueLengthMax))}"`).join(',');
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
