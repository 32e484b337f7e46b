import { readFileSync } from 'node:fs';
import { causeChain, systemClock, systemRandom } from '@rhythm/base';
import { FlagError, helpText, parseFlags, runApp, writeEndpointFile } from '@rhythm/config';
import { jsonLog } from '@rhythm/telemetry';
import { parseRetention } from './compaction/retention.ts';
import { snapshotCommand } from './commands/snapshot.ts';
import { bcryptCosts } from './auth/passwords.ts';
import { parseTokenOptions } from './auth/token-options.ts';
import { start, tokenTtlSecondsDefault } from './start.ts';

const flags = {
  name: { type: 'string', help: 'name of this member', default: 'default' },
  'data-dir': { type: 'string', help: 'folder of all state', required: true },
  host: { type: 'string', help: 'address to listen on', default: '127.0.0.1' },
  port: { type: 'number', help: 'port to listen on, 0 for a free one', default: 2379 },
  'cert-file': { type: 'string', help: 'certificate (PEM); without the three files the store speaks plain text on loopback only' },
  'key-file': { type: 'string', help: 'key of the certificate (PEM)' },
  'client-ca-file': { type: 'string', help: 'CA that client certificates must come from (PEM)' },
  'auth-token': { type: 'string', help: 'how signed-in users are known: simple, or jwt,sign-method=…,priv-key=FILE,pub-key=FILE,ttl=5m', default: 'simple' },
  'auth-token-ttl': { type: 'number', help: 'seconds that a simple token is good after its last use', default: tokenTtlSecondsDefault },
  'bcrypt-cost': { type: 'number', help: `cost of hashing passwords, ${bcryptCosts.min} to ${bcryptCosts.max}`, default: bcryptCosts.default },
  'quota-backend-bytes': { type: 'number', help: 'bytes of live keys and values from which on nothing more is taken in; 0: 2 GiB, below 0: no limit', default: 0 },
  'auto-compaction-mode': { type: 'string', help: 'periodic or revision', default: 'periodic' },
  'auto-compaction-retention': { type: 'string', help: 'history to keep: hours or a duration such as 30m (periodic), or a number of revisions; 0: all of it', default: '0' },
  'endpoint-file': { type: 'string', help: 'written with host:port once the store serves' },
} as const;

const log = jsonLog(systemClock, (line) => process.stderr.write(line));

if (process.argv[2] === 'snapshot') {
  try {
    console.log(await snapshotCommand(process.argv.slice(3)));
  } catch (error) {
    console.error(`store: ${causeChain(error)}`);
    process.exitCode = error instanceof FlagError ? 2 : 1;
  }
} else if (process.argv.includes('--help')) {
  console.log(`store: raft-replicated key-value store, etcd v3 API\n\n${helpText(flags)}`);
} else {
  await runApp('store', log, async (argv) => {
    const given = parseFlags(flags, argv);
    const files = [given['cert-file'], given['key-file'], given['client-ca-file']];
    const [cert, key, clientCa] = files.map((path) => (path === undefined ? undefined : readFileSync(path)));
    const isTls = cert !== undefined && key !== undefined && clientCa !== undefined;
    if (!isTls && files.some((path) => path !== undefined)) throw new Error('--cert-file, --key-file and --client-ca-file go together');
    if (!isTls && !['127.0.0.1', '::1', 'localhost'].includes(given.host)) throw new Error(`without certificates the store serves loopback only, not ${given.host}`);
    const bcryptCost = given['bcrypt-cost'];
    if (!Number.isInteger(bcryptCost) || bcryptCost < bcryptCosts.min || bcryptCost > bcryptCosts.max) throw new Error(`--bcrypt-cost must be between ${bcryptCosts.min} and ${bcryptCosts.max}`);
    const tokenTtlSeconds = given['auth-token-ttl'];
    if (!(tokenTtlSeconds > 0)) throw new Error('--auth-token-ttl must be above 0');
    const tokenOptions = parseTokenOptions(given['auth-token'], (path) => readFileSync(path));
    const store = await start(
      {
        name: given.name,
        dataDir: given['data-dir'],
        host: given.host,
        port: given.port,
        auth: { tokenOptions, tokenTtlSeconds, bcryptCost },
        quotaBackendBytes: given['quota-backend-bytes'],
        retention: parseRetention(given['auto-compaction-mode'], given['auto-compaction-retention']),
        ...(isTls ? { tls: { cert, key, clientCa, requireClientCert: true } } : {}),
      },
      { clock: systemClock, random: systemRandom, log, nextTurn: setImmediate },
    );
    writeEndpointFile(given['endpoint-file'], `${given.host}:${store.port}`);
    return store;
  });
}
