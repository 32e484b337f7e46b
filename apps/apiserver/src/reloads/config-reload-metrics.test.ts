import { silentLog, VirtualClock } from '@rhythm/base';
import { liveFiles } from '@rhythm/config';
import { MetricsRegistry } from '@rhythm/telemetry';
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { ConfigReloadMetrics, countReloads, ServerIdentity } from './config-reload-metrics.ts';

const sha256 = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
const linesOf = async (registry: MetricsRegistry): Promise<string[]> => (await registry.render()).split('\n').filter((line) => line.includes('_config_controller_') && !line.startsWith('#')).toSorted();

test('what becomes of changes of the files is counted under Kubernetes\' names, by server', async () => {
  const clock = new VirtualClock(1_700_000_000_000);
  const contents = { first: 'good 1', second: 'good' };
  const follow = (name: 'first' | 'second'): ReturnType<typeof liveFiles<string, 'file'>> =>
    liveFiles({
      what: name,
      files: { file: name },
      read: () => Promise.resolve(Buffer.from(contents[name])),
      load: ({ file }) => {
        if (!file.toString().startsWith('good')) throw new Error('bad');
        return file.toString();
      },
      clock,
      log: silentLog,
    });
  const [authentication, authorization] = await Promise.all([follow('first'), follow('second')]);
  const [registry, identity] = [new MetricsRegistry(), new ServerIdentity()];
  countReloads(registry, identity, { clock, authentication, authorization });
  identity.set('apiserver-abc');
  const who = sha256('apiserver-abc');
  expect(await linesOf(registry)).toEqual([
    `apiserver_authentication_config_controller_last_config_info{apiserver_id_hash="${who}",hash="${sha256('good 1')}"} 1`,
    `apiserver_authorization_config_controller_last_config_info{apiserver_id_hash="${who}",hash="${sha256('good')}"} 1`,
  ]);
  contents.first = 'bad';
  await clock.advance(60_000);
  contents.first = 'good 2';
  await clock.advance(60_000);
  expect(await linesOf(registry)).toEqual([
    `apiserver_authentication_config_controller_automatic_reload_last_timestamp_seconds{apiserver_id_hash="${who}",status="failure"} 1700000060`,
    `apiserver_authentication_config_controller_automatic_reload_last_timestamp_seconds{apiserver_id_hash="${who}",status="success"} 1700000120`,
    `apiserver_authentication_config_controller_automatic_reloads_total{apiserver_id_hash="${who}",status="failure"} 1`,
    `apiserver_authentication_config_controller_automatic_reloads_total{apiserver_id_hash="${who}",status="success"} 1`,
    ...[`apiserver_authentication_config_controller_last_config_info{apiserver_id_hash="${who}",hash="${sha256('good 1')}"} 0`, `apiserver_authentication_config_controller_last_config_info{apiserver_id_hash="${who}",hash="${sha256('good 2')}"} 1`].toSorted(),
    `apiserver_authorization_config_controller_last_config_info{apiserver_id_hash="${who}",hash="${sha256('good')}"} 1`,
  ]);
  authentication.stop();
  authorization.stop();
});

test('values that are no files are not counted, and who the server is may be known before', async () => {
  const registry = new MetricsRegistry();
  const identity = new ServerIdentity();
  identity.set('a');
  countReloads(registry, identity, { clock: new VirtualClock(), authentication: {} });
  expect(await linesOf(registry)).toEqual([]);
  new ConfigReloadMetrics('encryption', registry, identity, new VirtualClock()).uses('sha256:x');
  expect(await linesOf(registry)).toEqual([`apiserver_encryption_config_controller_last_config_info{apiserver_id_hash="${sha256('a')}",hash="sha256:x"} 1`]);
});
