import { resolve } from 'node:path';
import { systemClock, systemRandom } from '@rhythm/base';
import { connectWithFiles } from '@rhythm/client';
import { apiFlags, parseFlags, runApp, writeEndpointFile } from '@rhythm/config';
import { criRuntime } from '@rhythm/cri';
import { jsonLog } from '@rhythm/telemetry';
import { mainFakeNodes } from './fake/main-fake-nodes.ts';
import { start } from './index.ts';
import { liveServingFiles } from './server/serving-files.ts';

const own = {
  'node-name': { type: 'string', help: 'this node', required: true },
  'node-ip': { type: 'list', help: 'addresses of this node', required: true },
  'runtime-endpoint': { type: 'string', help: 'socket of the container runtime (CRI)', required: true },
  'root-dir': { type: 'string', help: 'folder for volumes and logs', required: true },
  'cluster-dns': { type: 'string', help: 'address of the cluster DNS' },
  'cluster-domain': { type: 'string', help: 'the domain of the cluster', default: 'cluster.local' },
  'cgroup-root': { type: 'string', help: 'cgroup below which the pods of this node run', required: true },
  'pod-cidr': { type: 'string', help: 'addresses of the pods of this node' },
  'cni-conf-dir': { type: 'string', help: "folder of the runtime's CNI configuration" },
  'serving-cert-file': { type: 'string', help: 'PEM of the certificate for what the apiserver asks', required: true },
  'serving-key-file': { type: 'string', help: 'PEM of its key', required: true },
  'client-ca-file': { type: 'string', help: "PEM of the CA of the apiserver's client certificate", required: true },
  host: { type: 'string', help: 'address to listen on', default: '0.0.0.0' },
  port: { type: 'number', help: 'port to listen on; 0 picks one', default: 0 },
} as const;

const log = jsonLog(systemClock, (line) => void process.stderr.write(line));

await runApp('kubelet', log, async (argv) => {
  if (argv.some((argument) => /^--fake-nodes(=|$)/.test(argument))) return mainFakeNodes(argv, log);
  const flags = parseFlags({ ...apiFlags, ...own }, argv);
  const ports = { clock: systemClock, random: systemRandom, log };
  const servingTls = await liveServingFiles({ cert: flags['serving-cert-file'], key: flags['serving-key-file'], clientCa: flags['client-ca-file'] }, ports);
  const client = connectWithFiles(flags, { ...ports, userAgent: 'kubelet' });
  const runtime = criRuntime(flags['runtime-endpoint'].replace(/^unix:\/\//, ''), systemClock);
  const app = await start(
    {
      nodeName: flags['node-name'],
      nodeIps: flags['node-ip'],
      rootDir: resolve(flags['root-dir']),
      ...(flags['cluster-dns'] === undefined ? {} : { clusterDns: flags['cluster-dns'] }),
      clusterDomain: flags['cluster-domain'],
      cgroupRoot: flags['cgroup-root'].replace(/^\/+/, ''),
      ...(flags['pod-cidr'] === undefined ? {} : { podCidr: flags['pod-cidr'] }),
      ...(flags['cni-conf-dir'] === undefined ? {} : { cniConfDir: flags['cni-conf-dir'] }),
      host: flags.host,
      port: flags.port,
      tls: servingTls.current,
    },
    { ...ports, client, runtime, servingTls },
  );
  writeEndpointFile(flags['endpoint-file'], `${flags['node-ip'][0] ?? flags.host}:${app.port}`);
  return {
    stop: async () => {
      await app.stop();
      servingTls.stop();
      runtime.close();
      await client.close();
    },
  };
}, systemClock);
