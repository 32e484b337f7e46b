import { createRules, defaultRules, statusRules, updateRules } from './testing.ts';

const names = { plural: 'widgets', kind: 'Widget' };
const spec = { type: 'object', properties: { a: { type: 'string' }, n: { type: 'integer' }, l: { type: 'array', items: { type: 'string' } } } };
const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', properties: { spec } } } };
const good = { metadata: { name: 'widgets.example.com' }, spec: { group: 'example.com', scope: 'Namespaced', names, versions: [version] } };
const v = 'spec.versions[0]';
const root = `${v}.schema.openAPIV3Schema`;
const p = `${root}.properties[x]`;
/** A property of the given schema. */
const x = (schema: object): Record<string, unknown> => ({ [`${root}.properties.x`]: schema });
const listOf = (items: object, more: object): Record<string, unknown> => x({ type: 'array', items, ...more });
const map = { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['k'] };
const of = 'apiextensions.k8s.io/v1 CustomResourceDefinition';

createRules(of, good, [
  ['spec.group', { 'spec.group': 'example', 'metadata.name': 'widgets.example' }, 'spec.group: Invalid value: "example": should be a domain with at least one dot'],
  ['spec.scope', { 'spec.scope': 'X' }, 'spec.scope: Unsupported value: "X": supported values: "Cluster", "Namespaced"'],
  ['spec.versions', { 'spec.versions[1]': { ...version, name: 'v1', storage: false } }, 'spec.versions[1]: Invalid value: "v1": must contain unique version names'],
  ['spec.versions', { 'spec.versions[1]': { ...version, name: 'v2' } }, 'spec.versions: Invalid value: ["v1","v2"]: must have exactly one version marked as storage version'],
  ['spec.versions', { 'spec.versions[1]': { ...version, name: '2', storage: false } }, 'spec.versions[1].name: Invalid value: "2": a DNS-1035 label'],
  ['spec.versions[*].schema.openAPIV3Schema', { [`${v}.schema`]: {} }, `${root}: Required value: schemas are required`],
  ['spec.preserveUnknownFields', { 'spec.preserveUnknownFields': true }, 'spec.preserveUnknownFields: Invalid value: true: cannot set to true'],
  ['spec.versions[*].deprecationWarning', { [`${v}.deprecationWarning`]: 'w' }, `${v}.deprecationWarning: Invalid value: "w": can only be set for deprecated versions`],
  ['spec.versions[*].deprecationWarning', { [`${v}.deprecated`]: true, [`${v}.deprecationWarning`]: 'a\nb' }, `${v}.deprecationWarning: Invalid value: "a\\nb": must only contain printable UTF-8 characters; non-printable character found at index 1`],
  ['spec.versions[*].deprecationWarning', { [`${v}.deprecated`]: true, [`${v}.deprecationWarning`]: 'a'.repeat(257) }, `${v}.deprecationWarning: Invalid value: `],
  ['spec.versions[*].additionalPrinterColumns[*]', { [`${v}.additionalPrinterColumns`]: [{ name: '', type: 'x', format: 'x', jsonPath: '' }] }, `${v}.additionalPrinterColumns[0].name: Required value`, `${v}.additionalPrinterColumns[0].type: Invalid value: "x": must be one of boolean,date,integer,number,string`, `${v}.additionalPrinterColumns[0].format: Invalid value: "x": must be one of`, `${v}.additionalPrinterColumns[0].jsonPath: Required value`],
  ['spec.versions[*].selectableFields', { [`${v}.selectableFields`]: [{ jsonPath: '.spec.a' }, { jsonPath: '.spec.a' }, { jsonPath: '.spec.l' }, { jsonPath: '.spec.__proto__' }, { jsonPath: '.metadata.name' }] }, `${v}.selectableFields[1].jsonPath: Duplicate value: ".spec.a"`, `${v}.selectableFields[2].jsonPath: Invalid value: ".spec.l": must point to a field of type string`, `${v}.selectableFields[3].jsonPath: Invalid value: `, `${v}.selectableFields[4].jsonPath: Invalid value: `],
  ['spec.names.plural, singular', { 'spec.names.singular': 'Widget' }, 'spec.names.singular: Invalid value: "Widget": a DNS-1035 label'],
  ['spec.names.plural, singular', { 'spec.names.kind': '1A' }, 'spec.names.singular: Invalid value: "1a"', 'spec.names.kind: Invalid value: "1A": may have mixed case, but should otherwise match: a DNS-1035 label', 'spec.names.listKind: Invalid value: "1AList"'],
  ['spec.names.plural, singular', { 'spec.names.listKind': 'Widget' }, 'spec.names.listKind: Invalid value: "Widget": kind and listKind may not be the same'],
  ['spec.names.shortNames[*], categories[*]', { 'spec.names.shortNames': ['A'], 'spec.names.categories': ['a', '-'] }, 'spec.names.shortNames[0]: Invalid value: "A"', 'spec.names.categories[1]: Invalid value: "-"'],
  ['spec.conversion.strategy', { 'spec.conversion': { strategy: 'X' } }, 'spec.conversion.strategy: Unsupported value: "X": supported values: "None", "Webhook"'],
  ['spec.conversion.webhook', { 'spec.conversion': { strategy: 'Webhook' } }, 'spec.conversion.webhook.clientConfig: Required value: required when strategy is set to Webhook'],
  ['spec.conversion.webhook', { 'spec.conversion': { strategy: 'None', webhook: { conversionReviewVersions: ['v1'] } } }, 'spec.conversion.webhook: Forbidden: should not be set when strategy is not set to Webhook'],
  ['spec.conversion.webhook', { 'spec.conversion': { strategy: 'Webhook', webhook: { clientConfig: {}, conversionReviewVersions: ['v2', 'v2'] } } }, 'spec.conversion.webhook.clientConfig: Required value: exactly one of url or service is required', 'spec.conversion.webhook.conversionReviewVersions[1]: Duplicate value: "v2"', 'spec.conversion.webhook.conversionReviewVersions: Invalid value: ["v2","v2"]: must include at least one of v1, v1beta1'],
], 'CustomResourceDefinition');

