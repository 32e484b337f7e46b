import { createRules, defaultRules } from './testing.ts';

/* Questions that are answered and never stored. */
const group = 'authorization.k8s.io/v1';
const all = 'SubjectAccessReview, SelfSubjectAccessReview, LocalSubjectAccessReview';
const pods = { verb: 'list', resource: 'pods', namespace: 'default' };
const nameless = { metadata: { name: undefined } };
const asked = { ...nameless, spec: { user: 'u', resourceAttributes: pods } };
const attributes = 'spec.resourceAttributes';
for (const kind of all.split(', ')) {
  createRules(`${group} ${kind}`, kind === 'SelfSubjectAccessReview' ? { ...nameless, spec: { resourceAttributes: pods } } : asked, [
    ['spec', { [attributes]: undefined }, `${attributes}: Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified`],
    ['spec.resourceAttributes.fieldSelector, labelSelector', { [`${attributes}.fieldSelector`]: { rawSelector: 'a=b', requirements: [{ key: 'a', operator: 'In', values: ['b'] }] }, [`${attributes}.labelSelector`]: {} },
      `${attributes}.fieldSelector.rawSelector: Invalid value: "a=b": may not specified at the same time as requirements`, `${attributes}.labelSelector.requirements: Required value: when ${attributes}.labelSelector is specified, requirements or rawSelector is required`],
    ['spec.resourceAttributes.fieldSelector, labelSelector', { [`${attributes}.labelSelector`]: { requirements: [{ key: 'a b', operator: 'In' }, { key: 'a', operator: 'Newer', values: ['x'] }] } }, `${attributes}.labelSelector.requirements[0].key: Invalid value: "a b"`, `${attributes}.labelSelector.requirements[0].values: Required value: must be specified`],
    ['metadata', { 'metadata.labels': { a: 'b' } }, 'metadata: Invalid value: '],
  ], all);
}
for (const kind of ['SubjectAccessReview', 'LocalSubjectAccessReview']) {
  createRules(`${group} ${kind}`, asked, [['spec.user, spec.groups', { 'spec.user': '' }, 'spec.user: Invalid value: "": at least one of user or group must be specified'], ['spec.user, spec.groups', { 'spec.user': '', 'spec.groups': ['g'] }]], all);
}
createRules(`${group} SubjectAccessReview`, asked, [['spec', { 'spec.nonResourceAttributes': { path: '/' } }, 'spec.nonResourceAttributes: Invalid value: {"path":"/"}: cannot be specified in combination with resourceAttributes']], all);
createRules(`${group} LocalSubjectAccessReview`, asked, [
  ['LocalSubjectAccessReview spec.resourceAttributes.namespace', { [`${attributes}.namespace`]: 'other' }, `${attributes}.namespace: Invalid value: "other": must match metadata.namespace`],
  ['spec', { [attributes]: undefined, 'spec.nonResourceAttributes': { path: '/' } }, 'spec.nonResourceAttributes: Invalid value: {"path":"/"}: disallowed on this kind of request'],
], all);

const token = { spec: { audiences: [] } };
createRules('authentication.k8s.io/v1 TokenRequest', token, [
  ['spec.expirationSeconds', { 'spec.expirationSeconds': 599 }, 'spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 10 minutes'],
  ['spec.expirationSeconds', { 'spec.expirationSeconds': 2 ** 32 + 1 }, 'spec.expirationSeconds: Invalid value: 4294967297: may not specify a duration larger than 2^32 seconds'],
]);
defaultRules('authentication.k8s.io/v1 TokenRequest', [['spec.expirationSeconds', token, { 'spec.expirationSeconds': 3600 }]]);
