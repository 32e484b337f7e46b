/**
 * Messages that are owned and replaced as a whole, of which there are only lists: at a field the table says so (`mapType`), for the
 * elements of a list it has no place to. In a list that is told apart by keys (owner references, variables of policies) each item is
 * one value then, and its owner is the owner of the item.
 */
export const atomicElements: ReadonlySet<string> = new Set([
  'k8s.io.api.admissionregistration.v1.NamedRuleWithOperations',
  'k8s.io.api.admissionregistration.v1.Variable',
  'k8s.io.api.core.v1.EndpointAddress',
  'k8s.io.api.core.v1.EndpointPort',
  'k8s.io.api.core.v1.TopologySelectorTerm',
  'k8s.io.api.discovery.v1.EndpointPort',
  'k8s.io.api.rbac.v1.Subject',
  'k8s.io.apimachinery.pkg.apis.meta.v1.OwnerReference',
]);
