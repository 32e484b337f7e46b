import { createRules, statusRules, updateRules } from './testing.ts';

const pem = btoa('-----BEGIN CERTIFICATE REQUEST-----\nAA==\n-----END CERTIFICATE REQUEST-----\n');
const good = { spec: { request: pem, signerName: 'example.com/a', usages: ['client auth'] } };
const of = 'certificates.k8s.io/v1 CertificateSigningRequest';
const signer = (name: string, ...refusals: string[]): [string, Record<string, unknown>, ...string[]] => ['spec.signerName', { 'spec.signerName': name }, ...refusals.map((r) => `spec.signerName: ${r}`)];
const condition = (type: string, status: string): Record<string, unknown> => ({ 'status.conditions': [{ type, status }] });
createRules(of, good, [
  ['spec.request', { 'spec.request': btoa('x') }, 'spec.request: Invalid value: '],
  ['spec.usages', { 'spec.usages': [] }, 'spec.usages: Required value'],
  ['spec.usages', { 'spec.usages': ['x', 'any', 'any'] }, 'spec.usages[0]: Unsupported value: "x"', 'spec.usages[2]: Duplicate value: "any"'],
  signer('', 'Required value'),
  signer('a', 'Invalid value: "a": must be a fully qualified domain and path'),
  signer('a/b', 'Invalid value: "a": should be a domain with at least two segments separated by dots'),
  signer('a.b/C', 'Invalid value: "C": validating label "C": a lowercase RFC 1123 subdomain'),
  signer('kubernetes.io/legacy-unknown', 'Invalid value: "kubernetes.io/legacy-unknown": the legacy signerName is not allowed'),
  signer(`a.b/${'c'.repeat(571)}`, 'Invalid value: "ccc', 'Too long: may not be more than 571 bytes'),
  ['spec.expirationSeconds', { 'spec.expirationSeconds': 599 }, 'spec.expirationSeconds: Invalid value: 599: may not specify a duration less than 600 seconds (10 minutes)'],
]);
createRules(of, good, [['metadata.name', { 'metadata.name': 'a/b' }, "metadata.name: Invalid value: \"a/b\": may not contain '/'"], ['metadata.name', { 'metadata.name': 'A B' }]]);
const issued = { status: { conditions: [{ type: 'Approved', status: 'True' }], certificate: btoa('-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n') } };
updateRules(of, good, [
  ['spec', { 'spec.signerName': 'example.com/b' }],
  ['status.conditions', { 'status.conditions': [] }],
  ['status.certificate', { 'status.certificate': '' }],
], issued);
statusRules(of, good, [
  ['status.conditions', { 'status.conditions': [] }],
  ['status.certificate', { 'status.certificate': '' }, 'status.certificate: Forbidden: updates may not modify existing certificate content'],
], issued);
statusRules(of, good, [
  ['status.certificate', { 'status.certificate': btoa('x') }, 'status.certificate: Invalid value: "<certificate data>": must contain at least one CERTIFICATE PEM block'],
  ['status.certificate', { 'status.certificate': btoa('-----BEGIN KEY-----\nAA==\n-----END KEY-----\n') }, 'status.certificate: Invalid value: "<certificate data>": only CERTIFICATE PEM blocks are allowed, found "KEY"'],
  ['status.certificate', { 'status.certificate': btoa('-----BEGIN CERTIFICATE-----\na: b\n\nAA==\n-----END CERTIFICATE-----\n') }, 'status.certificate: Invalid value: "<certificate data>": no PEM block headers are permitted'],
]);
statusRules(of, good, [
  ['status.conditions[*].type', condition('', 'True'), 'status.conditions[0].type: Required value'],
  ['status.conditions[*].type', { 'status.conditions': [{ type: 'X', status: 'True' }, { type: 'X', status: 'False' }] }, 'status.conditions[1].type: Duplicate value: "X"'],
  ['status.conditions[*].status', condition('Failed', 'False'), 'status.conditions[0].status: Unsupported value: "False": supported values: "True"'],
  ['status.conditions[*].status', condition('X', ''), 'status.conditions[0].status: Required value'],
]);
