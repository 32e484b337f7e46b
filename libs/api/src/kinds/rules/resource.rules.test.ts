import { createRules, defaultRules, statusRules, updateRules, withChange } from './testing.ts';

const g = 'resource.k8s.io/v1';
const claim = { spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'c', selectors: [{ cel: { expression: 'true' } }] } }], constraints: [{ matchAttribute: 'd/a' }] } } };
const request = 'spec.devices.requests[0]';
const reference = "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";
createRules(`${g} ResourceClaim`, claim, [
  ['requests', { 'spec.devices.requests': Array.from({ length: 33 }, (_, i) => ({ name: `r${i}`, exactly: { deviceClassName: 'c' } })) }, 'spec.devices.requests: Too many: 33: must have at most 32 items'],
  ['requests', { 'spec.devices.requests[1]': claim.spec.devices.requests[0] }, 'spec.devices.requests[1]: Duplicate value: "r"'],
  ['requests[*]', { [`${request}.name`]: 'A', [`${request}.exactly`]: undefined }, `${request}.name: Invalid value: "A"`, `${request}: Required value: exactly one of \`exactly\` or \`firstAvailable\` is required`],
  ['requests[*]', { [`${request}.firstAvailable`]: [{ name: 's', deviceClassName: 'c' }] }, `${request}: Invalid value: null: exactly one of \`exactly\` or \`firstAvailable\` is required, but multiple fields are set`],
  ['requests[*].exactly', { [`${request}.exactly`]: { deviceClassName: '', allocationMode: 'All', count: 1 } }, `${request}.exactly.deviceClassName: Required value`, `${request}.exactly.count: Invalid value: 1: must not be specified when allocationMode is 'All'`],
  ['requests[*].exactly', { [`${request}.exactly.allocationMode`]: 'X' }, `${request}.exactly.allocationMode: Unsupported value: "X": supported values: "All", "ExactCount"`],
  ['requests[*].exactly', { [`${request}.exactly.count`]: -1 }, `${request}.exactly.count: Invalid value: -1: must be greater than zero`],
  ['requests[*].exactly.selectors', { [`${request}.exactly.selectors`]: [{}] }, `${request}.exactly.selectors[0].cel: Required value`],
  ['requests[*].exactly.tolerations', { [`${request}.exactly.tolerations`]: [{ operator: 'Exists', value: 'v', effect: 'X' }, { operator: 'Is' }] }, `${request}.exactly.tolerations[0].value: Invalid value: "v": must be empty for operator \`Exists\``, `${request}.exactly.tolerations[0].effect: Unsupported value: "X"`, `${request}.exactly.tolerations[1].operator: Unsupported value: "Is": supported values: "Equal", "Exists"`],
  ['constraints', { 'spec.devices.constraints': [{}, { matchAttribute: 'a', requests: ['x'] }] }, 'spec.devices.constraints[0].matchAttribute: Required value', `spec.devices.constraints[1].requests[0]: Invalid value: "x": ${reference}`, 'spec.devices.constraints[1].matchAttribute: Invalid value: "a": a fully qualified name must be a domain and a name separated by a slash'],
  ['config', { 'spec.devices.config': [{}, { opaque: { driver: '', parameters: 'x' } }] }, 'spec.devices.config[0].opaque: Required value', 'spec.devices.config[1].opaque.driver: Required value', 'spec.devices.config[1].opaque.parameters: Invalid value: "<value omitted>": parameters must be a valid JSON object'],
]);
updateRules(`${g} ResourceClaim`, claim, [['spec', { [`${request}.exactly.count`]: 2 }, 'spec: Invalid value: ']]);
const user = { resource: 'pods', name: 'p', uid: 'u' };
statusRules(`${g} ResourceClaim`, claim, [
  ['status.reservedFor', { 'status.reservedFor': [user] }, 'status.reservedFor: Forbidden: may not be specified when `allocated` is not set'],
  ['status.reservedFor', { 'status.allocation': {}, 'status.reservedFor': [user, user, {}] }, 'status.reservedFor[2].resource: Required value', 'status.reservedFor[2].name: Required value', 'status.reservedFor[2].uid: Required value', 'status.reservedFor[1]: Duplicate value: "u"'],
]);
defaultRules(`${g} ResourceClaim`, [['ExactDeviceRequest allocationMode, count', claim, { [`${request}.exactly.allocationMode`]: 'ExactCount', [`${request}.exactly.count`]: 1 }]]);
const template = { spec: { spec: claim.spec } };
createRules(`${g} ResourceClaimTemplate`, template, [['spec.spec', { 'spec.spec.devices.requests[0].name': 'A' }, 'spec.spec.devices.requests[0].name: Invalid value: "A"'], ['spec.metadata', { 'spec.metadata': { labels: { 'a b': '' } } }, 'spec.metadata.labels: Invalid value: "a b"']]);
updateRules(`${g} ResourceClaimTemplate`, template, [['spec', { 'spec.metadata': { labels: { a: 'b' } } }, 'spec: Invalid value: ']]);
createRules(`${g} DeviceClass`, { spec: {} }, [
  ['spec.selectors', { 'spec.selectors': [{}] }, 'spec.selectors[0].cel: Required value'],
  ['spec.extendedResourceName', { 'spec.extendedResourceName': 'cpu' }, 'spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name'],
]);
updateRules(`${g} DeviceClass`, { spec: {} }, [['spec', { 'spec.extendedResourceName': 'a.b/c' }]]);

