import { readFileSync } from 'node:fs';
import { systemClock, systemRandom, type Log } from '@rhythm/base';
import { connectWithFiles } from '@rhythm/client';
import { apiFlags, FlagError, parseFlags, writeEndpointFile } from '@rhythm/config';
import { parseFakeCapacity, type FakeCapacity } from './fake-facts.ts';
import { startFakeNodes } from './start-fake-nodes.ts';

const own = {
  'fake-nodes': { type: 'number', help: 'be this many nodes on which nothing runs, instead of a real one', required: true },
  'fake-node-capacity': { type: 'list', help: 'resources of each, over cpu=32,memory=256Gi,pods=110', default: [] },
  'node-ip': { type: 'list', help: 'addresses of the machine', required: true },
  'pod-cidr': { type: 'string', help: 'addresses of all their pods; each node takes the next /24', required: true },
  'serving-cert-file': { type: 'string', help: 'PEM of the certificate for what the apiserver asks; it names every node', required: true },
  'serving-key-file': { type: 'string', help: 'PEM of its key', required: true },
  'client-ca-file': { type: 'string', help: "PEM of the CA of the apiserver's client certificate", required: true },
  host: { type: 'string', help: 'address to listen on', default: '0.0.0.0' },
  port: { type: 'number', help: 'port to listen on; 0 picks one', default: 0 },
} as const;

/** The kubelet's process when it is given `--fake-nodes`: other flags, and no runtime. */
export async function mainFakeNodes(argv: readonly string[], log: Log): Promise<{ stop(): Promise<void> }> {
  const flags = parseFlags({ ...apiFlags, ...own }, argv);
  const ports = { clock: systemClock, random: systemRandom, log };
  const client = connectWithFiles(flags, { ...ports, userAgent: 'kubelet' });
  const config = {
    count: flags['fake-nodes'],
    nodeIps: flags['node-ip'],
    podCidr: flags['pod-cidr'],
    capacity: capacityOf(flags['fake-node-capacity']),
    host: flags.host,
    port: flags.port,
    tls: {
      cert: readFileSync(flags['serving-cert-file']),
      key: readFileSync(flags['serving-key-file']),
      clientCa: readFileSync(flags['client-ca-file']),
      requireClientCert: true,
    },
  };
  const app = await startFakeNodes(config, { ...ports, client });
  writeEndpointFile(flags['endpoint-file'], `${flags['node-ip'][0] ?? flags.host}:${app.port}`);
  return {
    stop: async () => {
      await app.stop();
      await client.close();
    },
  };
}

function capacityOf(entries: readonly string[]): FakeCapacity {
  try {
    return parseFakeCapacity(entries);
  } catch (error) {
    throw new FlagError(`flag --fake-node-capacity: ${(error as Error).message}`, { cause: error });
  }
}
