import { decodeJwt } from 'jose';
import type { V1Pod, V1ServiceAccount } from '@kubernetes/client-node';
import { expect, inject } from 'vitest';
import { row, type Context } from '../../harness/index.ts';
import { deleteCollection } from '../verbs.ts';

const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
const accountOf = (k: Context, name = 'default'): string => `system:serviceaccount:${k.namespace}:${name}`;

async function review(k: Context, token: string, audiences?: string[]): Promise<{ authenticated?: boolean; username?: string; groups?: string[]; audiences?: string[]; extra?: Record<string, string[]> }> {
  const { status } = await k.authentication.createTokenReview({ body: { spec: { token, ...(audiences === undefined ? {} : { audiences }) } } });
  return { ...status, ...status?.user } as Awaited<ReturnType<typeof review>>;
}

row('sa-lifecycle', async (k) => {
  const path = k.path('serviceaccounts');
  const labels = { 'accounts-of': k.namespace };
  const labelSelector = `accounts-of=${k.namespace}`;
  const watching = await k.watch<V1ServiceAccount>(path, { labelSelector });
  await k.core.createNamespacedServiceAccount({ namespace: k.namespace, body: { metadata: { name: 'account', labels } } });
  await watching.until(({ type }) => type === 'ADDED');
  await k.patch(`${path}/account`, { automountServiceAccountToken: false }, 'strategic');
  const { object } = await watching.until(({ type }) => type === 'MODIFIED');
  expect(object.automountServiceAccountToken).toBe(false);
  const { items } = await k.core.listServiceAccountForAllNamespaces({ labelSelector });
  expect(items.map(({ metadata }) => `${metadata?.namespace}/${metadata?.name}`)).toEqual([`${k.namespace}/account`]);
  await deleteCollection(k, path, labelSelector);
  await watching.until(({ type }) => type === 'DELETED');
  // The one of the namespace stays.
  await k.until(`${path}/default`, (account) => account !== undefined, 'the default account');
});

row('sa-update', async (k) => {
  const made = await k.core.createNamespacedServiceAccount({ namespace: k.namespace, body: { metadata: { name: 'account' }, automountServiceAccountToken: true } });
  const before = { ...(await k.get<object>(`${k.path('serviceaccounts')}/account`)) };
  const updated = await k.put<V1ServiceAccount>(`${k.path('serviceaccounts')}/account`, { ...before, automountServiceAccountToken: false });
  expect(updated).toMatchObject({ automountServiceAccountToken: false, metadata: { uid: made.metadata?.uid } });
  await k.fails(k.raw('PUT', `${k.path('serviceaccounts')}/account`, { body: before }), { code: 409, reason: 'Conflict' });
});

row('sa-tokenreview', async (k) => {
  const account = await k.core.createNamespacedServiceAccount({ namespace: k.namespace, body: { metadata: { name: 'account' } } });
  const request = async (audiences: string[]): Promise<string> => (await k.core.createNamespacedServiceAccountToken({ namespace: k.namespace, name: 'account', body: { spec: { audiences, expirationSeconds: 600 } } })).status?.token ?? '';
  const token = await request([]);
  const claims = decodeJwt(token);
  expect(claims).toMatchObject({ sub: accountOf(k, 'account'), 'kubernetes.io': { namespace: k.namespace, serviceaccount: { name: 'account', uid: account.metadata?.uid } } });
  expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(600);
  expect(await review(k, token)).toMatchObject({ authenticated: true, username: accountOf(k, 'account'), groups: ['system:serviceaccounts', `system:serviceaccounts:${k.namespace}`, 'system:authenticated'] });

  const meant = await request(['for-others']);
  expect(await review(k, meant)).not.toMatchObject({ authenticated: true });
  expect(await review(k, meant, ['for-others', 'more'])).toMatchObject({ authenticated: true, audiences: ['for-others'] });
  const [head = '', payload = '', signature = ''] = token.split('.');
  const forged = Buffer.from(JSON.stringify({ ...claims, sub: accountOf(k) })).toString('base64url');
  for (const bad of [`${head}.${forged}.${signature}`, `${head}.${payload}.`, 'nonsense']) expect(await review(k, bad)).not.toMatchObject({ authenticated: true });
  await k.fails(k.core.createNamespacedServiceAccountToken({ namespace: k.namespace, name: 'account', body: { spec: { audiences: [], expirationSeconds: 1 } } }), { code: 422, reason: 'Invalid', message: 'spec.expirationSeconds' });

  // A token dies with its account.
  await k.core.deleteNamespacedServiceAccount({ namespace: k.namespace, name: 'account' });
  await k.eventually(async () => (await review(k, token)).authenticated !== true, 'the token of a deleted account is refused');
});

