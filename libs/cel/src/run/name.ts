/** Words that are no names in the language (Kubernetes, "Escaping" of custom resource validation rules). */
const keywords = new Set(['true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let', 'loop', 'package', 'namespace', 'return', 'var', 'void', 'while']);

const escapes: ReadonlyArray<readonly [plain: string, escaped: string]> = [['__', '__underscores__'], ['.', '__dot__'], ['-', '__dash__'], ['/', '__slash__']];

/** The name by which an expression reaches a property; undefined when it cannot. */
export function escapeName(property: string): string | undefined {
  if (keywords.has(property)) return `__${property}__`;
  if (!/^[A-Za-z_.\-/][A-Za-z0-9_.\-/]*$/.test(property)) return undefined;
  return property.replace(/__|[.\-/]/g, (found) => escapes.find(([plain]) => plain === found)?.[1] ?? found);
}

/** The property behind an escaped name; undefined when nothing is escaped. */
export function unescapeName(name: string): string | undefined {
  if (!name.includes('__')) return undefined;
  const keyword = /^__([a-z]+)__$/.exec(name)?.[1];
  if (keyword !== undefined && keywords.has(keyword)) return keyword;
  return name.replace(/__(underscores|dot|dash|slash)__/g, (found) => escapes.find(([, escaped]) => escaped === found)?.[0] ?? found);
}
