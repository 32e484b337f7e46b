import { systemClock, systemRandom } from '@rhythm/base';
import { connectWithFiles } from '@rhythm/client';
import { apiFlags, FlagError, parseFlags, runApp, writeEndpointFile } from '@rhythm/config';
import { jsonLog, serveHealth } from '@rhythm/telemetry';
import { applyNft } from './apply-nft.ts';
import { start } from './index.ts';
import { isIPv4 } from './plan.ts';

const own = {
  'node-name': { type: 'string', help: 'this node', required: true },
  table: { type: 'string', help: 'nftables table to keep; it must be ours alone', required: true },
  'cluster-cidr': { type: 'string', help: 'addresses of the pods of the cluster', required: true },
  bridge: { type: 'string', help: "the bridge of this node's pods", required: true },
  dns: { type: 'string', help: 'host:port where the dns app listens' },
} as const;

const log = jsonLog(systemClock, (line) => void process.stderr.write(line));

await runApp('proxy', log, async (argv) => {
  const flags = parseFlags({ ...apiFlags, ...own }, argv);
  const config = {
    nodeName: flags['node-name'],
    table: identifier('table', flags.table),
    clusterCidr: cidr(flags['cluster-cidr']),
    bridge: identifier('bridge', flags.bridge),
    ...(flags.dns === undefined ? {} : { dns: address(flags.dns) }),
  };
  const ports = { clock: systemClock, random: systemRandom, log };
  const client = connectWithFiles(flags, { ...ports, userAgent: 'kube-proxy' });
  const app = await start(config, { ...ports, client, apply: applyNft });
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

/** What goes into a ruleset is checked here, once. */
function identifier(flag: string, text: string): string {
  if (!/^[a-zA-Z][a-zA-Z0-9_.-]*$/.test(text)) throw new FlagError(`flag --${flag} takes a name of letters, digits, ".", "_" and "-", not "${text}"`);
  return text;
}

function cidr(text: string): string {
  const [ip = '', bits = ''] = text.split('/');
  if (!isIPv4(ip) || !/^\d{1,2}$/.test(bits) || Number(bits) > 32) throw new FlagError(`flag --cluster-cidr takes a range such as 10.42.0.0/16, not "${text}"`);
  return text;
}

function address(text: string): { ip: string; port: number } {
  const [ip = '', port = ''] = text.split(':');
  if (!isIPv4(ip) || !/^\d{1,5}$/.test(port)) throw new FlagError(`flag --dns takes host:port with an IPv4 address, not "${text}"`);
  return { ip, port: Number(port) };
}
