import { createRules, defaultRules, statusRules, updateRules } from './testing.ts';

const limits = { spec: { limits: [{ type: 'Container', max: { cpu: '2' }, min: { cpu: '100m' }, default: { cpu: '1' }, defaultRequest: { cpu: '500m' }, maxLimitRequestRatio: { cpu: '4' } }] } };
const item = 'spec.limits[0]';
createRules('v1 LimitRange', limits, [
  ['spec.limits[*].type', { [`${item}.type`]: 'X' }, `${item}.type: Invalid value: "X": must be a standard limit type or fully qualified`],
  ['spec.limits[*].type', { 'spec.limits[1]': { type: 'Container' } }, 'spec.limits[1].type: Duplicate value: "Container"'],
  ['spec.limits[*].(maps)', { [`${item}.maxLimitRequestRatio`]: { pods: '1', foo: '2' } }, `${item}.maxLimitRequestRatio[pods]: Invalid value: "pods": must be a standard resource for containers`, `${item}.maxLimitRequestRatio[foo]: Invalid value: "foo": must be a standard resource type or fully qualified`, `${item}.maxLimitRequestRatio[foo]: Invalid value: "foo": must be a standard resource for containers`],
  ['spec.limits[*].default, defaultRequest', { [item]: { type: 'Pod', default: { cpu: '1' }, defaultRequest: { cpu: '1' } } }, `${item}.default: Forbidden: may not be specified when \`type\` is 'Pod'`, `${item}.defaultRequest: Forbidden: may not be specified when \`type\` is 'Pod'`],
  ['spec.limits[*].(PersistentVolumeClaim)', { [item]: { type: 'PersistentVolumeClaim' } }, `${item}.limits: Required value: either minimum or maximum storage value is required, but neither was provided`],
  ['spec.limits[*]', { [item]: { type: 'Pod', min: { cpu: '2' }, max: { cpu: '1' } } }, `${item}.min[cpu]: Invalid value: "2": min value 2 is greater than max value 1`],
  ['spec.limits[*]', { [`${item}.defaultRequest.cpu`]: '50m' }, `${item}.defaultRequest[cpu]: Invalid value: "50m": min value 100m is greater than default request value 50m`],
  ['spec.limits[*]', { [`${item}.defaultRequest.cpu`]: '1500m' }, `${item}.defaultRequest[cpu]: Invalid value: "1500m": default request value 1500m is greater than default limit value 1`],
  ['spec.limits[*]', { [`${item}.default.cpu`]: '3' }, `${item}.default[cpu]: Invalid value: "2": default value 3 is greater than max value 2`],
  ['spec.limits[*]', { [`${item}.maxLimitRequestRatio.cpu`]: '500m' }, `${item}.maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1`],
  ['spec.limits[*]', { [`${item}.maxLimitRequestRatio.cpu`]: '21' }, `${item}.maxLimitRequestRatio[cpu]: Invalid value: "21": ratio 21 is greater than max/min = 20.000000`],
  ['spec.limits[*]', { [item]: { type: 'Container', default: { 'a.b/gpu': '2' }, defaultRequest: { 'a.b/gpu': '1' } } }, `${item}.defaultRequest[a.b/gpu]: Invalid value: "1": default value 2 must equal to defaultRequest value 1 in a.b/gpu`],
]);
updateRules('v1 LimitRange', limits, [['all fields', { [`${item}.max.cpu`]: '3' }]]);
const given = (value: object): object => ({ spec: { limits: [{ type: 'Container', ...value }] } });
defaultRules('v1 LimitRange', [
  ['default', given({ max: { cpu: '2' } }), { [`${item}.default`]: { cpu: '2' }, [`${item}.defaultRequest`]: { cpu: '2' } }],
  ['defaultRequest', given({ min: { cpu: '1' }, max: { memory: '1Gi' } }), { [`${item}.default`]: { memory: '1Gi' }, [`${item}.defaultRequest`]: { cpu: '1', memory: '1Gi' } }],
  ['default, defaultRequest', { spec: { limits: [{ type: 'Pod', max: { cpu: '2' } }] } }, { [`${item}.default`]: undefined, [`${item}.defaultRequest`]: undefined }],
], 'LimitRangeItem');

