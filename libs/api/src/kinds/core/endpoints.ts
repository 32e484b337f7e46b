import type { Endpoints } from '../../gen/types/core-v1.ts';
import { age, ageColumn, column, nameColumn } from '../columns.ts';
import { defineKind } from '../define-kind.ts';
import { firstOf } from '../first-of.ts';
import { validateEndpoints } from './endpoints-validation.ts';

export const endpoints = defineKind<Endpoints>({
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  listKind: 'EndpointsList',
  shortNames: ['ep'],
  namespaced: true,
  storageVersionHash: 'fWeeMqaN/OA=',
  storagePrefix: 'services/endpoints',
  validate: validateEndpoints,
  columns: [nameColumn, column('Endpoints'), ageColumn],
  cells: (object, now) => [object.metadata.name ?? '', firstOf(addresses(object), '<none>'), age(object, now)],
});

/** `ip:port` of every ready address and port, `ip` where there is no port. */
function addresses(object: Endpoints): string[] {
  return (object.subsets ?? []).flatMap((subset) => {
    const ips = (subset.addresses ?? []).map((a) => a.ip);
    const ports = subset.ports ?? [];
    return ports.length === 0 ? ips : ports.flatMap((p) => ips.map((ip) => `${ip.includes(':') ? `[${ip}]` : ip}:${p.port}`));
  });
}
