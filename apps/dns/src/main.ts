import { systemClock, systemRandom } from '@rhythm/base';
import { connectWithFiles } from '@rhythm/client';
import { apiFlags, parseFlags, runApp, writeEndpointFile } from '@rhythm/config';
import { jsonLog } from '@rhythm/telemetry';
import { start } from './index.ts';

const own = {
  host: { type: 'string', help: 'address to listen on', required: true },
  port: { type: 'number', help: 'port to listen on, UDP and TCP; 0 picks one', default: 0 },
  'cluster-domain': { type: 'string', help: 'the domain of the cluster', default: 'cluster.local' },
  upstream: { type: 'string', help: 'resolv.conf with the resolvers for other names', default: '/etc/resolv.conf' },
} as const;

const log = jsonLog(systemClock, (line) => void process.stderr.write(line));

await runApp('dns', log, async (argv) => {
  const flags = parseFlags({ ...apiFlags, ...own }, argv);
  const ports = { clock: systemClock, random: systemRandom, log };
  const client = connectWithFiles(flags, { ...ports, userAgent: 'dns' });
  const app = await start({ host: flags.host, port: flags.port, clusterDomain: flags['cluster-domain'], upstream: flags.upstream }, { ...ports, client });
  writeEndpointFile(flags['endpoint-file'], `${flags.host}:${app.port}`);
  return {
    stop: async () => {
      await app.stop();
      await client.close();
    },
  };
}, systemClock);
