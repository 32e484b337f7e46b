import type { KindDefinition } from '@rhythm/api';

/** Kinds that Kubernetes tells every caller to leave. */
const texts: ReadonlyMap<string, string> = new Map([
  ['v1 Endpoints', 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice'],
  ['v1 ComponentStatus', 'v1 ComponentStatus is deprecated in v1.19+'],
]);

/** The warning that belongs to every call on a kind. */
export function deprecationOf({ group, version, kind, deprecation }: KindDefinition): string | undefined {
  return deprecation ?? texts.get(`${group === '' ? version : `${group}/${version}`} ${kind}`);
}
