import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { systemClock, systemRandom } from '@rhythm/base';
import { connectWithFiles } from '@rhythm/client';
import { apiFlags, parseFlags, runApp, writeEndpointFile } from '@rhythm/config';
import { loadAuthority, type PkiPorts } from '@rhythm/pki';
import { jsonLog, serveHealth } from '@rhythm/telemetry';
import type { SigningConfig } from './controllers/certificates/sign.ts';
import { start } from './index.ts';

const own = {
  identity: { type: 'string', help: 'name in the leader election', default: hostname() },
  'root-ca-file': { type: 'string', help: 'PEM that pods get to know the API server by', required: true },
  'service-account-key-file': { type: 'string', help: 'kept for Kubernetes users; tokens are signed by the apiserver' },
  'cluster-signing-cert-file': { type: 'string', help: 'PEM of the authority that signs certificate requests; without it none is signed' },
  'cluster-signing-key-file': { type: 'string', help: 'its private key' },
  'cluster-cidr': { type: 'string', help: 'addresses of the pods of the cluster' },
  'service-cidr': { type: 'string', help: 'addresses of the services' },
} as const;

/** The longest that a certificate is issued for (Kubernetes' --cluster-signing-duration). */
const signingDurationMs = 365 * 24 * 3_600_000;

const log = jsonLog(systemClock, (line) => void process.stderr.write(line));

await runApp('controller-manager', log, async (argv) => {
  const flags = parseFlags({ ...apiFlags, ...own }, argv);
  const ports = { clock: systemClock, random: systemRandom, log };
  const client = connectWithFiles(flags, { ...ports, userAgent: 'kube-controller-manager' });
  const signing = await signingOf(flags['cluster-signing-cert-file'], flags['cluster-signing-key-file'], ports);
  const app = start({ identity: flags.identity, rootCa: readFileSync(flags['root-ca-file'], 'utf8'), ...(signing === undefined ? {} : { signing }) }, { ...ports, client });
  const health = await serveHealth('127.0.0.1', 0, () => undefined);
  writeEndpointFile(flags['endpoint-file'], health.endpoint);
  return {
    stop: async () => {
      await app.stop();
      await health.stop();
      await client.close();
    },
  };
}, systemClock);

async function signingOf(certFile: string | undefined, keyFile: string | undefined, ports: PkiPorts): Promise<SigningConfig | undefined> {
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile === undefined || keyFile === undefined) throw new Error('--cluster-signing-cert-file and --cluster-signing-key-file are given together or not at all');
  const authority = await loadAuthority({ certPem: readFileSync(certFile, 'utf8'), keyPem: readFileSync(keyFile, 'utf8') }, ports);
  return { authority, validForMsMax: signingDurationMs };
}