const slice = { spec: { driver: 'd', nodeName: 'n', pool: { name: 'p', resourceSliceCount: 1, generation: 0 }, devices: [{ name: 'x', attributes: { a: { int: 1 }, 'e.f/b': { version: '1.2.3' } } }] } };
const device = 'spec.devices[0]';
createRules(`${g} ResourceSlice`, slice, [
  ['spec.driver', { 'spec.driver': '' }, 'spec.driver: Required value'],
  ['spec.pool', { 'spec.pool': { name: '', resourceSliceCount: 0, generation: -1 } }, 'spec.pool.name: Required value', 'spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero', 'spec.pool.generation: Invalid value: -1: must be greater than or equal to zero'],
  ['spec.nodeName', { 'spec.nodeName': undefined }, 'spec: Required value: exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required'],
  ['spec.nodeName', { 'spec.allNodes': true }, 'spec: Invalid value: "{`nodeName`, `allNodes`}": exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required, but multiple fields are set'],
  ['spec.devices', { 'spec.devices': Array.from({ length: 129 }, (_, i) => ({ name: `d${i}` })) }, 'spec.devices: Too many: 129: must have at most 128 items'],
  ['spec.devices', { 'spec.devices[1]': { name: 'x' } }, 'spec.devices[1]: Duplicate value: "x"'],
  ['spec.devices[*].attributes', { [`${device}.attributes`]: { 'a-b': { int: 1 }, c: {}, d: { version: '1' } } }, `${device}.attributes: Invalid value: "a-b": a valid C identifier`, `${device}.attributes[c]: Invalid value: "": exactly one value must be specified`, `${device}.attributes[d].version: Invalid value: "1": must be a string compatible with semver.org spec 2.0.0`],
  ['spec.devices[*].taints', { [`${device}.taints`]: [{ key: '', effect: 'X' }] }, `${device}.taints[0].key: Required value`, `${device}.taints[0].effect: Unsupported value: "X"`],
  ['spec.devices[*].nodeName', { [`${device}.nodeName`]: 'n' }, `${device}: Invalid value: null: \`nodeName\`, \`nodeSelector\` and \`allNodes\` can only be set if`],
  ['spec.sharedCounters', { 'spec.devices': undefined, 'spec.sharedCounters': [{ name: 'A', counters: {} }] }, 'spec.sharedCounters[0].name: Invalid value: "A"', 'spec.sharedCounters[0].counters: Required value'],
]);
updateRules(`${g} ResourceSlice`, slice, [['spec.driver, spec.pool.name, spec.nodeName', { 'spec.driver': 'e', 'spec.pool.name': 'q', 'spec.nodeName': 'm' }, 'spec.driver: Invalid value: "e": field is immutable', 'spec.pool.name: Invalid value: "q": field is immutable', 'spec.nodeName: Invalid value: "m": field is immutable']]);
defaultRules(`${g} ResourceSlice`, [['metadata.generation', withChange(slice, {}), { 'metadata.generation': 1 }]]);
