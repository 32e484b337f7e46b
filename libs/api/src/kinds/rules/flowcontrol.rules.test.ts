import { createRules, defaultRules, statusRules, updateRules } from './testing.ts';

const flow = 'flowcontrol.apiserver.k8s.io/v1 FlowSchema';
const level = 'flowcontrol.apiserver.k8s.io/v1 PriorityLevelConfiguration';
const schema = {
  spec: {
    priorityLevelConfiguration: { name: 'p' },
    matchingPrecedence: 5,
    distinguisherMethod: { type: 'ByUser' },
    rules: [{
      subjects: [{ kind: 'ServiceAccount', serviceAccount: { name: '*', namespace: 'n' } }],
      resourceRules: [{ verbs: ['get'], apiGroups: ['*'], resources: ['*'], namespaces: ['n'] }],
      nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['/healthz', '/a/*'] }],
    }],
  },
};
const rule = 'spec.rules[0]';

createRules(flow, schema, [
  ['metadata.name', { 'metadata.name': 'A' }, 'metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain'],
  ['spec.matchingPrecedence', { 'spec.matchingPrecedence': -1 }, 'spec.matchingPrecedence: Invalid value: -1: must be a positive value'],
  ['spec.matchingPrecedence', { 'spec.matchingPrecedence': 10001 }, 'spec.matchingPrecedence: Invalid value: 10001: must not be greater than 10000'],
  ['spec.matchingPrecedence', { 'spec.matchingPrecedence': 1 }, "spec.matchingPrecedence: Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1"],
  ['spec.distinguisherMethod', { 'spec.distinguisherMethod.type': 'X' }, 'spec.distinguisherMethod.type: Unsupported value: {"Type":"X"}: supported values: "ByNamespace", "ByUser"'],
  ['spec.priorityLevelConfiguration', { 'spec.priorityLevelConfiguration': { name: '' } }, 'spec.priorityLevelConfiguration.name: Required value: must reference a priority level'],
  ['spec.rules[*].subjects', { [`${rule}.subjects`]: [] }, 'spec.rules[0].subjects: Required value: subjects must contain at least one value'],
  ['spec.rules[*].subjects', { [`${rule}.subjects[0].kind`]: 'X' }, 'spec.rules[0].subjects[0].kind: Unsupported value: "X": supported values: "Group", "ServiceAccount", "User"'],
  ['spec.rules[*].subjects', { [`${rule}.subjects[0].user`]: { name: 'u' } }, "spec.rules[0].subjects[0].user: Forbidden: user is forbidden when subject kind is not 'User'"],
  ['spec.rules[*].subjects', { [`${rule}.subjects[0]`]: { kind: 'User' } }, "spec.rules[0].subjects[0].user: Required value: user is required when subject kind is 'User'"],
  ['spec.rules[*].subjects', { [`${rule}.subjects[0].serviceAccount`]: { name: 'a b', namespace: '' } }, 'spec.rules[0].subjects[0].serviceAccount.name: Invalid value: "a b"', 'spec.rules[0].subjects[0].serviceAccount.namespace: Required value: must specify namespace for service account'],
  ['spec.rules[*]', { [rule]: { subjects: [{ kind: 'Group', group: { name: 'g' } }] } }, 'spec.rules[0]: Required value: at least one of resourceRules and nonResourceRules has to be non-empty'],
  ['spec.rules[*].resourceRules', { [`${rule}.resourceRules[0].verbs`]: ['get', '*'] }, 'spec.rules[0].resourceRules[0].verbs: Invalid value: ["get","*"]: if \'*\' is present, must not specify other verbs'],
  ['spec.rules[*].resourceRules', { [`${rule}.resourceRules[0].verbs`]: ['fly'] }, 'spec.rules[0].resourceRules[0].verbs: Unsupported value: ["fly"]: supported values: "create", "delete"'],
  ['spec.rules[*].resourceRules', { [`${rule}.resourceRules[0].namespaces`]: [] }, 'spec.rules[0].resourceRules[0].namespaces: Required value: resource rules that are not cluster scoped must supply at least one namespace'],
  ['spec.rules[*].resourceRules', { [`${rule}.resourceRules[0].namespaces`]: ['A'] }, 'spec.rules[0].resourceRules[0].namespaces[0]: Invalid value: "A": each member of this list must be \'*\' or a DNS-1123 label; '],
  ['spec.rules[*].nonResourceRules', { [`${rule}.nonResourceRules[0].nonResourceURLs`]: ['x', '/a//b', '/*/a'] }, 'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]: Invalid value: "x": must start with slash', 'spec.rules[0].nonResourceRules[0].nonResourceURLs[1]: Invalid value: "/a//b": must not contain double slash', 'spec.rules[0].nonResourceRules[0].nonResourceURLs[2]: Invalid value: "/*/a": wildcard can only do suffix matching'],
  ['mandatory', { 'metadata.name': 'catch-all' }, 'spec: Invalid value: {'],
]);
statusRules(flow, schema, [['status.conditions', { 'status.conditions': [{ type: 'A' }, { type: 'A' }, {}] }, 'status.conditions[1].type: Duplicate value: "A"', 'status.conditions[2].type: Required value: must not be empty']]);

