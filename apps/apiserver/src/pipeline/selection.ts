import { ApiError, parseFieldSelector, parseLabelSelector, SelectorError, type FieldMatcher, type KindDefinition } from '@rhythm/api';
import { listPrefix } from '../registry/keys.ts';
import type { Filter } from '../watch-cache/filter.ts';
import type { RequestOptions } from './types.ts';

const everyKind = ['metadata.name', 'metadata.namespace'];

/**
 * The filter of a list, a watch or a deletecollection. `kind` is the one in whose version objects are stored.
 * @throws ApiError BadRequest for a selector that cannot be read or names a field that the kind does not offer.
 */
export function filterOf(kind: KindDefinition, namespace: string, options: RequestOptions, indexField: string | undefined): Filter {
  const prefix = listPrefix(kind, namespace);
  const { labelSelector, fieldSelector } = options;
  const labels = labelSelector === undefined || labelSelector === '' ? undefined : readable(() => parseLabelSelector(labelSelector));
  const fields = fieldSelector === undefined || fieldSelector === '' ? undefined : readable(() => parseFieldSelector(fieldSelector));
  if (fields !== undefined) checkFields(kind, fields);
  const indexed = indexField === undefined ? undefined : fields?.exact(indexField);
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

function checkFields(kind: KindDefinition, matcher: FieldMatcher): void {
  const offered = new Set(everyKind);
  // An object without anything still has all the fields its kind can select by.
  for (const name of Object.keys(kind.selectableFields?.({ metadata: {} }) ?? {})) offered.add(name);
  for (const { field } of matcher.requirements) {
    if (!offered.has(field)) throw new ApiError('BadRequest', `field label not supported: ${field}`);
  }
}

function readable<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SelectorError) throw new ApiError('BadRequest', error.message, { cause: error });
    throw error;
  }
}
