import { ApiError } from '../status.ts';
import type { FieldSet } from './field-set.ts';
import type { Manager } from './managed-fields.ts';
import { pathsOf } from './path-element.ts';

/** Fields that an apply would change while another manager owns them. */
export interface Conflict {
  readonly manager: Manager;
  readonly fields: FieldSet;
}

/** An apply that others' ownership forbids: 409, naming every field and its owner. `force` would take them. */
export class ApplyConflict extends ApiError {
  readonly conflicts: readonly Conflict[];

  constructor(conflicts: readonly Conflict[]) {
    const found = conflicts.flatMap(({ manager, fields }) => pathsOf(fields).map((path) => ({ owner: ownerText(manager), path })));
    const causes = found.map(({ owner, path }) => ({ reason: 'FieldManagerConflict', message: `conflict with ${owner}`, field: path }));
    super('Conflict', messageOf(found), { details: { causes } });
    this.conflicts = conflicts;
  }
}

function messageOf(found: readonly { readonly owner: string; readonly path: string }[]): string {
  const [only] = found;
  if (found.length === 1 && only !== undefined) return `Apply failed with 1 conflict: conflict with ${only.owner}: ${only.path}`;
  const byOwner = new Map<string, string[]>();
  for (const { owner, path } of found) {
    const paths = byOwner.get(owner);
    if (paths === undefined) byOwner.set(owner, [path]);
    else paths.push(path);
  }
  const lines = [...byOwner].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([owner, paths]) => [`conflicts with ${owner}:`, ...paths.map((path) => `- ${path}`)]);
  return `Apply failed with ${found.length} conflicts: ${lines.join('\n')}`;
}

function ownerText({ manager, operation, apiVersion, subresource }: Manager): string {
  const name = `${JSON.stringify(manager)}${subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`}`;
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}