row(
  'sa-automount-optout',
  async (k) => {
    const says = { yes: true, no: false, nothing: undefined } as const;
    for (const [account, mounts] of Object.entries(says)) {
      await k.core.createNamespacedServiceAccount({ namespace: k.namespace, body: { metadata: { name: `account-${account}` }, ...(mounts === undefined ? {} : { automountServiceAccountToken: mounts }) } });
    }
    const mounted: Record<string, boolean> = {};
    for (const account of Object.keys(says)) {
      for (const [pod, mounts] of Object.entries(says)) {
        const made = await k.core.createNamespacedPod({
          namespace: k.namespace,
          body: { metadata: { name: `account-${account}-pod-${pod}` }, spec: { nodeName: 'nowhere', serviceAccountName: `account-${account}`, containers: [{ name: 'c', image: 'none' }], ...(mounts === undefined ? {} : { automountServiceAccountToken: mounts }) } },
        });
        const mount = made.spec?.containers[0]?.volumeMounts?.find((one) => one.mountPath === mountPath);
        const volume = made.spec?.volumes?.find(({ name }) => name === mount?.name);
        if (mount !== undefined) expect(volume?.projected?.sources).toHaveLength(3);
        mounted[`${account}/${pod}`] = mount !== undefined;
      }
    }
    expect(mounted).toEqual({
      'yes/yes': true, 'yes/no': false, 'yes/nothing': true,
      'no/yes': true, 'no/no': false, 'no/nothing': false,
      'nothing/yes': true, 'nothing/no': false, 'nothing/nothing': true,
    });
  },
  { pods: true },
);

const sleeper = (more: object = {}): object => ({ restartPolicy: 'Never', terminationGracePeriodSeconds: 0, containers: [{ name: 'c', image: inject('busybox'), command: ['sleep', '600'], ...more }] });

async function running(k: Context, body: object): Promise<V1Pod> {
  const { metadata } = await k.create<V1Pod>(k.path('pods'), body);
  const pod = await k.until<V1Pod>(`${k.path('pods')}/${metadata?.name}`, (object) => object?.status?.phase === 'Running', 'the pod runs');
  if (pod === undefined) throw new Error('the pod is gone');
  return pod;
}

row(
  'sa-mount-token',
  async (k) => {
    const pod = await running(k, { metadata: { name: 'pod' }, spec: sleeper() });
    const file = (name: string): Promise<string> => k.kubectl(['exec', 'pod', '--', 'cat', `${mountPath}/${name}`]);
    expect(await file('namespace')).toBe(k.namespace);
    const bundle = await k.core.readNamespacedConfigMap({ namespace: k.namespace, name: 'kube-root-ca.crt' });
    expect(await file('ca.crt')).toBe(bundle.data?.['ca.crt']);
    const token = await file('token');
    const account = await k.core.readNamespacedServiceAccount({ namespace: k.namespace, name: 'default' });
    expect(await review(k, token)).toMatchObject({
      authenticated: true,
      username: accountOf(k),
      uid: account.metadata?.uid,
      extra: { 'authentication.kubernetes.io/pod-name': ['pod'], 'authentication.kubernetes.io/pod-uid': [pod.metadata?.uid], 'authentication.kubernetes.io/node-name': [pod.spec?.nodeName] },
    });
    // It is the pod's: without it, it is nobody's.
    await k.core.deleteNamespacedPod({ namespace: k.namespace, name: 'pod', gracePeriodSeconds: 0 });
    await k.eventually(async () => (await review(k, token)).authenticated !== true, 'the token of a deleted pod is refused');
  },
  { pods: true },
);