const limited = { spec: { type: 'Limited', limited: { nominalConcurrencyShares: 3, limitResponse: { type: 'Queue', queuing: { queues: 64, handSize: 6, queueLengthLimit: 50 } } } } };
const exempt = { metadata: { name: 'exempt' }, spec: { type: 'Exempt', exempt: {} } };

createRules(level, limited, [
  ['spec.type', { 'spec.type': 'X' }, 'spec.type: Unsupported value: "X": supported values: "Exempt", "Limited"'],
  ['spec.type', { 'metadata.name': 'exempt' }, "spec.type: Invalid value: \"Limited\": type must be 'Exempt' if and only if name is 'exempt'", 'spec: Invalid value'],
  ['spec.limited', { 'spec.limited': undefined }, 'spec.limited: Required value: must not be empty when type is Limited'],
  ['spec.exempt', { 'spec.exempt': {} }, 'spec.exempt: Forbidden: must be nil if the type is Limited'],
  ['spec.limited.nominalConcurrencyShares', { 'spec.limited.nominalConcurrencyShares': -1 }, 'spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer'],
  ['spec.limited.lendablePercent', { 'spec.limited.lendablePercent': 101 }, 'spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive'],
  ['spec.limited.borrowingLimitPercent', { 'spec.limited.borrowingLimitPercent': -1 }, 'spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer'],
  ['spec.limited.limitResponse', { 'spec.limited.limitResponse.type': 'Reject' }, 'spec.limited.limitResponse.queuing: Forbidden: must be nil if limited.limitResponse.type is not Limited'],
  ['spec.limited.limitResponse', { 'spec.limited.limitResponse': { type: 'Queue' } }, 'spec.limited.limitResponse.queuing: Required value: must not be empty if limited.limitResponse.type is Limited'],
  ['spec.limited.limitResponse.queuing', { 'spec.limited.limitResponse.queuing': { queues: -1, handSize: -1, queueLengthLimit: -1 } }, 'spec.limited.limitResponse.queuing.queueLengthLimit: Invalid value: -1: must be positive', 'spec.limited.limitResponse.queuing.queues: Invalid value: -1: must be positive', 'spec.limited.limitResponse.queuing.handSize: Invalid value: -1: must be positive'],
  ['spec.limited.limitResponse.queuing', { 'spec.limited.limitResponse.queuing.handSize': 65 }, 'spec.limited.limitResponse.queuing.handSize: Invalid value: 65: should not be greater than queues (64)'],
  ['spec.limited.limitResponse.queuing', { 'spec.limited.limitResponse.queuing.handSize': 20 }, 'spec.limited.limitResponse.queuing.handSize: Invalid value: 20: required entropy bits of deckSize 64 and handSize 20 should not be greater than 60'],
]);
createRules(level, exempt, [['mandatory', { 'spec.exempt.nominalConcurrencyShares': 5, 'spec.exempt.lendablePercent': 7 }], ['spec.limited', { 'spec.limited': limited.spec.limited }, 'spec.limited: Forbidden: must be nil if the type is not Limited', 'spec: Invalid value']]);
updateRules(level, { metadata: { name: 'catch-all' }, spec: { type: 'Limited', limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: 'Reject' } } } }, [
  ['FlowSchema exempt, catch-all; PriorityLevelConfiguration catch-all spec', { 'spec.limited.nominalConcurrencyShares': 6 }, 'spec: Invalid value: {"type":"Limited"'],
]);
defaultRules(flow, [['FlowSchemaSpec matchingPrecedence', { spec: { priorityLevelConfiguration: { name: 'p' } } }, { 'spec.matchingPrecedence': 1000 }]]);
defaultRules(level, [
  ['LimitedPriorityLevelConfiguration nominalConcurrencyShares', { spec: { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: {} } } } }, { 'spec.limited.nominalConcurrencyShares': 30, 'spec.limited.lendablePercent': 0 }],
  ['QueuingConfiguration handSize, queues, queueLengthLimit', { spec: { type: 'Limited', limited: { limitResponse: { type: 'Queue', queuing: {} } } } }, { 'spec.limited.limitResponse.queuing': { queues: 64, handSize: 8, queueLengthLimit: 50 } }],
  ['ExemptPriorityLevelConfiguration nominalConcurrencyShares, lendablePercent', exempt, { 'spec.exempt': { nominalConcurrencyShares: 0, lendablePercent: 0 } }],
]);