const quota = { spec: { hard: { pods: '4', 'requests.cpu': '1', 'count/jobs.batch': '2' }, scopes: ['NotBestEffort'] } };
const expression = 'spec.scopeSelector.matchExpressions';
createRules('v1 ResourceQuota', quota, [
  ['spec.hard', { 'spec.hard': { foo: '1', storage: '1', pods: '-1', secrets: '1500m', 'a.b/c': '500m' }, 'spec.scopes': [] }, 'spec.hard[foo]: Invalid value: "foo": must be a standard resource type or fully qualified', 'spec.hard[foo]: Invalid value: "foo": must be a standard resource for quota', 'spec.hard[storage]: Invalid value: "storage": must be a standard resource for quota', 'spec.hard[pods]: Invalid value: "-1": must be greater than or equal to 0', 'spec.hard[secrets]: Invalid value: "1500m": must be an integer', 'spec.hard[a.b/c]: Invalid value: "500m": must be an integer'],
  ['spec.hard', { 'spec.hard': { 'requests.nvidia.com/gpu': '4', 'gold.storageclass.storage.k8s.io/requests.storage': '1Gi', 'hugepages-2Mi': '4Mi', 'services.nodeports': '0' }, 'spec.scopes': [] }],
  ['spec.scopes, spec.scopeSelector.matchExpressions[*].scopeName', { 'spec.scopes': ['X'] }, 'spec.scopes: Invalid value: ["X"]: unsupported scope'],
  ['spec.scopes, spec.scopeSelector.matchExpressions[*].scopeName', { 'spec.scopes': ['BestEffort'] }, 'spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource'],
  ['spec.scopes, spec.scopeSelector.matchExpressions[*].scopeName', { 'spec.hard': { pods: '1' }, 'spec.scopes': ['BestEffort', 'NotBestEffort'] }, 'spec.scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes'],
  ['spec.scopes, spec.scopeSelector.matchExpressions[*].scopeName', { [expression]: [{ scopeName: 'X', operator: 'Exists' }] }, `${expression}.scopeName: Invalid value: "X": unsupported scope`],
  ['spec.scopeSelector.matchExpressions[*].scopeName', { [expression]: [{ scopeName: 'BestEffort', operator: 'Exists' }], 'spec.hard': { cpu: '1' } }, `${expression}: Invalid value: {"MatchExpressions":[{"ScopeName":"BestEffort","Operator":"Exists","Values":null}]}: unsupported scope applied to resource`],
  ['spec.scopeSelector.matchExpressions[*].operator', { [expression]: [{ scopeName: 'Terminating', operator: 'DoesNotExist' }] }, `${expression}.operator: Invalid value: "DoesNotExist": must be 'Exist' when scope is any of ResourceQuotaScopeTerminating`],
  ['spec.scopeSelector.matchExpressions[*].operator', { [expression]: [{ scopeName: 'PriorityClass', operator: 'In' }] }, `${expression}.values: Required value: must be at least one value when \`operator\` is 'In' or 'NotIn' for scope selector`],
  ['spec.scopeSelector.matchExpressions[*].operator', { [expression]: [{ scopeName: 'PriorityClass', operator: 'Exists', values: ['a'] }] }, `${expression}.values: Invalid value: ["a"]: must be no value when \`operator\` is 'Exist' or 'DoesNotExist' for scope selector`],
  ['spec.scopeSelector.matchExpressions[*].operator', { [expression]: [{ scopeName: 'PriorityClass', operator: 'Is' }] }, `${expression}.operator: Invalid value: "Is": not a valid selector operator`],
]);
updateRules('v1 ResourceQuota', { spec: { hard: { pods: '4' }, scopes: ['Terminating', 'NotBestEffort'] } }, [
  ['spec.scopes', { 'spec.scopes': ['NotBestEffort', 'Terminating'] }],
  ['spec.scopes', { 'spec.scopes': ['NotBestEffort'] }, 'spec.scopes: Invalid value: ["NotBestEffort"]: field is immutable'],
  ['spec.scopeSelector', { [expression]: [{ scopeName: 'PriorityClass', operator: 'Exists' }] }],
]);
statusRules('v1 ResourceQuota', quota, [['status', { 'status.hard': { foo: '1' }, 'status.used': { pods: '-1' } }, 'status.hard[foo]: Invalid value: "foo": must be a standard resource type', 'status.hard[foo]: Invalid value: "foo": must be a standard resource for quota', 'status.used[pods]: Invalid value: "-1"']]);
defaultRules('v1 ResourceQuota', [['status', { ...quota, status: { hard: { pods: '9' } } }, { status: {} }]]);