row(
  'sa-projected-token',
  async (k) => {
    const serviceAccountToken = { path: 'deep/own-token', audience: 'some-audience', expirationSeconds: 3600 };
    const spec = { ...sleeper({ volumeMounts: [{ name: 'tokens', mountPath: '/tokens' }] }), automountServiceAccountToken: false, volumes: [{ name: 'tokens', projected: { defaultMode: 0o440, sources: [{ serviceAccountToken }] } }] };
    await running(k, { metadata: { name: 'pod' }, spec });
    const token = await k.kubectl(['exec', 'pod', '--', 'cat', '/tokens/deep/own-token']);
    expect(decodeJwt(token)).toMatchObject({ aud: ['some-audience'], sub: accountOf(k) });
    expect(await review(k, token, ['some-audience'])).toMatchObject({ authenticated: true, username: accountOf(k) });
    expect(await review(k, token)).not.toMatchObject({ authenticated: true });
    expect(await k.kubectl(['exec', 'pod', '--', 'stat', '-L', '-c', '%a', '/tokens/deep/own-token'])).toBe('440\n');
  },
  { pods: true },
);

/** Runs in a pod: finds the keys of its cluster by its own token, as any party that relies on them would, and verifies the token by them. */
const verifier = `
const { createPublicKey, verify } = require('node:crypto');
const token = require('node:fs').readFileSync('${mountPath}/token', 'utf8');
const ask = async (url) => { const answer = await fetch(url, { headers: { authorization: 'Bearer ' + token } }); if (!answer.ok) throw new Error(url + ': ' + answer.status); return answer.json(); };
const part = (text) => JSON.parse(Buffer.from(text, 'base64url'));
const main = async () => {
  const server = 'https://kubernetes.default.svc';
  const configuration = await ask(server + '/.well-known/openid-configuration');
  const { keys } = await ask(server + new URL(configuration.jwks_uri).pathname);
  const [head, claims, signature] = token.split('.');
  const { kid, alg } = part(head);
  const key = createPublicKey({ key: keys.find((one) => one.kid === kid && one.alg === alg), format: 'jwk' });
  const signed = (text) => verify('sha256', Buffer.from(text), alg.startsWith('ES') ? { key, dsaEncoding: 'ieee-p1363' } : key, Buffer.from(signature, 'base64url'));
  console.log(JSON.stringify({ configuration, verified: signed(head + '.' + claims), forged: signed(head + '.' + claims.slice(1)), claims: part(claims) }));
};
main().catch((error) => { console.log(String(error.cause ?? error)); process.exitCode = 1; });
`;

row(
  'sa-oidc',
  async (k) => {
    const container = { name: 'c', image: inject('node'), command: ['/bin/node', '-e', verifier], env: [{ name: 'NODE_EXTRA_CA_CERTS', value: `${mountPath}/ca.crt` }] };
    await k.create(k.path('pods'), { metadata: { name: 'verifier' }, spec: { restartPolicy: 'Never', containers: [container] } });
    const ended = await k.until<V1Pod>(`${k.path('pods')}/verifier`, (object) => ['Succeeded', 'Failed'].includes(object?.status?.phase ?? ''), 'the pod has ended');
    const said = await k.core.readNamespacedPodLog({ namespace: k.namespace, name: 'verifier' });
    expect(ended?.status?.phase, said).toBe('Succeeded');
    const found = JSON.parse(said) as { configuration: { issuer: string }; verified: boolean; forged: boolean; claims: { iss: string; sub: string } };
    expect(found).toMatchObject({ verified: true, forged: false, claims: { iss: found.configuration.issuer, sub: accountOf(k) } });
    expect(found.configuration).toMatchObject({ response_types_supported: ['id_token'], subject_types_supported: ['public'], id_token_signing_alg_values_supported: [expect.stringMatching(/^(RS|ES)256$/)] });
    // Service accounts may look.
    for (const path of ['/.well-known/openid-configuration', '/openid/v1/jwks']) expect((await k.as(accountOf(k), ['system:serviceaccounts']).raw('GET', path)).code).toBe(200);
  },
  { pods: true },
);
