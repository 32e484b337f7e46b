/** The schema table as compact data; libs/api/src/schema/table.ts says what each place means and turns it into nodes. */
import type { Field, FieldFacts, ProtoFile } from './k8s-descriptors.ts';

const scalars = ['string', 'bytes', 'bool', 'int32', 'int64', 'uint32', 'uint64', 'double', 'float'];
const labels = ['optional', 'repeated', 'map'];

/** The module that holds the table as one JSON text: parsing it costs a fraction of evaluating a literal. */
export function tableOf(files: readonly ProtoFile[]): string {
  const index = new Map<string, number>();
  for (const file of files) for (const m of file.messages) index.set(`${m.packageName}.${m.name}`, index.size);
  const extras = new Map<string, number>();
  const packages = files.map((f) => [f.packageName, f.group ?? null, f.version]);
  const messages = files.flatMap((file, at) =>
    file.messages.map((m) => {
      const flags = (m.typeMeta ? 1 : 0) + (m.kind ? 2 : 0) + (m.jsonOnly ? 4 : 0);
      return [at, m.name, m.form === 'OBJECT' ? 0 : m.form, flags, m.fields.map((f) => fieldRow(f, index, extras))];
    }),
  );
  const data = JSON.stringify({ packages, extras: [...extras.keys()].map((e) => JSON.parse(e) as unknown), messages });
  return `// Generated from proto/k8s. Do not edit.\nexport const schemaTable: string =\n  '${data.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}';\n`;
}

function fieldRow(field: Field, index: ReadonlyMap<string, number>, extras: Map<string, number>): unknown[] {
  const { facts } = field;
  const type = field.isMessage ? (index.get(field.type) ?? fail(field.type)) : -1 - scalars.indexOf(field.type);
  const flags =
    labels.indexOf(field.label) +
    (facts.pointer === true ? 4 : 0) +
    (facts.always === true ? 8 : 0) +
    (facts.omitZero === true ? 16 : 0) +
    (facts.inline === true ? 32 : 0) +
    (facts.required === undefined ? 0 : 64);
  const row: unknown[] = [field.json, field.number, type, flags];
  const extra = JSON.stringify(extrasOf(facts));
  if (extra === '{}') return row;
  if (!extras.has(extra)) extras.set(extra, extras.size);
  return [...row, extras.get(extra)];
}

function extrasOf(facts: FieldFacts): Record<string, unknown> {
  const { patchStrategy, mergeKey, listType, listMapKeys, mapType, immutable, minLength, maxLength, maxItems, pattern } = facts;
  const bounds = {
    ...(facts.minimum === undefined ? {} : { minimum: Number(facts.minimum) }),
    ...(facts.maximum === undefined ? {} : { maximum: Number(facts.maximum) }),
    minLength,
    maxLength,
    maxItems,
    pattern,
  };
  return {
    patchStrategy,
    patchMergeKey: mergeKey,
    listType,
    listMapKeys,
    mapType,
    ...(facts.default === undefined ? {} : { default: JSON.parse(facts.default) as unknown }),
    enum: facts.enum,
    ...(JSON.stringify(bounds) === '{}' ? {} : { bounds }),
    immutable,
  };
}

function fail(name: string): never {
  throw new Error(`no message ${name}`);
}
