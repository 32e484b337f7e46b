import { connect } from 'node:tls';
import { systemClock } from '@rhythm/base';
import { expect, test } from 'vitest';
import { startWebhook } from '../../webhooks/testing.ts';
import type { Raw, Reply } from '../rig.ts';
import type { Line } from './line.ts';

/** A token as the world has them, found wherever it ends up: in this form, without its signature, in base64, as a URL has it. */
const marks: string[] = [];
function made(name: string): string {
  const middle = Buffer.from(JSON.stringify({ sub: name, mark: `mark-${name}` })).toString('base64url');
  const token = `${Buffer.from('{"alg":"ES256"}').toString('base64url')}.${middle}.${'s'.repeat(20)}${name.replaceAll(/[^a-z]/g, '')}`;
  remember(token, middle);
  return token;
}
function remember(...texts: string[]): void {
  for (const text of texts) marks.push(text, Buffer.from(text).toString('base64').replace(/=+$/, '').slice(0, -2), encodeURIComponent(text));
}

export const redaction: Line = (rig) => {
  const send = (method: string, path: string, raw: Raw = {}): Promise<Reply> => rig().raw('nobody', method, path, raw);
  const asAdmin = (method: string, path: string, body: unknown, headers: Raw['headers'] = {}): Promise<Reply> => rig().raw('admin', method, path, { body: typeof body === 'string' ? body : JSON.stringify(body), headers });
  const bearer = (token: string): Raw => ({ headers: { authorization: `Bearer ${token}` } });
  const secrets = '/api/v1/namespaces/default/secrets';
  const tokenOf = '/api/v1/namespaces/default/serviceaccounts/robot/token';

  /** Every place where a credential comes in, or goes out. */
  const places: ReadonlyArray<readonly [string, () => Promise<unknown>]> = [
    ['a header that nobody knows', () => send('GET', '/api/v1/pods', bearer(made('header')))],
    ['a header of another scheme', () => send('GET', '/api/v1/pods', { headers: { authorization: `Basic ${made('basic')}` } })],
    ['a header with more in it', () => send('GET', '/api/v1/pods', { headers: { authorization: `Bearer ${made('more')} and more` } })],
    ['two headers', () => send('GET', '/api/v1/pods', { headers: { authorization: `Bearer ${made('two')}`, 'x-remote-user': made('remote'), cookie: `token=${made('cookie')}` } })],
    ['a header on a path that there is not', () => send('GET', `/nowhere`, bearer(made('nowhere')))],
    ['a query', () => send('GET', `/api/v1/pods?access_token=${made('query')}&token=${made('query2')}&watch=true`)],
    ['a query on a path that there is not', () => asAdmin('GET', `/nowhere?token=${made('query3')}`, '')],
    ['a gRPC header', async () => {
      rig().bearer('stranger', made('grpc'));
      await rig().grpc('stranger', { verb: 'list', resource: 'pods' });
    }],
    ['a sub-protocol of a WebSocket', () => upgrade(`/api/v1/pods?watch=true`, `base64url.bearer.authorization.k8s.io.${Buffer.from(made('protocol')).toString('base64url')}, base64.binary.k8s.io`)],
    ['a sub-protocol that cannot be read', () => upgrade(`/api/v1/pods?watch=true`, `base64url.bearer.authorization.k8s.io.${made('broken')}`)],
    ['the answer to a TokenRequest, and what is then done with it', async () => {
      await asAdmin('POST', '/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'robot' } });
      const { text } = await asAdmin('POST', tokenOf, { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', spec: {} });
      const { token } = (JSON.parse(text) as { status: { token: string } }).status;
      const [, middle = '', end = ''] = token.split('.');
      remember(token, middle, end);
      await send('GET', '/api/v1/pods', bearer(token));
      await send('GET', '/api/v1/pods', bearer(`${token}x`));
      rig().bearer('robot', token);
      await rig().grpc('robot', { verb: 'list', resource: 'secrets', namespace: 'kube-system' });
      await asAdmin('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token } });
    }],
    ['a TokenRequest that says one itself', () => asAdmin('POST', tokenOf, { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', spec: { token: made('spec') }, status: { token: made('status') } })],
    ['a TokenRequest in YAML', () => asAdmin('POST', tokenOf, `kind: TokenRequest\napiVersion: authentication.k8s.io/v1\nstatus: {token: ${made('yaml')}}\n`, { 'content-type': 'application/yaml' })],
    ['a TokenReview', () => asAdmin('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: made('review') } })],
    ['a TokenReview of the wrong shape', () => asAdmin('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec: { token: { inside: made('nested') } } })],
    ['a TokenReview that is a list', () => asAdmin('POST', '/apis/authentication.k8s.io/v1/tokenreviews', [{ spec: { token: made('list') } }])],
    ['a TokenReview with the token elsewhere', () => asAdmin('POST', '/apis/authentication.k8s.io/v1/tokenreviews', { spec: { tokens: [made('elsewhere')] }, token: made('top') })],
    ['a Secret', () => asAdmin('POST', secrets, { metadata: { name: 'a', annotations: { 'kubectl.kubernetes.io/last-applied-configuration': JSON.stringify({ stringData: { t: made('applied') } }) } }, stringData: { token: made('string') }, data: { token: Buffer.from(made('data')).toString('base64') } })],
    ['a Secret that is refused', () => asAdmin('POST', secrets, { metadata: { name: 'b', namespace: 'elsewhere' }, stringData: { token: made('refused') } })],
    ['a Secret that cannot be read', () => asAdmin('POST', secrets, `{"metadata":{"name":"c"},"stringData":{"token":"${made('cut')}"`)],
    ['a Secret whose data is no base64', () => asAdmin('POST', secrets, { metadata: { name: 'd' }, data: { token: made('base64') } })],
    ['a Secret of the wrong type', () => asAdmin('POST', secrets, { metadata: { name: 'e' }, data: [made('array')], stringData: made('text') })],
    ['a Secret with fields that there are not', () => asAdmin('POST', `${secrets}?fieldValidation=Strict`, { metadata: { name: 'f' }, token: made('unknown'), immutable: made('bool') })],
    ['a Secret as YAML', () => asAdmin('POST', secrets, `metadata: {name: g}\nstringData: {token: "${made('yamlsecret')}"}\nbroken: [`, { 'content-type': 'application/yaml' })],
    ['a Secret patched', () => asAdmin('PATCH', `${secrets}/a`, { stringData: { token: made('patched') } }, { 'content-type': 'application/merge-patch+json' })],
    ['a Secret patched by JSON', () => asAdmin('PATCH', `${secrets}/a`, [{ op: 'test', path: '/data/token', value: made('test') }, { op: 'add', path: '/stringData', value: { token: made('add') } }], { 'content-type': 'application/json-patch+json' })],
    ['a Secret applied', () => asAdmin('PATCH', `${secrets}/a?fieldManager=x&force=true`, { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'a' }, stringData: { token: made('ssa') } }, { 'content-type': 'application/apply-patch+yaml' })],
    ['Secrets listed and deleted', async () => {
      await asAdmin('GET', secrets, '');
      await asAdmin('GET', `${secrets}?limit=1`, '', { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' });
      await asAdmin('DELETE', `${secrets}/a`, '');
    }],
    ['impersonation', () => send('GET', '/api/v1/pods', { headers: { authorization: `Bearer ${made('impersonator')}`, 'impersonate-user': 'x', 'impersonate-extra-scopes': 'y' } })],
    ['a webhook that answers with what it was told', async () => {
      const webhook = await startWebhook((_path, review) => ({ code: 500, body: JSON.stringify(review) }));
      const api = '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations';
      const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['secrets', 'serviceaccounts/token'] }];
      await asAdmin('POST', api, { metadata: { name: 'echo' }, webhooks: [{ name: 'echo.example.com', clientConfig: { url: webhook.url(`/x`), caBundle: webhook.caBundle }, rules, failurePolicy: 'Fail', sideEffects: 'None', admissionReviewVersions: ['v1'] }] });
      let code = 201;
      for (let at = 0; code === 201; at++) {
        ({ code } = await asAdmin('POST', secrets, { metadata: { name: `echo-${at}` }, stringData: { token: made('echoed') } }));
        await systemClock.sleep(10);
      }
      await asAdmin('DELETE', `${api}/echo`, '');
      await webhook.stop();
    }],
  ];

  function upgrade(path: string, protocol: string): Promise<void> {
    return new Promise((resolve) => {
      const socket = connect({ host: '127.0.0.1', port: rig().server.port, ca: rig().ca }, () => socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: ${Buffer.alloc(16).toString('base64')}\r\nsec-websocket-protocol: ${protocol}\r\n\r\n`));
      socket.once('data', () => socket.destroy());
      socket.once('error', () => undefined);
      socket.once('close', () => resolve());
    });
  }

  test.each(places)('%s: in no line of any level, nor of the audit log', async (_place, use) => {
    const [fromLog, fromAudit, fromMarks] = [rig().log.length, rig().audit.length, marks.length];
    await use();
    const written = [...rig().log.slice(fromLog), ...rig().audit.slice(fromAudit), (await rig().raw('admin', 'GET', '/metrics')).text].join('\n');
    for (const mark of marks.slice(fromMarks)) expect(written.includes(mark), mark).toBe(false);
  });

  test('and nowhere in all that was written; which was much, and is told apart', () => {
    const all = [...rig().log, ...rig().audit].join('\n');
    expect(marks.filter((mark) => all.includes(mark))).toEqual([]);
    expect(marks.length).toBeGreaterThan(80);
    // That something was written at all, and what is asked for is what it would have been.
    expect(all).toContain('/api/v1/namespaces/default/secrets');
    expect(rig().audit.filter((line) => line.includes('"redacted"')).length).toBeGreaterThan(5);
  });
};
