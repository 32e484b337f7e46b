import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { settlePromises } from '@rhythm/base';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Rig, type Ask, type Reply } from './rig.ts';

/*
 * Bodies and questions that cost more than they look. One that costs more than nothing is held against a harmless one of its kind and size, sent twice just
 * after it, so that a slow machine is slow for both: it may cost so many times as much and no more, and a cheap request beside it must be answered. What is
 * refused is refused with a Status that says why.
 */

const json = 'application/json-patch+json';
const yaml = 'application/yaml';
const map = { verb: 'create', namespace: 'default', resource: 'configmaps', query: { dryRun: 'All' } } as const;
/** Times what the harmless one costs; an exponential or quadratic one costs thousands. */
const timesMax = 60;
/** What counts as nothing: below it the noise of a shared machine is larger. In CPU time of the thread. */
const noiseMs = 150;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
/** Bytes, of objects and of buffers: those go a turn after what held them. */
async function held(): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    collect();
    await settlePromises();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

let rig: Rig;
let heldBefore: number;
beforeAll(async () => {
  rig = await Rig.start();
  await rig.make({ verb: 'create', namespace: 'default', resource: 'configmaps', body: { metadata: { name: 'm' }, data: Object.fromEntries(Array.from({ length: 200 }, (_, at) => [`k${at}`, 'x'.repeat(100)])) } });
  await rig.make({ verb: 'create', namespace: 'default', resource: 'serviceaccounts', body: { metadata: { name: 'default' } } }).catch(() => undefined);
  // What a server keeps once it has seen a request of a kind.
  for (const [, , harmless] of new Map(bombs.map((one) => [one[2], one])).values()) await rig.http('admin', harmless(1_000));
  heldBefore = await held();
});
afterAll(() => rig.stop());

const patch = (contentType: string, body: unknown): Ask => ({ verb: 'patch', namespace: 'default', resource: 'configmaps', name: 'm', query: { dryRun: 'All' }, contentType, body });
const inYaml = (text: string): Ask => ({ ...map, contentType: yaml, body: `kind: ConfigMap\napiVersion: v1\nmetadata: {name: y}\n${text}` });
const list = (query: Record<string, string>): Ask => ({ verb: 'list', namespace: 'default', resource: 'configmaps', query });
const billion = (levels: number): string => `a0: &a0 [x, x, x, x, x, x, x, x, x]\n${Array.from({ length: levels }, (_, at) => `a${at + 1}: &a${at + 1} [${`*a${at}, `.repeat(9)}]`).join('\n')}\n`;
const merges = (levels: number): string => `b0: &b0 {k: v}\n${Array.from({ length: levels }, (_, at) => `b${at + 1}: &b${at + 1} {<<: [${`*b${at}, `.repeat(9)}]}`).join('\n')}\n`;
const nested = (open: string, close: string, depth: number): string => `{"metadata":{"name":"n"},"data":${open.repeat(depth)}${close.repeat(depth)}}`;
const operations = (count: number, of: (at: number) => object): object[] => Array.from({ length: count }, (_, at) => of(at));
const pairs = (count: number): string => Array.from({ length: count }, (_, at) => `k${at}=v${at}`).join(',');
const plainYaml = (bytes: number): Ask => inYaml(`data: {k: "${'x'.repeat(bytes)}"}\n`);
const plainMap = (bytes: number): Ask => ({ ...map, body: { metadata: { name: 'j' }, data: { k: 'x'.repeat(Math.min(bytes, 1_000_000)) } } });
const plainPatch = (bytes: number): Ask => patch(json, [{ op: 'add', path: '/data/k', value: 'x'.repeat(Math.min(bytes, 1_000_000)) }]);
const plainList = (bytes: number): Ask => list({ fieldManager: 'x'.repeat(bytes) });

