import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '@rhythm/base';
import type { KeyPair } from '@rhythm/pki';
import type { Apiserver } from '../start.ts';
import { ask, insider, startTestServer, storeWithPast, testCluster, testUser } from '../test-server.ts';
import type { Case, Earlier, Outcome } from './case.ts';
import { callerCases } from './cases/callers.ts';
import { customCases, thingDefinition } from './cases/custom.ts';
import { listCases } from './cases/lists.ts';
import { objectCases } from './cases/objects.ts';
import { subresourceCases } from './cases/subresources.ts';
import type { Face, Identity } from './face.ts';
import { sessionFace, unaryFace } from './grpc-caller.ts';
import { httpFace } from './http-caller.ts';
import { comparable, comparableAudit } from './normalise.ts';

const groups: Readonly<Record<string, readonly Case[]>> = { objects: objectCases, lists: listCases, subresources: subresourceCases, callers: callerCases, 'custom resources': customCases };

interface Rig {
  readonly server: Apiserver;
  readonly face: Face;
  readonly audit: string[];
  readonly seen: Map<string, Outcome>;
}

const rigs: Rig[] = [];
let ca: string;
let admin: KeyPair;

beforeAll(async () => {
  const cluster = await testCluster({ auditPolicy: 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: RequestResponse}]\n' });
  ca = cluster.authority.certPem;
  admin = await testUser(cluster.authority, 'admin', 'system:masters');
  const identities = { admin: identityOf(admin), bob: identityOf(await testUser(cluster.authority, 'bob')) };
  for (const make of [httpFace, unaryFace, sessionFace]) {
    const audit: string[] = [];
    // Each with a past of its own: by what servers write by themselves their versions come to differ sooner or later.
    const server = await startTestServer(cluster, { store: await storeWithPast(3 + 7 * rigs.length), writeAudit: (line) => audit.push(line) });
    const robot = { token: await prepare(server) };
    audit.length = 0;
    rigs.push({ server, face: make(make === httpFace ? server.port : server.grpcPort, ca, { ...identities, robot }), audit, seen: new Map() });
  }
});
afterAll(async () => {
  await Promise.all(rigs.map(({ face }) => face.close()));
  await Promise.all(rigs.map(({ server }) => server.stop()));
});

function identityOf({ certPem, keyPem }: KeyPair): Identity {
  return { cert: certPem, key: keyPem };
}

/** What the cases find: an account that may view, whose token it gives, and a kind of our own. */
async function prepare(server: Apiserver): Promise<string> {
  const make = async (group: string, namespace: string, resource: string, name: string, subresource: string, body: object): Promise<Record<string, unknown>> => {
    const response = await server.pipeline.handle({ caller: insider, verb: 'create', group, version: 'v1', namespace, resource, name, subresource, options: {}, body: Buffer.from(JSON.stringify(body)), contentType: 'application/json', accept: 'application/json', userAgent: 'faces', signal: new AbortController().signal });
    return JSON.parse(Buffer.from(response.body as Uint8Array).toString()) as Record<string, unknown>;
  };
  await make('', 'default', 'serviceaccounts', '', '', { metadata: { name: 'robot' } });
  await make('rbac.authorization.k8s.io', '', 'clusterrolebindings', '', '', { metadata: { name: 'robot' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' }, subjects: [{ kind: 'ServiceAccount', name: 'robot', namespace: 'default' }] });
  await make('apiextensions.k8s.io', '', 'customresourcedefinitions', '', '', thingDefinition);
  while (!(await served(server))) await systemClock.sleep(10);
  const { status } = await make('', 'default', 'serviceaccounts', 'robot', 'token', { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', spec: {} });
  return (status as { token: string }).token;
}

/** Whether the kind of our own is there: nothing tells of it but its answers. */
async function served(server: Apiserver): Promise<boolean> {
  const asked = server.pipeline.handle({ caller: insider, verb: 'list', group: 'faces.example', version: 'v1beta1', namespace: '', resource: 'things', name: '', subresource: '', options: {}, body: new Uint8Array(), contentType: '', accept: '', userAgent: 'faces', signal: new AbortController().signal });
  return asked.then(() => true, () => false);
}

async function run({ face, seen }: Rig, one: Case): Promise<Outcome> {
  const earlier = ((name: string) => seen.get(name)?.body) as unknown as Earlier;
  const query = typeof one.query === 'function' ? one.query(earlier) : (one.query ?? {});
  const body = typeof one.body === 'function' ? (one.body as (from: Earlier) => object)(earlier) : one.body;
  const { query: _query, body: _body, ...rest } = one;
  const outcome = await face.send({ ...rest, query, ...(body === undefined ? {} : { body }) });
  seen.set(one.name, outcome);
  return outcome;
}

/** The outcome that the case promises. */
function check(one: Case, outcome: Outcome, promised: { readonly code: number; readonly reason?: string | undefined }): void {
  expect(outcome.code, JSON.stringify(outcome.body)).toBe(promised.code);
  if (promised.reason !== undefined) expect(outcome.body).toMatchObject({ kind: 'Status', status: 'Failure', code: promised.code, reason: promised.reason });
  if (one.warns !== undefined) expect(outcome.warnings).toEqual(one.warns);
}

describe.each(Object.entries(groups))('%s', (_group, cases) => {
  test.each(cases.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    const outcomes = [];
    for (const rig of rigs) outcomes.push([rig, await run(rig, one)] as const);
    const [http] = outcomes;
    if (http === undefined) throw new Error('no face');
    check(one, http[1], one);
    if (one.shows !== undefined) expect(http[1].body).toMatchObject(one.shows as object);
    for (const [rig, outcome] of outcomes.slice(1)) {
      if (one.grpc !== undefined) check(one, outcome, one.grpc);
      else expect(comparable(outcome), rig.face.name).toEqual(comparable(http[1]));
    }
  });
});

describe('afterwards', () => {
  const differing = new Set(Object.values(groups).flat().filter(({ grpc }) => grpc !== undefined).map(({ path }) => path.split('/').slice(-2).join('/')));

  test('HTTP and unary gRPC have written the same audit log', async () => {
    const [http, unary] = rigs.map(({ audit }) => () => comparableAudit(audit, differing));
    if (http === undefined || unary === undefined) throw new Error('no face');
    // The ends of watches come when the server has noticed that the client is gone.
    while (http().length !== unary().length) await systemClock.sleep(20);
    expect(unary()).toEqual(http());
  });

  test('and counted the same requests', async () => {
    const [http, unary] = await Promise.all(rigs.slice(0, 2).map(({ server }) => requestCounts(server.port)));
    expect(http?.length).toBeGreaterThan(50);
    expect(unary).toEqual(http);
  });

  async function requestCounts(port: number): Promise<string[]> {
    const { text } = await ask(port, 'GET', '/metrics', { ca, as: admin });
    return text.split('\n').filter((line) => line.startsWith('apiserver_request_total{') && !/subresource="(exec|attach|portforward)"/.test(line));
  }
});
