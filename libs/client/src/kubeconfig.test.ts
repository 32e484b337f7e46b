import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadKubeconfig, parseKubeconfig } from './kubeconfig.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const config = (user: string, extra = ''): string => `
apiVersion: v1
kind: Config
current-context: main
clusters:
- name: c
  cluster: { server: "https://127.0.0.1:6443", certificate-authority-data: ${base64('CA')} }
contexts:
- name: main
  context: { cluster: c, user: u }
- name: other
  context: { cluster: c, user: u, namespace: prod }
users:
- name: u
  user: ${user}
${extra}`;

describe('kubeconfig', () => {
  test('embedded credentials', () => {
    expect(parseKubeconfig(config(`{ client-certificate-data: ${base64('CERT')}, client-key-data: ${base64('KEY')} }`))).toEqual({
      context: 'main',
      server: 'https://127.0.0.1:6443',
      namespace: 'default',
      ca: 'CA',
      cert: 'CERT',
      key: 'KEY',
    });
  });

  test('files are found from the folder of the kubeconfig, contexts by name', () => {
    const folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
    writeFileSync(join(folder, 'c.crt'), 'CERT');
    writeFileSync(join(folder, 'c.key'), 'KEY');
    writeFileSync(join(folder, 'config'), config('{ client-certificate: c.crt, client-key: c.key, token: T }'));
    expect(loadKubeconfig(join(folder, 'config'), 'other')).toMatchObject({ context: 'other', namespace: 'prod', cert: 'CERT', key: 'KEY', token: 'T' });
  });

  test.each([
    ['an unknown context', config('{}').replace('current-context: main', 'current-context: __proto__'), /no context "__proto__"/],
    ['an exec plug-in', config('{ exec: { command: rm } }'), /not supported/],
    ['aliases', config('{}', 'x: &a [1]\ny: *a'), /alias/i],
    ['something that is not a map', '- 1', /not a map/],
    ['a number for a string', config('{ token: 1 }'), /token is not a string/],
  ])('refuses %s', (_, text, error) => {
    expect(() => parseKubeconfig(text)).toThrow(error);
  });
});
