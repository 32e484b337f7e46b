import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { systemClock, systemRandom } from '@rhythm/base';
import { connectWithFiles } from '@rhythm/client';
import { apiFlags, parseFlags, runApp, writeEndpointFile } from '@rhythm/config';
import { jsonLog, serveHealth } from '@rhythm/telemetry';
import { start } from './index.ts';

const own = {
  identity: { type: 'string', help: 'name in the leader election', default: hostname() },
  'root-ca-file': { type: 'string', help: 'PEM that pods get to know the API server by', required: true },
  'service-account-key-file': { type: 'string', help: 'kept for Kubernetes users; tokens are signed by the apiserver' },
  'cluster-cidr': { type: 'string', help: 'addresses of the pods of the cluster' },
  'service-cidr': { type: 'string', help: 'addresses of the services' },
} as const;

const log = jsonLog(systemClock, (line) => void process.stderr.write(line));

await runApp('controller-manager', log, async (argv) => {
  const flags = parseFlags({ ...apiFlags, ...own }, argv);
  const ports = { clock: systemClock, random: systemRandom, log };
  const client = connectWithFiles(flags, { ...ports, userAgent: 'kube-controller-manager' });
  const app = start({ identity: flags.identity, rootCa: readFileSync(flags['root-ca-file'], 'utf8') }, { ...ports, client });
  const health = await serveHealth('127.0.0.1', 0, () => undefined);
  writeEndpointFile(flags['endpoint-file'], health.endpoint);
  return {
    stop: async () => {
      await app.stop();
      await health.stop();
      await client.close();
    },
  };
});
