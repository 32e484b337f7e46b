import type { Case } from '../case.ts';

const secrets = 'v1/ns/default/secrets';
const secret = (name: string, tier: string): object => ({ kind: 'Secret', apiVersion: 'v1', metadata: { name, labels: { tier } }, type: 'Opaque' });
const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const partial = (kind: string): string => `application/json;as=${kind};v=v1;g=meta.k8s.io`;

/** Lists, pages, watches, and the forms in which they come. */
export const listCases: readonly Case[] = [
  ...['a', 'b', 'c', 'd', 'e'].map((name, at): Case => ({ name: `secret ${name}`, verb: 'create', path: secrets, body: secret(name, at % 2 === 0 ? 'even' : 'odd'), code: 201 })),
  { name: 'list', verb: 'list', path: secrets, code: 200, shows: { kind: 'SecretList', items: [{}, {}, {}, {}, {}] } },
  { name: 'list everywhere', verb: 'list', path: 'v1/secrets', code: 200 },
  { name: 'list by label', verb: 'list', path: secrets, query: { labelSelector: 'tier in (odd)' }, code: 200, shows: { items: [{ metadata: { name: 'b' } }, { metadata: { name: 'd' } }] } },
  { name: 'list by field', verb: 'list', path: secrets, query: { fieldSelector: 'type=Opaque,metadata.name!=a' }, code: 200 },
  { name: 'list by a broken label', verb: 'list', path: secrets, query: { labelSelector: 'a=(' }, code: 400, reason: 'BadRequest' },
  { name: 'list by an unknown field', verb: 'list', path: secrets, query: { fieldSelector: 'data.x=1' }, code: 400, reason: 'BadRequest' },
  { name: 'page 1', verb: 'list', path: secrets, query: { limit: '2' }, code: 200, shows: { metadata: { remainingItemCount: 3 }, items: [{}, {}] } },
  { name: 'page 2', verb: 'list', path: secrets, query: (earlier) => ({ limit: '2', continue: String(earlier('page 1').metadata['continue']) }), code: 200, shows: { items: [{ metadata: { name: 'c' } }, {}] } },
  { name: 'a page of nothing', verb: 'list', path: secrets, query: { limit: '2', continue: 'nonsense' }, code: 400, reason: 'BadRequest' },
  { name: 'a page with a version', verb: 'list', path: secrets, query: (earlier) => ({ continue: String(earlier('page 1').metadata['continue']), resourceVersion: '5' }), code: 400, reason: 'BadRequest' },
  { name: 'a limit that is none', verb: 'list', path: secrets, query: { limit: 'x' }, code: 400, reason: 'BadRequest' },
  { name: 'list from the cache', verb: 'list', path: secrets, query: { resourceVersion: '0' }, code: 200 },
  { name: 'list not older', verb: 'list', path: secrets, query: (earlier) => ({ resourceVersion: String(earlier('list').metadata['resourceVersion']), resourceVersionMatch: 'NotOlderThan' }), code: 200 },
  { name: 'list exactly then', verb: 'list', path: secrets, query: (earlier) => ({ resourceVersion: String(earlier('secret b').metadata['resourceVersion']), resourceVersionMatch: 'Exact' }), code: 200, shows: { items: [{}, {}] } },
  { name: 'a match without a version', verb: 'list', path: secrets, query: { resourceVersionMatch: 'Exact' }, code: 422, reason: 'Invalid' },
  { name: 'a match of no kind', verb: 'list', path: secrets, query: { resourceVersion: '1', resourceVersionMatch: 'Near' }, code: 422, reason: 'Invalid' },
  { name: 'exactly at 0', verb: 'list', path: secrets, query: { resourceVersion: '0', resourceVersionMatch: 'Exact' }, code: 422, reason: 'Invalid' },
  { name: 'exactly at what was forgotten', verb: 'list', path: secrets, query: { resourceVersion: '1', resourceVersionMatch: 'Exact' }, code: 410, reason: 'Expired' },
  { name: 'a page with a match', verb: 'list', path: secrets, query: (earlier) => ({ continue: String(earlier('page 1').metadata['continue']), resourceVersionMatch: 'Exact' }), code: 422, reason: 'Invalid', shows: { details: { causes: [{ field: 'resourceVersionMatch', message: 'Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided' }, { field: 'resourceVersionMatch', message: 'Forbidden: resourceVersionMatch is forbidden when continue is provided' }] } } },
  { name: 'exactly in the future', verb: 'list', path: secrets, query: { resourceVersion: '99999999', resourceVersionMatch: 'Exact' }, code: 504, reason: 'Timeout', shows: { details: { retryAfterSeconds: 1, causes: [{ reason: 'ResourceVersionTooLarge' }] } } },
  { name: 'initial events of a list', verb: 'list', path: secrets, query: { sendInitialEvents: 'true' }, code: 422, reason: 'Invalid' },
  { name: 'list a Table', verb: 'list', path: secrets, accept: table, code: 200, shows: { kind: 'Table', rows: [{}, {}, {}, {}, {}] } },
  { name: 'a Table with objects', verb: 'get', path: `${secrets}/a`, accept: table, query: { includeObject: 'Object' }, code: 200, shows: { rows: [{ object: { kind: 'Secret' } }] } },
  { name: 'list of metadata', verb: 'list', path: secrets, accept: partial('PartialObjectMetadataList'), code: 200, shows: { kind: 'PartialObjectMetadataList' } },
  { name: 'metadata', verb: 'get', path: `${secrets}/a`, accept: partial('PartialObjectMetadata'), code: 200, shows: { kind: 'PartialObjectMetadata' } },
  { name: 'list of metadata in protobuf', verb: 'list', path: 'v1/ns/default/podtemplates', accept: 'application/vnd.kubernetes.protobuf;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io', code: 200 },
  { name: 'YAML', verb: 'get', path: 'v1/ns/default/secrets/zzz', accept: 'application/yaml', code: 404, reason: 'NotFound' },
  { name: 'CBOR', verb: 'get', path: `${secrets}/a`, accept: 'application/cbor', code: 406, reason: 'NotAcceptable' },
  { name: 'CBOR or else JSON', verb: 'get', path: `${secrets}/a`, accept: 'application/cbor, application/json', code: 200 },

  { name: 'watch from the beginning', verb: 'watch', path: secrets, events: 5, code: 200, shows: Array.from({ length: 5 }, () => ({ type: 'ADDED' })) },
  { name: 'watch from a version', verb: 'watch', path: secrets, query: (earlier) => ({ resourceVersion: String(earlier('secret b').metadata['resourceVersion']), labelSelector: 'tier=odd' }), events: 1, code: 200, shows: [{ type: 'ADDED', object: { metadata: { name: 'd' } } }] },
  { name: 'watch with the state first', verb: 'watch', path: secrets, query: { sendInitialEvents: 'true', resourceVersionMatch: 'NotOlderThan', allowWatchBookmarks: 'true' }, events: 6, code: 200, shows: [{}, {}, {}, {}, {}, { type: 'BOOKMARK', object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } } }] },
  { name: 'watch with the state first but no match', verb: 'watch', path: secrets, query: { sendInitialEvents: 'true' }, code: 422, reason: 'Invalid' },
  { name: 'watch with the state first but another match', verb: 'watch', path: secrets, query: { sendInitialEvents: 'true', resourceVersionMatch: 'Exact' }, code: 422, reason: 'Invalid', shows: { details: { causes: [{ reason: 'FieldValueForbidden' }, { reason: 'FieldValueNotSupported' }] } } },
  { name: 'watch with a match alone', verb: 'watch', path: secrets, query: { resourceVersionMatch: 'NotOlderThan' }, code: 422, reason: 'Invalid' },
  { name: 'watch from what was forgotten', verb: 'watch', path: secrets, query: { resourceVersion: '1' }, code: 200, shows: [{ type: 'ERROR', object: { code: 410, reason: 'Expired' } }] },
  { name: 'watch until the time is over', verb: 'watch', path: 'v1/ns/default/podtemplates', query: { timeoutSeconds: '1' }, code: 200, shows: [] },
  { name: 'watch as Tables', verb: 'watch', path: secrets, accept: table, events: 2, code: 200, shows: [{ object: { kind: 'Table', columnDefinitions: [{}, {}, {}, {}] } }, { object: { columnDefinitions: [] } }] },
  { name: 'watch in YAML', verb: 'watch', path: secrets, accept: 'application/yaml', code: 406, reason: 'NotAcceptable' },
  { name: 'watch a deprecated kind', verb: 'watch', path: 'v1/ns/default/endpoints', query: { fieldSelector: 'metadata.name=old' }, events: 1, code: 200, warns: ['v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice'] },
  { name: 'watch what cannot be watched', verb: 'watch', path: 'authorization.k8s.io/v1/selfsubjectaccessreviews', code: 405, reason: 'MethodNotAllowed' },
];
