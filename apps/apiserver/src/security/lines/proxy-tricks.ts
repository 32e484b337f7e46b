import { createServer, type Server, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Line } from './line.ts';

const merge = 'application/merge-patch+json';
const pods = '/api/v1/namespaces/default/pods';

/** A backend on this machine that answers with whatever bytes it is told to; `evil` is a pod at its address. */
export const proxyTricks: Line = (rig) => {
  let backend: Server;
  let victim: Server;
  let told = '';
  const heard: string[] = [];
  const reached: string[] = [];
  let evil = '';
  let victimUrl = '';

  beforeAll(async () => {
    const address = ownAddress();
    const listen = (onSocket: (socket: Socket) => void): Promise<Server> => new Promise((resolve) => { const server: Server = createServer(onSocket).listen(0, address, () => resolve(server)); });
    backend = await listen((socket) => {
      let isFirst = true;
      socket.on('error', () => undefined);
      socket.on('data', (bytes: Buffer) => {
        heard.push(bytes.toString('latin1'));
        if (isFirst) socket.write(told);
        isFirst = false;
      });
    });
    victim = await listen((socket) => {
      reached.push('victim');
      socket.destroy();
    });
    victimUrl = `http://${address}:${portOf(victim)}/`;
    evil = `${pods}/evil:${portOf(backend)}/proxy`;
    await rig().make({ verb: 'create', namespace: 'default', resource: 'serviceaccounts', body: { metadata: { name: 'default' } } }).catch(() => undefined);
    await pod('evil', address);
  });
  afterAll(() => {
    backend.close();
    victim.close();
  });

  async function pod(name: string, podIP: string): Promise<void> {
    await rig().make({ verb: 'create', namespace: 'default', resource: 'pods', body: { metadata: { name }, spec: { nodeName: 'far', containers: [{ name: 'c', image: 'i' }] } } });
    await rig().make({ verb: 'patch', namespace: 'default', resource: 'pods', name, subresource: 'status', contentType: merge, body: { status: { phase: 'Running', podIP, podIPs: [{ ip: podIP }] } } });
  }
  const answer = (status: string, headers = '', body = ''): string => `HTTP/1.1 ${status}\r\ncontent-length: ${body.length}\r\nconnection: close\r\n${headers}\r\n${body}`;

  /** Asks for an upgrade, and says more on the same connection; what came back until it was closed. */
  function upgrade(path: string, more: string): Promise<string> {
    return new Promise((resolve) => {
      let text = '';
      const request = `GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: SPDY/3.1\r\nx-remote-user: admin\r\nx-remote-group: system:masters\r\n\r\n`;
      const socket = connect({ host: '127.0.0.1', port: rig().server.port, ca: rig().ca, ...rig().certificateOf('admin') }, () => socket.write(request + more));
      socket.on('data', (bytes: Buffer) => {
        text += bytes.toString('latin1');
        if (socket.writable) socket.write(more);
      });
      socket.on('error', () => undefined);
      socket.on('close', () => resolve(text));
    });
  }

  test.each([
    ['elsewhere', 302, () => victimUrl], ['elsewhere, keeping the method', 307, () => victimUrl], ['elsewhere for good', 308, () => victimUrl], ['without a scheme', 302, () => victimUrl.slice(5)],
    ['to this server', 302, () => `https://127.0.0.1:${rig().server.port}/api/v1/secrets`], ['to the metadata of a cloud', 302, () => 'http://169.254.169.254/latest'],
  ])('a redirect %s is told and not followed (CVE-2018-1002102, CVE-2020-8559)', async (_name, code, to) => {
    told = answer(`${code} Found`, `location: ${to()}\r\n`);
    reached.length = 0;
    heard.length = 0;
    expect((await rig().raw('admin', 'GET', `${evil}/x`)).code).toBe(code);
    const text = await upgrade(`${evil}/x`, '');
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${code} `));
    expect([reached, heard.length]).toEqual([[], 2]);
  });

  test.each([['400 Bad Request'], ['200 OK'], ['403 Forbidden'], ['500 Oops']])('an upgrade that the backend answers with %s leaves no way to it (CVE-2018-1002105)', async (status) => {
    told = answer(status, 'connection: keep-alive\r\n', 'no');
    heard.length = 0;
    const smuggled = 'GET /smuggled HTTP/1.1\r\nhost: x\r\nx-remote-user: admin\r\n\r\n';
    const text = await upgrade(`${evil}/x`, smuggled);
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status.slice(0, 3)} `));
    expect(heard.join('')).not.toContain('smuggled');
    expect(text).not.toContain('"items"');
  });

  test('nobody changes protocol who was not asked to', async () => {
    told = 'HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: SPDY/3.1\r\n\r\nraw';
    expect((await rig().raw('admin', 'GET', `${evil}/x`)).code).toBe(502);
  });

  test('the backend is told nothing by which it could be the caller', async () => {
    told = answer('200 OK');
    heard.length = 0;
    const headers = { authorization: 'Basic secret-token', 'impersonate-user': 'admin', 'impersonate-group': 'system:masters', 'x-remote-user': 'root', 'x-remote-group': 'system:masters', 'x-forwarded-for': '10.9.9.9', connection: 'x-hop', 'x-hop': '1', 'proxy-authorization': 'Basic secret-token' };
    await rig().raw('admin', 'GET', `${evil}/x`, { headers });
    const text = heard.join('').toLowerCase();
    expect(text).toContain('get /x ');
    for (const gone of ['secret-token', 'impersonate', 'x-remote', '10.9.9.9', 'x-hop', 'proxy-authorization']) expect(text).not.toContain(gone);
  });

  test.each(['/../../../../secrets', '/%2e%2e/%2e%2e/secrets', '/..%2f..%2fsecrets', '//api/v1/secrets', '/x/./../../../../../nodes'])('the rest of the path, %s, is the backend\'s and none of ours', async (rest) => {
    told = answer('200 OK', '', 'backend');
    await rig().user('looker', []);
    await rig().grant('looker', [{ apiGroups: [''], resources: ['pods/proxy'], verbs: ['get'] }], 'default');
    const { code, text } = await rig().raw('looker', 'GET', `${evil}${rest}`);
    if (code === 200) expect(text).toBe('backend');
    else expect([400, 403, 404]).toContain(code);
  });

  test.each([['GET', 'get'], ['POST', 'create'], ['PUT', 'update'], ['PATCH', 'patch'], ['DELETE', 'delete'], ['OPTIONS', '']])('%s through a proxy takes the right to pods/proxy', async (method) => {
    heard.length = 0;
    await rig().user('peeker', []);
    await rig().grant('peeker', [{ apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['*'] }], 'default');
    for (const path of [`${evil}/x`, evil, `${pods}/evil/proxy/`]) expect((await rig().raw('peeker', method, path)).code).toBe(403);
    expect(heard).toEqual([]);
  });

  test.each(['127.0.0.1', '127.8.8.8', '169.254.169.254', '0.0.0.0', '::1', '::ffff:127.0.0.1', '::ffff:169.254.169.254', 'fe80::1', '224.0.0.1'])('no proxied request goes to %s, whatever a pod says (CVE-2020-8562)', async (address) => {
    const name = `at-${address.replaceAll(/[.:]/g, '-')}-x`;
    await pod(name, address).catch(() => undefined);
    const { code, text } = await rig().raw('admin', 'GET', `${pods}/${name}:${rig().server.port}/proxy/healthz`);
    expect([400, 403, 404, 503], text).toContain(code);
    expect(text).not.toBe('ok');
  });

  test.each(['%2e%2e', 'evil%2f..', 'evil:80:80:80', 'ftp:evil:80', 'evil:0', 'evil:99999', 'evil@127.0.0.1', 'https:evil%00:443', '127.0.0.1', 'evil:80%23'])('the target %s is none', async (target) => {
    expect([400, 404, 503]).toContain((await rig().raw('admin', 'GET', `${pods}/${target}/proxy/x`)).code);
  });
};

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Not loopback: nothing is proxied there. */
function ownAddress(): string {
  const found = Object.values(networkInterfaces()).flat().find((one) => one?.family === 'IPv4' && !one.internal && !one.address.startsWith('169.254.'));
  if (found === undefined) throw new Error('this machine has no address but loopback');
  return found.address;
}
