import { ApiError, fieldMatcher, parseFieldSelector, parseLabelSelector, SelectorError, type FieldMatcher, type KindDefinition } from '@rhythm/api';
import { listPrefix } from '../stored/keys.ts';
import type { Filter } from '../watch-cache/filter.ts';
import type { RequestOptions } from '../ports/types.ts';

const everyKind = ['metadata.name', 'metadata.namespace'];

/**
 * The filter of a list, a watch or a deletecollection. `kind` is the one that is asked for, `stored.kind` the one in whose
 * version the cache holds the objects: fields are named after the first and matched after the second.
 * @throws ApiError BadRequest for a selector that cannot be read or names a field that the kind does not offer.
 */
export function filterOf(kind: KindDefinition, stored: { readonly kind: KindDefinition; readonly indexField?: string | undefined }, namespace: string, options: RequestOptions): Filter {
  const prefix = listPrefix(stored.kind, namespace);
  const { labelSelector, fieldSelector } = options;
  const labels = labelSelector === undefined || labelSelector === '' ? undefined : readable(() => parseLabelSelector(labelSelector));
  const fields = fieldSelector === undefined || fieldSelector === '' ? undefined : storedFields(kind, readable(() => parseFieldSelector(fieldSelector)));
  const indexed = stored.indexField === undefined ? undefined : fields?.exact(stored.indexField);
  return {
    prefix,
    ...(labels === undefined ? {} : { labels: (found) => labels.matches(found) }),
    ...(fields === undefined ? {} : { fields: (found) => fields.matches(found) }),
    ...(indexed === undefined ? {} : { indexed }),
  };
}

/** The one name that a field selector allows; '' when it says nothing of it. Authorisation goes by it. */
export function selectedName(fieldSelector: string | undefined): string {
  if (fieldSelector === undefined || fieldSelector === '') return '';
  try {
    return parseFieldSelector(fieldSelector).exact('metadata.name') ?? '';
  } catch {
    return '';
  }
}

/** Checks what a selector asks for, and says it in the names of the stored version. */
function storedFields(kind: KindDefinition, matcher: FieldMatcher): FieldMatcher {
  const offered = new Set(everyKind);
  // An object without anything still has all the fields its kind can select by.
  for (const name of Object.keys(kind.selectableFields?.({ metadata: {} }) ?? {})) offered.add(name);
  for (const { field } of matcher.requirements) {
    if (!offered.has(field)) throw new ApiError('BadRequest', `field label not supported: ${field}`);
  }
  const names = kind.storedAs?.storedFields;
  if (names === undefined) return matcher;
  return fieldMatcher(matcher.requirements.map((requirement) => ({ ...requirement, field: Object.hasOwn(names, requirement.field) ? (names[requirement.field] ?? '') : requirement.field })));
}

function readable<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SelectorError) throw new ApiError('BadRequest', error.message, { cause: error });
    throw error;
  }
}