const event = { involvedObject: { kind: 'Pod', name: 'p', namespace: 'default' }, reason: 'R', message: 'm', type: 'Normal' };
createRules('v1 Event', event, [
  ['involvedObject.namespace', { 'involvedObject.namespace': 'other' }, 'involvedObject.namespace: Invalid value: "other": does not match event.namespace'],
  ['involvedObject.namespace', { 'involvedObject.namespace': undefined }],
  ['involvedObject.namespace', { 'involvedObject.namespace': undefined, 'metadata.namespace': 'n' }, 'involvedObject.namespace: Invalid value: "": does not match event.namespace'],
  ['with eventTime', { eventTime: '2026-01-01T00:00:00.000000Z' }, 'reportingComponent: Required value', 'reportingInstance: Required value', 'action: Required value'],
]);
updateRules('v1 Event', event, [['core/v1: all fields', { message: 'other', count: 2 }]]);

const newer = { regarding: event.involvedObject, eventTime: '2026-01-01T00:00:00.000000Z', reportingController: 'a.b/c', reportingInstance: 'i', action: 'A', reason: 'R', note: 'n', type: 'Normal' };
createRules('events.k8s.io/v1 Event', newer, [
  ['metadata.name', { 'metadata.name': 'A' }, 'metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain'],
  ['(events.k8s.io/v1)', { eventTime: undefined }, 'eventTime: Required value'],
  ['(events.k8s.io/v1)', { reportingController: 'a b', reportingInstance: undefined, action: 'x'.repeat(129), reason: undefined }, 'reportingController: Invalid value: "a b": name part must consist of', 'reportingInstance: Required value', 'action: Invalid value: "": can have at most 128 characters', 'reason: Required value'],
  ['(events.k8s.io/v1)', { reportingController: undefined, note: 'x'.repeat(1025) }, 'reportingController: Required value', 'message: Invalid value: "": can have at most 1024 characters'],
  ['(events.k8s.io/v1)', { type: 'Odd' }, 'type: Invalid value: "": has invalid value: Odd'],
  ['(events.k8s.io/v1)', { deprecatedCount: 2, deprecatedFirstTimestamp: '2026-01-01T00:00:00Z', deprecatedSource: { component: 'c' } }, 'firstTimestamp: Invalid value: "": needs to be unset', 'count: Invalid value: "": needs to be unset', 'source: Invalid value: "": needs to be unset'],
  ['(events.k8s.io/v1)', { series: { count: 1, lastObservedTime: '2026-01-01T00:00:00.000000Z' } }, 'series.count: Invalid value: "": should be at least 2'],
]);
updateRules('events.k8s.io/v1 Event', newer, [
  ['core/v1: all fields', { series: { count: 2, lastObservedTime: '2026-01-01T00:00:00.000000Z' } }],
  ['core/v1: all fields', { reason: 'S', note: 'o' }, 'reason: Invalid value: "S": field is immutable', 'message: Invalid value: "o": field is immutable'],
]);
