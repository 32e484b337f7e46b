import { hostname } from 'node:os';
import { systemClock, systemRandom } from '@rhythm/base';
import { connectWithFiles } from '@rhythm/client';
import { apiFlags, parseFlags, runApp, writeEndpointFile } from '@rhythm/config';
import { jsonLog, serveHealth } from '@rhythm/telemetry';
import { start } from './index.ts';

const own = {
  identity: { type: 'string', help: 'name in the leader election', default: hostname() },
} as const;

const log = jsonLog(systemClock, (line) => void process.stderr.write(line));

await runApp('scheduler', log, async (argv) => {
  const flags = parseFlags({ ...apiFlags, ...own }, argv);
  const ports = { clock: systemClock, random: systemRandom, log };
  const client = connectWithFiles(flags, { ...ports, userAgent: 'kube-scheduler' });
  const app = start({ schedulerName: 'default-scheduler', identity: flags.identity }, { ...ports, client });
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
