import { createRules, defaultRules, updateRules, withChange } from './testing.ts';
import type { RuleCase } from './testing.ts';

const group = 'admissionregistration.k8s.io/v1';
const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] };
const hook = { name: 'a.b.c', clientConfig: { service: { name: 's', namespace: 'n', path: '/x' } }, sideEffects: 'None', admissionReviewVersions: ['v1'], rules: [rule] };
const hooks = { webhooks: [hook] };
const h = 'webhooks[0]';
const client = `${h}.clientConfig`;
const resources = `${h}.rules[0].resources`;

const webhookCases: RuleCase[] = [
  ['metadata.name', { 'metadata.name': 'A' }, 'metadata.name: Invalid value: "A": a lowercase RFC 1123 subdomain'],
  ['name', { [`${h}.name`]: '' }, `${h}.name: Required value`],
  ['name', { [`${h}.name`]: 'a.b' }, `${h}.name: Invalid value: "a.b": should be a domain with at least three segments separated by dots`],
  ['name', { 'webhooks[1]': hook }, 'webhooks[1].name: Duplicate value: "a.b.c"'],
  ['clientConfig', { [client]: {} }, `${client}: Required value: exactly one of url or service is required`],
  ['clientConfig', { [`${client}.url`]: 'https://x' }, `${client}: Required value: exactly one of url or service is required`],
  ['clientConfig.url', { [client]: { url: 'http://x' } }, `${client}.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`],
  ['clientConfig.url', { [client]: { url: 'https:///p' } }, `${client}.url: Invalid value: "": host must be specified; desired format`],
  ['clientConfig.url', { [client]: { url: 'https://u:p@x/?a=b#c' } }, `${client}.url: Invalid value: "u:p": user information is not permitted in the URL`, `${client}.url: Invalid value: "c": fragments are not permitted in the URL`, `${client}.url: Invalid value: "a=b": query parameters are not permitted in the URL`],
  ['clientConfig.service', { [client]: { service: { name: '', namespace: '', path: 'x', port: 70000 } } }, `${client}.service.name: Required value: service name is required`, `${client}.service.namespace: Required value: service namespace is required`, `${client}.service.port: Invalid value: 70000: port is not valid: must be between 1 and 65535, inclusive`, `${client}.service.path: Invalid value: "x": must start with a '/'`],
  ['clientConfig.caBundle', { [`${client}.caBundle`]: 'eA==' }],
  ['rules[*].operations', { [`${h}.rules[0].operations`]: [] }, `${h}.rules[0].operations: Required value`],
  ['rules[*].operations', { [`${h}.rules[0].operations`]: ['*', 'READ'] }, `${h}.rules[0].operations: Invalid value: ["*","READ"]: if '*' is present, must not specify other operations`, `${h}.rules[0].operations[1]: Unsupported value: "READ": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"`],
  ['rules[*].apiGroups, apiVersions', { [`${h}.rules[0].apiGroups`]: [], [`${h}.rules[0].apiVersions`]: ['*', ''] }, `${h}.rules[0].apiGroups: Required value`, `${h}.rules[0].apiVersions: Invalid value: ["*",""]: if '*' is present, must not specify other API versions`, `${h}.rules[0].apiVersions[1]: Required value`],
  ['rules[*].resources', { [resources]: [] }, `${resources}: Required value`],
  ['rules[*].resources', { [resources]: ['*/*', ''] }, `${resources}[1]: Required value`, `${resources}: Invalid value: ["*/*",""]: if '*/*' is present, must not specify other resources`],
  ['rules[*].resources', { [resources]: ['*', 'pods'] }, `${resources}: Invalid value: ["*","pods"]: if '*' is present, must not specify other resources without subresources`],
  ['rules[*].resources', { [resources]: ['pods/*', 'pods/log', '*/status', 'x/status'] }, `${resources}[1]: Invalid value: "pods/log": if 'pods/*' is present, must not specify pods/log`, `${resources}[3]: Invalid value: "x/status": if '*/status' is present, must not specify x/status`],
  ['rules[*].scope', { [`${h}.rules[0].scope`]: 'X' }, `${h}.rules[0].scope: Unsupported value: "X": supported values: "*", "Cluster", "Namespaced"`],
  ['failurePolicy', { [`${h}.failurePolicy`]: 'X' }, `${h}.failurePolicy: Unsupported value: "X": supported values: "Fail", "Ignore"`],
  ['matchPolicy', { [`${h}.matchPolicy`]: 'X' }, `${h}.matchPolicy: Unsupported value: "X": supported values: "Equivalent", "Exact"`],
  ['sideEffects', { [`${h}.sideEffects`]: undefined }, `${h}.sideEffects: Required value: must specify one of None, NoneOnDryRun`],
  ['sideEffects', { [`${h}.sideEffects`]: 'Some' }, `${h}.sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"`],
  ['timeoutSeconds', { [`${h}.timeoutSeconds`]: 31 }, `${h}.timeoutSeconds: Invalid value: 31: the timeout value must be between 1 and 30 seconds`],
  ['admissionReviewVersions', { [`${h}.admissionReviewVersions`]: [] }, `${h}.admissionReviewVersions: Required value: must specify one of v1, v1beta1`],
  ['admissionReviewVersions', { [`${h}.admissionReviewVersions`]: ['v2', 'v2', '1'] }, `${h}.admissionReviewVersions[1]: Invalid value: "v2": duplicate version`, `${h}.admissionReviewVersions[2]: Invalid value: "1": a DNS-1035 label`, `${h}.admissionReviewVersions: Invalid value: ["v2","v2","1"]: must include at least one of v1, v1beta1`],
  ['namespaceSelector, objectSelector', { [`${h}.namespaceSelector`]: { matchLabels: { 'a b': 'c' } }, [`${h}.objectSelector`]: { matchExpressions: [{ key: 'a', operator: 'In' }] } }, `${h}.namespaceSelector.matchLabels: Invalid value: "a b"`, `${h}.objectSelector.matchExpressions[0].values: Required value`],
  ['matchConditions', { [`${h}.matchConditions`]: [{ name: '', expression: ' ' }, { name: 'a', expression: 'x' }, { name: 'a', expression: 'x' }] }, `${h}.matchConditions[0].expression: Required value`, `${h}.matchConditions[0].name: Required value`, `${h}.matchConditions[2].name: Duplicate value: "a"`],
  ['matchConditions', { [`${h}.matchConditions`]: Array.from({ length: 65 }, (_, i) => ({ name: `c${i}`, expression: 'true' })) }, `${h}.matchConditions: Too many: 65: must have at most 64 items`],
];

