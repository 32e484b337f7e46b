import { expect, test } from 'vitest';
import { replyHeaders, requestHeaders } from './headers.ts';
import { HtmlLinks } from './html-links.ts';
import { proxyLimits } from './limits.ts';
import { rawTail } from './raw-tail.ts';
import { rewriteUrl, type ProxyPlace } from './rewrite-url.ts';

const prefix = '/api/v1/namespaces/a/pods/p:80/proxy';
const place: ProxyPlace = { host: 'api.example:6443', prefix, backend: '10.1.0.5:80', backendScheme: 'http' };

test.each([
  ['/', `${prefix}/`],
  ['/x/y?z=1#w', `${prefix}/x/y?z=1#w`],
  ['x/y', 'x/y'],
  ['?q=/x', '?q=/x'],
  ['#top', '#top'],
  ['', ''],
  ['http://10.1.0.5/x/', `https://api.example:6443${prefix}/x/`],
  ['http://10.1.0.5:80/x?y', `https://api.example:6443${prefix}/x?y`],
  ['//10.1.0.5/x', `https://api.example:6443${prefix}/x`],
  ['https://api.example:6443/x', `https://api.example:6443${prefix}/x`],
  ['https://elsewhere.example/x', 'https://elsewhere.example/x'],
  ['//elsewhere.example/x', '//elsewhere.example/x'],
  ['mailto:a@b.example', 'mailto:a@b.example'],
  ['javascript:/x/.test(y)', 'javascript:/x/.test(y)'],
  ['data:text/html,/x', 'data:text/html,/x'],
  ['http://[', 'http://['],
  [`${prefix}/x`, `${prefix}/x`],
  [prefix, prefix],
  [`${prefix}y`, `${prefix}${prefix}y`],
])('the link %s becomes %s', (link, expected) => {
  expect(rewriteUrl(link, place)).toBe(expected);
});

const page = `<!DOCTYPE html><!-- <a href="/no"> --><html><head><title><a href="/no"></title>
<link rel=stylesheet href=/style.css><script src='/x.js?a=1&amp;b=2'></script><script>var s = '<a href="/no">'; if (1 < 2) {}</SCRIPT >
<style>a{background:url("<a href='/no'>")}</style></head><body data-x="/no" BACKGROUND = "/bg.png"><a title="a > b" href="/one">1</a>
<A HREF="two">2</A><img alt='"' src="/i.png"/><form action="/go" method=post><input formaction="/in"></form>é< a href="/no"></body></html>`;
const expected = page
  .replace('href=/style.css', `href=${prefix}/style.css`)
  .replace("'/x.js", `'${prefix}/x.js`)
  .replace('"/bg.png"', `"${prefix}/bg.png"`)
  .replace('"/one"', `"${prefix}/one"`)
  .replace('"/i.png"', `"${prefix}/i.png"`)
  .replace('"/go"', `"${prefix}/go"`)
  .replace('"/in"', `"${prefix}/in"`);

function rewritten(text: string, pieceBytes: number): string {
  const bytes = Buffer.from(text);
  const links = new HtmlLinks((link) => rewriteUrl(link, place));
  const done: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) done.push(links.write(bytes.subarray(at, at + pieceBytes)));
  return Buffer.concat([...done, links.end()]).toString();
}

test.each([1, 2, 3, 7, 64, 100_000])('links of elements are rewritten, text, comments and scripts are not, in pieces of %i bytes', (pieceBytes) => {
  expect(rewritten(page, pieceBytes)).toBe(expected);
});

test.each(['<', '<a href="/x', '<!-- x', '<script>x</scr', 'x <a', '<a href="/x" title=">', '</'])('a page that breaks off with %s keeps every byte', (text) => {
  expect(rewritten(text, 1)).toBe(text);
});

test('a tag without end passes through, and is not held back', () => {
  const endless = `<a href="${'x'.repeat(3 * proxyLimits.tagBytesMax)}`;
  const links = new HtmlLinks((link) => link);
  expect(links.write(Buffer.from(endless)).length).toBe(endless.length);
});

test('a link cannot break out of its attribute', () => {
  const links = new HtmlLinks(() => '/"><script>x</script>');
  expect(Buffer.concat([links.write(Buffer.from('<a href="/y"><a href=/y>')), links.end()]).toString()).toBe('<a href="/&quot;>&lt;script>x&lt;/script>"><a href=/%22%3E&lt;script%3Ex&lt;/script%3E>');
});

test('the backend sees neither the credential of the caller nor the headers of his connection', () => {
  const headers = requestHeaders({
    headers: [
      [':method', 'GET'], ['Authorization', 'Bearer secret'], ['Impersonate-User', 'x'], ['Impersonate-Extra-A', 'x'], ['X-Remote-User', 'x'], ['X-Forwarded-For', '1.2.3.4'], ['Forwarded', 'for=x'],
      ['Connection', 'keep-alive, X-Mine'], ['X-Mine', 'x'], ['Keep-Alive', '5'], ['TE', 'trailers'], ['Upgrade', 'x'], ['Proxy-Authorization', 'x'],
      ['Sec-WebSocket-Protocol', 'base64url.bearer.authorization.k8s.io.c2VjcmV0, v4.channel.k8s.io'], ['Accept', 'a'], ['Accept', 'b'], ['Cookie', 'theirs=1'], ['__proto__', 'x'],
    ],
    clientAddress: '192.0.2.1',
    host: 'api:6443',
    uri: '/here',
  });
  expect(Object.entries(headers).map(([name, values]) => `${name}: ${values.join(' | ')}`)).toEqual([
    'sec-websocket-protocol: v4.channel.k8s.io', 'accept: a | b', 'cookie: theirs=1', '__proto__: x', 'host: api:6443', 'x-forwarded-for: 192.0.2.1', 'x-forwarded-host: api:6443', 'x-forwarded-proto: https', 'x-forwarded-uri: /here',
  ]);
});

test('a bearer token alone as protocol leaves no protocol', () => {
  expect(requestHeaders({ headers: [['sec-websocket-protocol', 'base64url.bearer.authorization.k8s.io.c2VjcmV0']], clientAddress: '', host: '', uri: '' })).not.toHaveProperty('sec-websocket-protocol');
});

test('the client sees what the backend says, but nothing for the whole origin', () => {
  expect({ ...replyHeaders(['Content-Type', 'text/plain', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2', 'Transfer-Encoding', 'chunked', 'Access-Control-Allow-Origin', '*', 'Connection', 'close']) }).toEqual({ 'content-type': ['text/plain'], 'set-cookie': ['a=1', 'b=2'] });
});

test.each([
  ['/api/v1/namespaces/a/pods/p/proxy', true, ''],
  ['/api/v1/namespaces/a/pods/p/proxy/', true, '/'],
  ['/api/v1/namespaces/a/pods/p/proxy/x%2Fy//z/', true, '/x%2Fy//z/'],
  ['//api/v1//namespaces/a/p%6fds/p/proxy/x', true, '/x'],
  ['/api/v1/nodes/n/proxy/proxy/../x', false, '/proxy/../x'],
])('of %s the backend is asked the rest', (path, namespaced, tail) => {
  expect(rawTail(path, namespaced)).toBe(tail);
});
