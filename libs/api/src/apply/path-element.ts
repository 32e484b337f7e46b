import { hasItself, itself, type FieldSet } from './field-set.ts';

/** `f:name`. */
export function fieldElement(name: string): string {
  return `f:${name}`;
}

/** `v:"x"`: an item of a set. */
export function valueElement(value: string | number | boolean): string {
  return `v:${JSON.stringify(value)}`;
}

/** `k:{"name":"x"}`: an item of an associative list, its keys in the order of their names. */
export function keyElement(keys: ReadonlyArray<readonly [name: string, value: string | number | boolean]>): string {
  const [first] = keys;
  if (keys.length === 1 && first !== undefined) return `k:{${JSON.stringify(first[0])}:${JSON.stringify(first[1])}}`;
  const inOrder = [...keys].sort(([a], [b]) => (a < b ? -1 : 1));
  return `k:{${inOrder.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',')}}`;
}

/** How messages name an element: `.spec`, `[name="x"]`, `[="x"]`, `[0]`. */
export function elementText(element: string): string {
  const text = element.slice(2);
  switch (element[0]) {
    case 'f':
      return `.${text}`;
    case 'k':
      return `[${keyText(text)}]`;
    case 'v':
      return `[=${text}]`;
    default:
      return `[${text}]`;
  }
}

function keyText(json: string): string {
  try {
    return Object.entries(JSON.parse(json) as Record<string, unknown>)
      .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
      .join(',');
  } catch {
    return json;
  }
}

/** Every path that is in the set, as messages name it, in the set's order. */
export function pathsOf(set: FieldSet): string[] {
  const paths: string[] = [];
  const walk = (members: FieldSet, path: string): void => {
    for (const key of Object.keys(members).sort()) {
      const inner = members[key];
      if (key === itself || inner === undefined) continue;
      const at = `${path}${elementText(key)}`;
      if (hasItself(inner)) paths.push(at);
      walk(inner, at);
    }
  };
  walk(set, '');
  return paths;
}
