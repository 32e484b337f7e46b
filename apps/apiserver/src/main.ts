import { systemClock, systemRandom } from '@rhythm/base';
import { parseFlags, runApp, writeEndpointFile } from '@rhythm/config';
import { etcdStore } from '@rhythm/store-client';
import { jsonLog } from '@rhythm/telemetry';
import { hostname } from 'node:os';
import { webhooksOf } from './auth/webhook/from-flags.ts';
import { followFiles } from './certificates/index.ts';
import { apiserverFlags, authConfigFilesOf, auditFileOf, auditPolicyOf, encryptionFileOf, frontProxyOf, limitsOf, oidcOf, permitPlain, pluginsOf } from './flags/index.ts';
import { start } from './index.ts';
import { startPlain } from './plain/index.ts';

const log = jsonLog(systemClock, (line) => process.stderr.write(line));

await runApp('apiserver', log, async (argv) => {
  const flags = parseFlags(apiserverFlags, argv);
  if (flags.semantics !== 'kubernetes') permitPlain(flags, log);
  const files = await followFiles(flags, { clock: systemClock, log });
  const { serving, serviceAccountKey, kubeletClient, proxyClient } = files.live;
  const store = await etcdStore({
    endpoints: flags['store-endpoints'],
    ...(files.store === undefined ? {} : { tls: files.store }),
    clock: systemClock,
    random: systemRandom,
    log,
  });
  if (flags.semantics !== 'kubernetes') {
    const plain = await startPlain({ host: flags.host, port: flags.port, tls: serving.current }, { store, clock: systemClock, random: systemRandom, log });
    writeEndpointFile(flags['endpoint-file'], `${flags.host}:${plain.port}`);
    return {
      stop: async () => {
        await plain.stop();
        await store.close();
      },
    };
  }
  const authConfig = await authConfigFilesOf(flags, flags, flags['service-account-issuer'], { clock: systemClock, log });
  const audit = auditFileOf(flags);
  const encryption = await encryptionFileOf(flags, { clock: systemClock, log });
  const app = await start(
    {
      host: flags.host,
      port: flags.port,
      advertiseAddress: flags['advertise-address'],
      hostname: hostname(),
      tls: serving.current,
      serviceAccountKey: serviceAccountKey.current,
      serviceAccountIssuer: flags['service-account-issuer'],
      serviceCidr: flags['service-cidr'],
      plugins: pluginsOf(flags),
      ...limitsOf(flags),
      ...oidcOf(flags),
      ...webhooksOf(flags),
      ...auditPolicyOf(flags),
      ...frontProxyOf(flags),
      ...(encryption === undefined ? {} : { encryption: encryption.current }),
      ...(proxyClient === undefined ? {} : { proxyClient: proxyClient.current }),
      ...(flags['descriptions-file'] === undefined ? {} : { descriptionsFile: flags['descriptions-file'] }),
      ...(kubeletClient === undefined ? {} : { kubeletClient: kubeletClient.current }),
    },
    { store, clock: systemClock, random: systemRandom, log, live: files.live, ...authConfig, ...(encryption === undefined || !flags['encryption-provider-config-automatic-reload'] ? {} : { encryptionFile: encryption }), ...(audit === undefined ? {} : { writeAudit: (line) => audit.write(line) }) },
  );
  log.info('serving', { port: app.port, grpcPort: app.grpcPort });
  writeEndpointFile(flags['endpoint-file'], `${flags['advertise-address']}:${app.port}`);
  return {
    stop: async () => {
      await app.stop();
      encryption?.stop();
      files.stop();
      authConfig.authentication?.stop();
      authConfig.authorization?.stop();
      await store.close();
      audit?.close();
    },
  };
}, systemClock);