function definition(schema: object, more: object = {}): Ask {
  return { verb: 'create', api: 'apiextensions.k8s.io/v1', resource: 'customresourcedefinitions', query: { dryRun: 'All' }, body: { metadata: { name: 'bombs.bomb.example' }, spec: { group: 'bomb.example', scope: 'Namespaced', names: { plural: 'bombs', kind: 'Bomb' }, versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object', ...schema } }, ...more }] } } };
}
const plainDefinition = (bytes: number): Ask => definition({ description: 'x'.repeat(bytes) });
const field = (rest: object): object => ({ properties: { spec: { type: 'string', ...rest } } });
const policy = (expression: string): Ask => ({ verb: 'create', api: 'admissionregistration.k8s.io/v1', resource: 'validatingadmissionpolicies', query: { dryRun: 'All' }, body: { metadata: { name: 'p' }, spec: { matchConstraints: { resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] }] }, validations: [{ expression }] } } });
const plainPolicy = (bytes: number): Ask => policy(`object.metadata.name != "${'x'.repeat(bytes)}"`);
const nestedSchema = (depth: number): object => { let schema: object = { type: 'string' }; for (let at = 0; at < depth; at++) schema = { type: 'object', properties: { a: schema } }; return { properties: { spec: schema } }; };

type Harmless = (bytes: number) => Ask;
const bombs: [string, Ask, Harmless, (readonly number[])?][] = [
  ['YAML: a billion laughs', inYaml(`${billion(9)}data: {k: *a9}\n`), plainYaml, [400]],
  ['YAML: a billion laughs in a list that nobody reads', inYaml(billion(40)), plainYaml, [400]],
  ['YAML: merge keys of merge keys', inYaml(`${merges(9)}data: {<<: *b9}\n`), plainYaml],
  ['YAML: an alias to what it is in', inYaml('data: &d {k: *d}\n'), plainYaml, [400]],
  ['YAML: many aliases of much', inYaml(`data:\n  a: &x "${'x'.repeat(50_000)}"\n${operations(9_000, (at) => ({ at })).map((_, at) => `  k${at}: *x\n`).join('')}`), plainYaml, [400]],
  ['YAML: flow lists, nested', inYaml(`data: ${'['.repeat(15_000)}`), plainYaml, [400]],
  ['YAML: block lists, nested', inYaml(`data:\n${'- '.repeat(10_000)}x\n`), plainYaml, [400]],
  ['YAML: indented ever deeper', inYaml(`data:\n${operations(1_200, (at) => ({ at })).map((_, at) => `${' '.repeat(at + 1)}a:\n`).join('')}`), plainYaml, [400]],
  ['YAML: colons (CVE-2019-11254)', inYaml(`data: {k: "${'x'.repeat(10)}", ${'? '.repeat(15_000)}}`), plainYaml],
  ['YAML: only marks', inYaml(`${':-?&*!|>'.repeat(100_000)}\n`), plainYaml, [413]],
  ['YAML: a long text of quotes that never end', inYaml(`data: "${'\\"'.repeat(200_000)}`), plainYaml, [400]],
  ['YAML: many anchors', inYaml(operations(9_000, () => ({})).map((_, at) => `a${at}: &a${at} x\n`).join('')), plainYaml],
  ['JSON: lists, nested', { ...map, body: nested('[', ']', 200_000) }, plainMap, [400]],
  ['JSON: objects, nested', { ...map, body: nested('{"a":', '}', 100_000).replace('"a":}', '"a":1}') }, plainMap, [400]],
  ['JSON: nothing but opening brackets', { ...map, body: '['.repeat(2_000_000) }, plainMap, [400]],
  ['JSON: one key a hundred thousand times', { ...map, body: `{"metadata":{"name":"d"},"data":{${'"k":"v",'.repeat(100_000)}"k":"v"}}` }, plainMap],
  ['JSON: unknown fields', { ...map, query: { ...map.query, fieldValidation: 'Warn' }, body: `{"metadata":{"name":"d"},${operations(50_000, () => ({})).map((_, at) => `"u${at}":1`).join(',')}}` }, plainMap],
  ['JSON: a number of a million digits', { ...map, body: `{"metadata":{"name":"d","generation":${'9'.repeat(1_000_000)}}}` }, plainMap, [400]],
  ['JSON: too much', { ...map, body: `{"metadata":{"name":"d"},"data":{"k":"${'x'.repeat(4_000_000)}"}}` }, plainMap, [413]],
  ['JSON patch: a hundred thousand operations (CVE-2019-1002100)', patch(json, operations(100_000, () => ({ op: 'test', path: '/data/k1', value: 'x' }))), plainPatch, [413]],
  ['JSON patch: copies of copies', patch(json, [{ op: 'add', path: '/data/z', value: 'x'.repeat(1000) }, ...operations(40, (at) => ({ op: 'copy', from: '/data', path: `/data/c${at}` }))]), plainPatch, [413, 422]],
  ['JSON patch: put in front of a list again and again', patch(json, [{ op: 'add', path: '/metadata/finalizers', value: [] }, ...operations(9_000, (at) => ({ op: 'add', path: '/metadata/finalizers/0', value: `a.example/${at}` }))]), plainPatch],
  ['JSON patch: compares what is large, often', patch(json, [{ op: 'add', path: '/data/z', value: 'y'.repeat(900_000) }, ...operations(1_500, () => ({ op: 'test', path: '/data/z', value: 'y'.repeat(900) }))]), plainPatch],
  ['JSON patch: long pointers', patch(json, operations(200, () => ({ op: 'remove', path: '/a'.repeat(5_000) }))), plainPatch],
  ['merge patch: nested', patch('application/merge-patch+json', `{"data":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}}`), plainPatch, [400]],
  ['strategic merge patch: orders of orders', patch('application/strategic-merge-patch+json', { metadata: { '$setElementOrder/finalizers': operations(20_000, (at) => ({ at })).map((_, at) => `f${at}`), finalizers: operations(20_000, (at) => ({ at })).map((_, at) => `f${at}`) } }), plainPatch],
  ['strategic merge patch: deleted one by one', patch('application/strategic-merge-patch+json', { metadata: { '$deleteFromPrimitiveList/finalizers': operations(50_000, (at) => ({ at })).map((_, at) => `f${at}`) } }), plainPatch],
  ['apply: as YAML with aliases', { ...patch('application/apply-patch+yaml', `kind: ConfigMap\napiVersion: v1\nmetadata: {name: m}\n${billion(9)}data: {k: *a9}\n`), query: { dryRun: 'All', fieldManager: 'x', force: 'true' } }, plainYaml, [400]],
  ['apply: managed fields, nested', { ...map, body: { metadata: { name: 'f', managedFields: [{ manager: 'm', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: JSON.parse(`${'{"f:a":'.repeat(400)}{}${'}'.repeat(400)}`) as object }] } } }, plainMap],
  ['selector: many requirements', list({ labelSelector: pairs(900) }), plainList],
  ['selector: many values', list({ labelSelector: `k in (${operations(2_500, (at) => ({ at })).map((_, at) => `v${at}`).join(',')})` }), plainList],
  ['selector: never closed', list({ labelSelector: `k in (${'('.repeat(10_000)}` }), plainList, [400]],
  ['selector: exclamation marks', list({ labelSelector: '!'.repeat(12_000) }), plainList, [400]],
  ['selector of fields: marks without end', list({ fieldSelector: '!'.repeat(12_000) }), plainList, [400]],
  ['selector of fields: escapes', list({ fieldSelector: `metadata.name=${'\\\\'.repeat(2_000)}` }), plainList],
  ['selector in a review', { verb: 'create', api: 'authorization.k8s.io/v1', resource: 'selfsubjectaccessreviews', body: { spec: { resourceAttributes: { verb: 'list', resource: 'pods', labelSelector: { requirements: operations(20_000, (at) => ({ key: `k${at}`, operator: 'In', values: ['a', 'b'] })) } } } } }, plainMap],
  ['pattern: nested stars', definition(field({ pattern: '^(((a+)+)+)+$', default: `${'a'.repeat(5_000)}!` })), plainDefinition],
  ['pattern: repeats of repeats', definition(field({ pattern: '((((a{1,100}){1,100}){1,100}){1,100})' })), plainDefinition],
  ['pattern: many alternatives, a long text', definition(field({ pattern: `(${operations(300, (at) => ({ at })).map((_, at) => `a{0,9}${at}`).join('|')})$`, default: 'a'.repeat(3_000) })), plainDefinition],
  ['schema: nested', definition(nestedSchema(200)), plainDefinition],
  ['schema: a rule over lists of lists', definition({ properties: { spec: { type: 'array', items: { type: 'array', items: { type: 'array', items: { type: 'string' } } }, 'x-kubernetes-validations': [{ rule: 'self.all(a, a.all(b, b.all(c, self.all(d, d.all(e, e.all(f, f != c))))))' }] } } }), plainDefinition, [422]],
  ['expression: nested calls', policy(`${'size(['.repeat(2_000)}1${'])'.repeat(2_000)} > 0`), plainPolicy, [422, 400]],
  ['expression: brackets', policy(`${'('.repeat(9_000)}true${')'.repeat(9_000)}`), plainPolicy],
  ['expression: comprehensions', policy(`[${'1,'.repeat(200)}1].all(a, [${'1,'.repeat(200)}1].all(b, [${'1,'.repeat(200)}1].all(c, a + b + c > 0)))`), plainPolicy],
  ['expression: a pattern in it', policy(`object.metadata.name.matches('${'(a|'.repeat(500)}b${')*'.repeat(500)}')`), plainPolicy],
  ['quantity: digits', { verb: 'create', namespace: 'default', resource: 'resourcequotas', query: { dryRun: 'All' }, body: { metadata: { name: 'q' }, spec: { hard: { cpu: `1e${'9'.repeat(100_000)}`, memory: '9'.repeat(200_000) } } } }, plainMap, [400, 422]],
  ['names: long ones in every place', { ...map, body: { metadata: { name: 'x'.repeat(500_000), labels: { ['l'.repeat(300_000)]: 'v'.repeat(300_000) }, annotations: { ['a'.repeat(200_000)]: '' } } } }, plainMap, [422]],
  ['cron: what never comes', { verb: 'create', api: 'batch/v1', namespace: 'default', resource: 'cronjobs', query: { dryRun: 'All' }, body: { metadata: { name: 'c' }, spec: { schedule: `${'0-59/1,'.repeat(20_000)}0 0 31 2 *`, jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } } } } } }, plainMap],
  ['PEM: much of it', { verb: 'create', api: 'certificates.k8s.io/v1', resource: 'certificatesigningrequests', query: { dryRun: 'All' }, body: { metadata: { name: 'c' }, spec: { signerName: 'a.example/b', usages: ['client auth'], request: Buffer.from('-----BEGIN CERTIFICATE REQUEST-----\n'.repeat(20_000)).toString('base64') } } }, plainMap, [400, 422]],
];