createRules(of, good, [
  ['schema', { [`${root}.type`]: 'array' }, `${root}.type: Invalid value: "array": must be object at the root`],
  ['schema', { [`${root}.type`]: undefined }, `${root}.type: Required value: must not be empty at the root`],
  ['schema', x({}), `${p}.type: Required value: must not be empty for specified object fields`],
  ['schema', listOf({}, {}), `${p}.items.type: Required value: must not be empty for specified array items`],
  ['schema', x({ 'x-kubernetes-preserve-unknown-fields': true })],
  ['schema', x({ 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }] })],
  ['schema', x({ type: 'string', 'x-kubernetes-int-or-string': true }), `${p}.type: Forbidden: must be empty if x-kubernetes-int-or-string is true`],
  ['schema', x({ type: 'file' }), `${p}.type: Unsupported value: "file": supported values: "array", "boolean"`],
  ['schema', x({ type: 'string', pattern: '(' }), `${p}.pattern: Invalid value: "(": must be a valid regular expression`],
  ['schema', x({ type: 'object', $ref: '#/a' }), `${p}.$ref: Forbidden: $ref is not supported`],
  ['schema', listOf({ type: 'string' }, { uniqueItems: true }), `${p}.uniqueItems: Forbidden: uniqueItems cannot be set to true`],
  ['schema', x({ type: 'object', additionalProperties: false }), `${p}.additionalProperties: Forbidden: additionalProperties cannot be set to false`],
  ['schema', x({ type: 'object', additionalProperties: { type: 'string' }, properties: { a: { type: 'string' } } }), `${p}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`],
  ['schema', x({ type: 'object', 'x-kubernetes-preserve-unknown-fields': false }), `${p}.x-kubernetes-preserve-unknown-fields: Invalid value: false: must be true or undefined`],
  ['schema', x({ type: 'object', 'x-kubernetes-embedded-resource': true }), `${p}.properties: Required value: must not be empty if x-kubernetes-embedded-resource is true`],
  ['schema', x({ type: 'string', 'x-kubernetes-map-type': 'x' }), `${p}.type: Invalid value: "string": must be object if x-kubernetes-map-type is specified`, `${p}.x-kubernetes-map-type: Unsupported value: "x"`],
  ['schema', { [`${root}.properties.metadata`]: { type: 'object', properties: { name: { type: 'string', pattern: '^a' } } } }],
  ['schema', { [`${root}.properties.metadata`]: { type: 'object', properties: { labels: { type: 'object' } } } }, `${root}.properties[metadata]: Forbidden: must not specify anything other than name and generateName`],
  ['schema', x({ type: 'object', properties: { a: { type: 'string' } }, allOf: [{ properties: { a: { minLength: 1 } } }] })],
  ['schema', x({ type: 'object', anyOf: [{ properties: { b: { minLength: 1 } } }] }), `${p}.properties[b]: Required value: because it is defined in ${p}.anyOf[0].properties[b]`],
  ['schema', x({ type: 'string', not: { type: 'string', nullable: true, default: 'a', 'x-kubernetes-list-type': 'set' } }), `${p}.not.type: Forbidden: must be empty to be structural`, `${p}.not.default: Forbidden: must be undefined to be structural`, `${p}.not.nullable: Forbidden: must be false to be structural`, `${p}.not.x-kubernetes-list-type: Forbidden: must be undefined to be structural`],
  ['schema', x({ type: 'string', 'x-kubernetes-list-type': 'set' }), `${p}.type: Invalid value: "string": must be array if x-kubernetes-list-type is specified`],
  ['schema', listOf({ type: 'string' }, { 'x-kubernetes-list-map-keys': ['k'] }), `${p}.x-kubernetes-list-type: Required value: must be map if x-kubernetes-list-map-keys is non-empty`],
  ['schema', listOf({ type: 'object' }, map), `${p}.x-kubernetes-list-map-keys[0]: Invalid value: "k": entries must all be names of item properties`],
  ['schema', listOf({ type: 'object', properties: { k: { type: 'string' } } }, map), `${p}.items.properties[k].default: Required value: this property is in x-kubernetes-list-map-keys`],
  ['schema', listOf({ type: 'object', required: ['k'], properties: { k: { type: 'array', items: { type: 'string' } } } }, map), `${p}.items.properties[k].type: Invalid value: "array": must be a scalar type`],
  ['schema', listOf({ type: 'object', required: ['k'], properties: { k: { type: 'string' } } }, map)],
  ['schema', listOf({ type: 'object', properties: { a: { type: 'string' } } }, { 'x-kubernetes-list-type': 'set' }), `${p}.items.x-kubernetes-map-type: Invalid value: null: must be atomic`],
  ['schema', x({ type: 'string', enum: ['a'], default: 'b' }), `${p}.default: Unsupported value: "b": supported values: "a"`],
  ['schema', x({ type: 'object', default: { b: 1 }, properties: { a: { type: 'string' } } }), `${p}.default: Invalid value: {"b":1}: must be pruned`],
  ['schema', x({ type: 'object', default: { a: 'b' }, properties: { a: { type: 'string' } } })],
  ['schema', { [`${root}.default`]: {} }, `${root}.default: Forbidden`],
], 'CustomResourceDefinition');