for (const name of ['ValidatingWebhook', 'MutatingWebhook']) {
  const kind = `${group} ${name}Configuration`;
  createRules(kind, hooks, webhookCases, 'ValidatingWebhook, MutatingWebhook');
  const filled = { [`${h}.failurePolicy`]: 'Fail', [`${h}.matchPolicy`]: 'Equivalent', [`${h}.namespaceSelector`]: {}, [`${h}.objectSelector`]: {}, [`${h}.timeoutSeconds`]: 10, [`${h}.rules[0].scope`]: '*', [`${client}.service.port`]: 443, 'metadata.generation': 1 };
  defaultRules(kind, [['failurePolicy, matchPolicy, namespaceSelector, objectSelector, timeoutSeconds, Rule scope, ServiceReference port', hooks, filled]], name);
  updateRules(kind, hooks, [['webhooks', { [`${h}.failurePolicy`]: 'Ignore', [`${h}.clientConfig`]: { url: 'https://x' } }]]);
}
createRules(`${group} MutatingWebhookConfiguration`, hooks, [['reinvocationPolicy', { [`${h}.reinvocationPolicy`]: 'X' }, `${h}.reinvocationPolicy: Unsupported value: "X": supported values: "IfNeeded", "Never"`]], 'ValidatingWebhook, MutatingWebhook');
defaultRules(`${group} MutatingWebhookConfiguration`, [['reinvocationPolicy', hooks, { [`${h}.reinvocationPolicy`]: 'Never' }]], 'MutatingWebhook');

