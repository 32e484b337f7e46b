import type { EndpointSlice } from '../../gen/types/discovery-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { firstOf } from '../first-of.ts';
import { validateEndpointSlice, validateEndpointSliceUpdate } from './validation.ts';

export const endpointSlice = defineKind<EndpointSlice>({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  namespaced: true,
  generationFields: ['addressType', 'endpoints', 'ports', 'metadata.labels'],
  validate: validateEndpointSlice,
  validateUpdate: validateEndpointSliceUpdate,
  columns: [nameColumn, column('AddressType'), column('Ports'), column('Endpoints'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', object.addressType, portsText(object), firstOf((object.endpoints ?? []).flatMap((e) => e.addresses), '<unset>'), age(object, now)],
});

function portsText(object: EndpointSlice): string {
  return firstOf((object.ports ?? []).map((p) => (p.port === undefined ? (p.name ?? '*') : String(p.port))), '<unset>');
}