const cpuMs = (from?: NodeJS.CpuUsage): number => { const { user, system } = process.threadCpuUsage(from); return (user + system) / 1000; };

async function costOf(ask: Ask): Promise<{ readonly ms: number; readonly reply: Reply }> {
  const from = process.threadCpuUsage();
  const reply = await rig.http('admin', ask);
  return { ms: cpuMs(from), reply };
}

describe('parser bombs', () => {
  test.each<[string, Ask, Harmless, (readonly number[])?]>(bombs)('%s', async (_name, bomb, harmless, codes) => {
    const [{ ms, reply }, cheap] = await Promise.all([costOf(bomb), rig.http('admin', { verb: 'get', namespace: 'default', resource: 'configmaps', name: 'm' })]);
    expect(cheap.code).toBe(200);
    if (codes === undefined) expect(reply.code, reply.text.slice(0, 200)).toBeLessThan(500);
    else expect(codes, reply.text.slice(0, 200)).toContain(reply.code);
    if (reply.code >= 400) expect(JSON.parse(reply.text)).toMatchObject({ kind: 'Status', status: 'Failure', message: expect.stringMatching(/.{10}/) as string });
    if (ms < noiseMs) return;
    const bytes = Buffer.byteLength(typeof bomb.body === 'string' ? bomb.body : JSON.stringify(bomb.body ?? bomb.query));
    const plain = harmless(Math.min(bytes, 900_000));
    const [first, second] = [(await costOf(plain)).ms, (await costOf(plain)).ms];
    expect(ms, `${Math.round(ms)} ms of CPU, a harmless one of ${bytes} bytes ${Math.round(first)} and ${Math.round(second)} ms`).toBeLessThan(noiseMs + timesMax * Math.max(first, second));
  });

  test('what they held is given back', async () => {
    rig.audit.length = 0;
    rig.log.length = 0;
    // They are about 25 MB as they are sent, and much more as they are read. Some 18 MB are code that they made to be compiled, and what was said of them here.
    const more = ((await held()) - heldBefore) / 1e6;
    expect(more).toBeLessThan(30);
  });
});
