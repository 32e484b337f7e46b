/** Which of Kubernetes' defaults are constant and unconditional, so that they can stand on a field of the schema. */

export type Row = Readonly<Record<string, string>>;

/** Defaults that only a create strategy or an admission step applies: not a matter of decoding. */
const decoders = /defaults\.go/;

/** Constant, but whether it was absent decides over a neighbour too: the kind's own file fills these in. */
const withNeighbours = new Set(['StatefulSet spec.updateStrategy.type']);

/** Constant defaults as JSON text, by `package.Message.field`. */
export function constantDefaults(fields: readonly Row[], defaults: readonly Row[], groups: ReadonlyMap<string, string>): Map<string, string> {
  const found = new Map<string, string>();
  for (const row of fields) {
    const marker = row['default'] ?? '';
    if (marker !== '') put(found, row, marker.split('","')[0] === '"' ? '""' : marker);
  }
  for (const row of defaults) {
    if (!/^(absent|0 or absent|empty|0)( \(.*\)|; every PodSpec.*)?$/.test(row['condition'] ?? '')) continue;
    if (!decoders.test(row['source'] ?? '') || /^[=+]|not set|removed|\[name of|^now/.test(row['default'] ?? '')) continue;
    if (withNeighbours.has(`${row['kind']} ${row['field_path']}`)) continue;
    const path = resolve(fields, row, groups);
    const target = path?.at(-1);
    if (path === undefined || target === undefined) continue;
    put(found, target, literal(row['default'] ?? '', target));
    for (const step of path.slice(0, -1)) if (step['go_presence'] === 'pointer') put(found, step, '{}');
  }
  return found;
}

function put(found: Map<string, string>, row: Row, json: string): void {
  const vanishes = row['go_presence'] === 'value' && row['omitempty'] === 'omitempty' && ['""', '0', 'false'].includes(json);
  if (!vanishes) found.set(`${row['proto_package']}.${row['message']}.${row['field_json_name']}`, json);
}

function literal(text: string, target: Row): string {
  if (/^[[{]/.test(text) || text === '""') return text.replace(/([A-Za-z]+)/g, '"$1"').replace(/""+/g, '"').replace(/^"$/, '""');
  const number = text.replace(/ .*$/, '');
  if (/^(int32|int64)$/.test(target['proto_type'] ?? '')) return number;
  if (target['proto_type'] === 'bool') return text;
  return target['proto_type']?.endsWith('IntOrString') === true && /^\d+$/.test(text) ? text : JSON.stringify(text);
}

/** The fields along a path, unless a type on the way also serves others, to which the default must not leak. */
function resolve(fields: readonly Row[], row: Row, groups: ReadonlyMap<string, string>): Row[] | undefined {
  const home = [...groups].find(([name, group]) => group === row['group'] && name.endsWith(`.${row['version']}`))?.[0];
  let message = row['kind'] ?? '';
  const path: Row[] = [];
  for (const [index, step] of (row['field_path'] ?? '').replaceAll('[*]', '').split('.').entries()) {
    if (index > 0 && users(fields, home ?? '', message) > 1) return undefined;
    const at = fields.find((f) => f['proto_package'] === home && f['message'] === message && f['field_json_name'] === step);
    if (at === undefined) return undefined;
    path.push(at);
    message = at['proto_type'] ?? '';
  }
  return path;
}

function users(fields: readonly Row[], home: string, message: string): number {
  return fields.filter((f) => (f['proto_package'] === home && f['proto_type'] === message) || f['proto_type'] === `${home}.${message}`).length;
}
