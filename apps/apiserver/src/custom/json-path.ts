/** A compiled path into a JSON value. */
export type JsonPath = (value: unknown) => unknown[];

type Step = (values: readonly unknown[]) => unknown[];

const lengthMax = 1024;

/**
 * A path as columns and scale subresources name it: `.spec.replicas`, `.status.conditions[?(@.type=="Ready")].status`,
 * `.metadata.annotations['a.b/c']`, `.items[0]`, `.items[*].name` (Kubernetes' JSONPath without templates, ranges and
 * recursive descent). Undefined when it is none.
 */
export function jsonPath(text: string): JsonPath | undefined {
  if (text.length > lengthMax) return undefined;
  const steps: Step[] = [];
  let rest = text.startsWith('.') || text.startsWith('[') ? text : `.${text}`;
  while (rest !== '') {
    const found = stepOf(rest);
    if (found === undefined) return undefined;
    steps.push(found.step);
    rest = rest.slice(found.length);
  }
  return (value) => steps.reduce<unknown[]>((values, step) => step(values), [value]);
}

/** `.a.b` as its fields; undefined for paths with anything else. */
export function simplePath(text: string): readonly string[] | undefined {
  return /^(?:\.[A-Za-z_][A-Za-z0-9_-]*)+$/.test(text) ? text.slice(1).split('.') : undefined;
}

function stepOf(text: string): { readonly step: Step; readonly length: number } | undefined {
  const field = /^\.((?:\\.|[^.[\]\\\s])+)/.exec(text);
  if (field !== null) return { step: fieldStep((field[1] ?? '').replace(/\\(.)/g, '$1')), length: field[0].length };
  const quoted = /^\.?\[(['"])((?:\\.|(?!\1).)*)\1\]/.exec(text);
  if (quoted !== null) return { step: fieldStep((quoted[2] ?? '').replace(/\\(.)/g, '$1')), length: quoted[0].length };
  const index = /^\.?\[(-?\d{1,9})\]/.exec(text);
  if (index !== null) return { step: (values) => each(values, (value) => (Array.isArray(value) ? defined(value.at(Number(index[1]))) : [])), length: index[0].length };
  const all = /^\.?\[\*\]/.exec(text);
  if (all !== null) return { step: (values) => each(values, membersOf), length: all[0].length };
  const filter = /^\.?\[\?\(\s*@((?:\.[^\s=!<>()]+)+)\s*(==|!=|<=|>=|<|>)?\s*(?:"([^"]*)"|'([^']*)'|(-?\d+(?:\.\d+)?|true|false))?\s*\)\]/.exec(text);
  if (filter === null) return undefined;
  const inner = jsonPath(filter[1] ?? '');
  if (inner === undefined) return undefined;
  const wanted = filter[3] ?? filter[4] ?? literal(filter[5]);
  const test = comparison(filter[2], wanted);
  return { step: (values) => each(values, (value) => membersOf(value).filter((member) => inner(member).some(test))), length: filter[0].length };
}

function fieldStep(name: string): Step {
  if (name === '*') return (values) => each(values, membersOf);
  return (values) => each(values, (value) => (isRecord(value) && Object.hasOwn(value, name) ? defined(value[name]) : []));
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value);
const defined = (value: unknown): unknown[] => (value === undefined || value === null ? [] : [value]);

function each(values: readonly unknown[], step: (value: unknown) => readonly unknown[]): unknown[] {
  return values.flatMap((value) => step(value));
}

function membersOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  return isRecord(value) ? Object.values(value) : [];
}

function literal(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  return text === 'true' || text === 'false' ? text === 'true' : Number(text);
}

function comparison(operator: string | undefined, wanted: unknown): (value: unknown) => boolean {
  const order = (value: unknown): number => (typeof value === 'number' && typeof wanted === 'number' ? value - wanted : typeof value === 'string' && typeof wanted === 'string' ? (value < wanted ? -1 : value > wanted ? 1 : 0) : Number.NaN);
  switch (operator) {
    case undefined:
      return (value) => value !== undefined;
    case '==':
      return (value) => value === wanted;
    case '!=':
      return (value) => value !== wanted;
    case '<':
      return (value) => order(value) < 0;
    case '<=':
      return (value) => order(value) <= 0;
    case '>':
      return (value) => order(value) > 0;
    default:
      return (value) => order(value) >= 0;
  }
}