const policy = { spec: { matchConstraints: { resourceRules: [rule] }, validations: [{ expression: 'true' }] } };
const constraints = 'spec.matchConstraints';
createRules(`${group} ValidatingAdmissionPolicy`, policy, [
  ['spec.validations, auditAnnotations', { 'spec.validations': [] }, 'spec.validations: Required value: validations or auditAnnotations must contain at least one item', 'spec.auditAnnotations: Required value: validations or auditAnnotations must contain at least one item'],
  ['spec.validations[*].expression', { 'spec.validations[0].expression': ' ' }, 'spec.validations[0].expression: Required value: expression is not specified'],
  ['spec.validations[*].message', { 'spec.validations[0].message': ' ' }, 'spec.validations[0].message: Invalid value: " ": message must be non-empty if specified'],
  ['spec.validations[*].message', { 'spec.validations[0].message': 'a\nb' }, 'spec.validations[0].message: Invalid value: "a\\nb": message must not contain line breaks'],
  ['spec.validations[*].messageExpression', { 'spec.validations[0].messageExpression': ' ' }, 'spec.validations[0].messageExpression: Invalid value: " ": must be non-empty if specified'],
  ['spec.validations[*].reason', { 'spec.validations[0].reason': 'X' }, 'spec.validations[0].reason: Unsupported value: "X": supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"'],
  ['spec.paramKind', { 'spec.paramKind': {} }, 'spec.paramKind.apiVersion: Required value', 'spec.paramKind.kind: Required value'],
  ['spec.paramKind', { 'spec.paramKind': { apiVersion: 'a/b/c', kind: 'A b' } }, 'spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c', 'spec.paramKind.kind: Invalid value: "A b": may have mixed case, but should otherwise match: a DNS-1035'],
  ['spec.matchConstraints', { 'spec.matchConstraints': undefined }, 'spec.matchConstraints: Required value'],
  ['spec.matchConstraints', { 'spec.matchConstraints': {} }, `${constraints}.resourceRules: Required value`],
  ['spec.matchConstraints', { [`${constraints}.resourceRules[0].resourceNames`]: ['a/b', 'c', 'c'] }, `${constraints}.resourceRules[0].resourceNames[0]: Invalid value: "a/b": may not contain '/'`, `${constraints}.resourceRules[0].resourceNames[2]: Duplicate value: "c"`],
  ['spec.matchConstraints', { [`${constraints}.matchPolicy`]: 'X', [`${constraints}.objectSelector`]: { matchLabels: { 'a b': '' } } }, `${constraints}.matchPolicy: Unsupported value: "X"`, `${constraints}.objectSelector.matchLabels: Invalid value: "a b"`],
  ['spec.failurePolicy', { 'spec.failurePolicy': 'X' }, 'spec.failurePolicy: Unsupported value: "X": supported values: "Fail", "Ignore"'],
  ['spec.auditAnnotations', { 'spec.auditAnnotations': [{ key: 'a b', valueExpression: '' }, { key: 'k', valueExpression: 'x'.repeat(5121) }, { key: 'k', valueExpression: 'x' }] }, 'spec.auditAnnotations[0].key: Invalid value: "x/a b": name part must consist of', 'spec.auditAnnotations[0].valueExpression: Required value: valueExpression is not specified', 'spec.auditAnnotations[1].valueExpression: Required value: must not exceed 5120 bytes in length', 'spec.auditAnnotations[2].key: Duplicate value: "k"'],
  ['spec.auditAnnotations', { 'spec.auditAnnotations': Array.from({ length: 21 }, (_, i) => ({ key: `k${i}`, valueExpression: 'x' })) }, 'spec.auditAnnotations: Invalid value: [{"key":"k0"'],
  ['spec.variables[*]', { 'spec.variables': [{ name: '', expression: '' }, { name: 'a-b', expression: '1' }, { name: 'in', expression: '1' }, { name: 'a', expression: '1' }, { name: 'a', expression: '1' }] }, 'spec.variables[0].name: Required value: name is not specified', 'spec.variables[0].expression: Required value: expression is not specified', 'spec.variables[1].name: Invalid value: "a-b": name is not a valid CEL identifier', 'spec.variables[2].name: Invalid value: "in": name is not a valid CEL identifier', 'spec.variables[4].name: Duplicate value: "a"'],
  ['spec.matchConditions', { 'spec.matchConditions': [{ name: 'a b', expression: 'x' }] }, 'spec.matchConditions[0].name: Invalid value: "a b": name part must consist of'],
]);
updateRules(`${group} ValidatingAdmissionPolicy`, policy, [['spec', { 'spec.failurePolicy': 'Ignore' }]]);
defaultRules(`${group} ValidatingAdmissionPolicy`, [['ValidatingAdmissionPolicySpec failurePolicy, MatchResources matchPolicy, namespaceSelector, objectSelector', policy, { 'spec.failurePolicy': 'Fail', [`${constraints}.matchPolicy`]: 'Equivalent', [`${constraints}.namespaceSelector`]: {}, [`${constraints}.objectSelector`]: {}, [`${constraints}.resourceRules[0].scope`]: '*' }]]);

