/**
 * The JSON in which objects are stored: `{"kind":…,"apiVersion":…,"metadata":{` first, and no resourceVersion, so that the revision
 * can be spliced in by position. The object is not changed.
 */
export function canonicalJson(object: { readonly kind?: unknown; readonly apiVersion?: unknown; readonly metadata?: unknown }): string {
  const { kind, apiVersion, metadata, ...rest } = object;
  const plain: object = typeof metadata === 'object' && metadata !== null ? metadata : {};
  const stored = 'resourceVersion' in plain ? { ...plain, resourceVersion: undefined } : plain;
  const head = `{"kind":${JSON.stringify(kind ?? '')},"apiVersion":${JSON.stringify(apiVersion ?? '')},"metadata":${JSON.stringify(stored)}`;
  const tail = JSON.stringify(rest);
  return tail === '{}' ? `${head}}` : `${head},${tail.slice(1)}`;
}