createRules(of, good, [
  ['metadata.name', { 'metadata.name': 'a.example.com' }, 'metadata.name: Invalid value: "a.example.com": must be spec.names.plural+"."+spec.group'],
  ['spec.versions[*].subresources.scale', { [`${v}.subresources`]: { scale: { specReplicasPath: '', statusReplicasPath: 'status.a', labelSelectorPath: '.x.y' } } }, `${v}.subresources.scale.specReplicasPath: Required value`, `${v}.subresources.scale.statusReplicasPath: Invalid value: "status.a": must be a simple json path starting with .`, `${v}.subresources.scale.labelSelectorPath: Invalid value: ".x.y": should be a json path under either`],
  ['spec.versions[*].subresources.scale', { [`${v}.subresources`]: { scale: { specReplicasPath: '.status.n', statusReplicasPath: '.status.n' } } }, `${v}.subresources.scale.specReplicasPath: Invalid value: ".status.n": should be a json path under .spec`],
  ['metadata.annotations[api-approved.kubernetes.io]', { 'metadata.name': 'widgets.a.k8s.io', 'spec.group': 'a.k8s.io' }, 'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation'],
  ['metadata.annotations[api-approved.kubernetes.io]', { 'metadata.name': 'widgets.a.k8s.io', 'spec.group': 'a.k8s.io', 'metadata.annotations': { 'api-approved.kubernetes.io': 'yes' } }, 'metadata.annotations[api-approved.kubernetes.io]: Invalid value: "yes": protected groups'],
  ['metadata.annotations[api-approved.kubernetes.io]', { 'metadata.name': 'widgets.a.k8s.io', 'spec.group': 'a.k8s.io', 'metadata.annotations': { 'api-approved.kubernetes.io': 'unapproved, a test' } }],
], 'CustomResourceDefinition');
/** As a server with fewer rules has stored it. */
const lax = { ...good, spec: { ...good.spec, versions: [{ ...version, schema: { openAPIV3Schema: { type: 'object', properties: { x: { type: 'file' } } } } }] } };
updateRules(of, lax, [
  ['schema', { 'spec.names.shortNames': ['w'] }],
  ['schema', { [`${root}.properties.y`]: { type: 'string' } }, `${p}.type: Unsupported value: "file"`],
], { status: { storedVersions: ['v1'] } });
updateRules(of, good, [
  ['spec.group', { 'spec.group': 'example.org' }, 'metadata.name: Invalid value', 'spec.group: Invalid value: "example.org": field is immutable'],
  ['spec.names.plural', { 'spec.names.plural': 'gadgets' }, 'metadata.name: Invalid value', 'spec.names.plural: Invalid value: "gadgets": field is immutable'],
  ['spec.scope', { 'spec.scope': 'Cluster' }, 'spec.scope: Invalid value: "Cluster": field is immutable'],
  ['spec.names.kind', { 'spec.names.kind': 'Gadget' }, 'spec.names.kind: Invalid value: "Gadget": field is immutable'],
  ['status.storedVersions', { 'spec.versions[0].name': 'v2' }, 'status.storedVersions[0]: Invalid value: "v1": must appear in spec.versions'],
], { status: { storedVersions: ['v1'], conditions: [{ type: 'Established', status: 'True' }] } });
updateRules(of, good, [['spec.scope', { 'spec.scope': 'Cluster' }]], { status: { storedVersions: ['v1'] } });
statusRules(of, good, [
  ['status.storedVersions', { 'status.storedVersions': [] }, 'status.storedVersions: Invalid value: []: must have at least one stored version'],
  ['status.storedVersions', { 'status.storedVersions': ['v1', 'v0'] }, 'status.storedVersions[1]: Invalid value: "v0": must appear in spec.versions'],
]);
defaultRules(of, [
  ['spec.names.singular', good, { 'spec.names.singular': 'widget' }],
  ['spec.names.listKind', good, { 'spec.names.listKind': 'WidgetList' }],
  ['spec.conversion', good, { 'spec.conversion': { strategy: 'None' } }],
  ['status.storedVersions', good, { 'status.storedVersions': ['v1'] }],
]);