const binding = { spec: { policyName: 'p', validationActions: ['Deny'] } };
createRules(`${group} ValidatingAdmissionPolicyBinding`, binding, [
  ['spec.policyName', { 'spec.policyName': '' }, 'spec.policyName: Required value'],
  ['spec.policyName', { 'spec.policyName': 'A' }, 'spec.policyName: Invalid value: "A": a lowercase RFC 1123 subdomain'],
  ['spec.validationActions', { 'spec.validationActions': [] }, 'spec.validationActions: Required value: at least one validation action is required'],
  ['spec.validationActions', { 'spec.validationActions': ['Deny', 'Warn', 'Deny', 'X'] }, 'spec.validationActions[2]: Duplicate value: "Deny"', 'spec.validationActions[3]: Unsupported value: "X": supported values: "Audit", "Deny", "Warn"', 'spec.validationActions: Invalid value: ["Deny","Warn","Deny","X"]: must not contain both Deny and Warn'],
  ['spec.paramRef', { 'spec.paramRef': { parameterNotFoundAction: 'Deny' } }, 'spec.paramRef: Required value: one of name or selector must be specified'],
  ['spec.paramRef', { 'spec.paramRef': { name: 'a/b', selector: {} } }, "spec.paramRef.name: Invalid value: \"a/b\": may not contain '/'", 'spec.paramRef.name: Forbidden: name and selector are mutually exclusive', 'spec.paramRef.selector: Forbidden: name and selector are mutually exclusive', 'spec.paramRef.parameterNotFoundAction: Required value'],
  ['spec.paramRef', { 'spec.paramRef': { name: 'a', parameterNotFoundAction: 'X' } }, 'spec.paramRef.parameterNotFoundAction: Unsupported value: "X": supported values: "Deny", "Allow"'],
  ['spec.paramRef', { 'spec.paramRef': { name: 'a', selector: { matchLabels: { 'a b': '' } }, parameterNotFoundAction: 'Deny' } }, 'spec.paramRef.name: Forbidden', 'spec.paramRef.selector.matchLabels: Invalid', 'spec.paramRef.selector: Forbidden'],
  ['spec.matchResources', { 'spec.matchResources': { resourceRules: [withChange(rule, { resources: [] })] } }, 'spec.matchResources.resourceRules[0].resources: Required value'],
]);
updateRules(`${group} ValidatingAdmissionPolicyBinding`, binding, [['spec.policyName', { 'spec.policyName': 'q' }]]);
