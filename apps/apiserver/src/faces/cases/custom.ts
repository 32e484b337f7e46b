import type { Case } from '../case.ts';

const schema = { type: 'object', properties: { spec: { type: 'object', properties: { size: { type: 'integer', minimum: 1, default: 1 } } }, status: { type: 'object', properties: { ready: { type: 'boolean' } } } } };
const version = (name: string, storage: boolean): object => ({ name, served: true, storage, schema: { openAPIV3Schema: schema }, subresources: { status: {} }, additionalPrinterColumns: [{ name: 'Size', type: 'integer', jsonPath: '.spec.size' }] });
const things = 'faces.example/v1/ns/default/things';
const thing = (name: string, spec: object = {}): object => ({ kind: 'Thing', apiVersion: 'faces.example/v1', metadata: { name }, spec });
const merge = 'application/merge-patch+json';

/** Custom resources in two versions. */
export const customCases: readonly Case[] = [
  { name: 'a definition without a schema', verb: 'create', path: 'apiextensions.k8s.io/v1/customresourcedefinitions', body: { kind: 'CustomResourceDefinition', apiVersion: 'apiextensions.k8s.io/v1', metadata: { name: 'others.faces.example' }, spec: { group: 'faces.example', scope: 'Namespaced', names: { plural: 'others', kind: 'Other' }, versions: [{ name: 'v1', served: true, storage: true }] } }, code: 422, reason: 'Invalid' },
  { name: 'a thing', verb: 'create', path: things, body: thing('t'), code: 201, shows: { spec: { size: 1 } } },
  { name: 'a thing too small', verb: 'create', path: things, body: thing('small', { size: 0 }), code: 422, reason: 'Invalid', shows: { details: { causes: [{ field: 'spec.size' }] } } },
  { name: 'a thing with an unknown field', verb: 'create', path: things, body: thing('odd', { colour: 'red' }), code: 201, warns: ['unknown field "spec.colour"'] },
  { name: 'the thing in the other version', verb: 'get', path: 'faces.example/v1beta1/ns/default/things/t', code: 200, shows: { apiVersion: 'faces.example/v1beta1', spec: { size: 1 } } },
  { name: 'things in a Table', verb: 'list', path: 'faces.example/v1beta1/ns/default/things', accept: 'application/json;as=Table;v=v1;g=meta.k8s.io', code: 200, shows: { kind: 'Table', columnDefinitions: [{}, { name: 'Size' }] } },
  { name: 'its status', verb: 'patch', path: `${things}/t/status`, contentType: merge, body: { status: { ready: true }, spec: { size: 9 } }, code: 200, shows: { spec: { size: 1 }, status: { ready: true } } },
  { name: 'a strategic patch of it', verb: 'patch', path: `${things}/t`, contentType: 'application/strategic-merge-patch+json', body: {}, code: 415, reason: 'UnsupportedMediaType' },
  { name: 'apply it', verb: 'patch', path: `${things}/t`, contentType: 'application/apply-patch+yaml', query: { fieldManager: 'm', force: 'true' }, body: thing('t', { size: 4 }), code: 200, shows: { spec: { size: 4 } } },
  { name: 'it in protobuf', verb: 'get', path: `${things}/t`, accept: 'application/vnd.kubernetes.protobuf', code: 406, reason: 'NotAcceptable' },
  { name: 'watch it', verb: 'watch', path: 'faces.example/v1beta1/things', query: { fieldSelector: 'metadata.name=t' }, events: 1, code: 200, shows: [{ type: 'ADDED', object: { apiVersion: 'faces.example/v1beta1' } }] },
  { name: 'all of it', verb: 'deletecollection', path: things, code: 200 },
];

/** What must be there before. */
export const thingDefinition: object = { kind: 'CustomResourceDefinition', apiVersion: 'apiextensions.k8s.io/v1', metadata: { name: 'things.faces.example' }, spec: { group: 'faces.example', scope: 'Namespaced', names: { plural: 'things', kind: 'Thing' }, versions: [version('v1', true), version('v1beta1', false)] } };
