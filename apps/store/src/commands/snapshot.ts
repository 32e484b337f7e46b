import { readFileSync } from 'node:fs';
import { FlagError, helpText, parseArguments } from '@rhythm/config';
import { dialGrpc, Metadata, unary, type ClientTls } from '@rhythm/grpc';
import { AuthClient, AuthService, MaintenanceClient } from '@rhythm/proto/etcd';
import { restoreSnapshot } from '../snapshot/restore-snapshot.ts';
import { saveSnapshot } from '../snapshot/save-snapshot.ts';
import { openSnapshot, verifySnapshot } from '../snapshot/snapshot-file.ts';
import { sizeText, snapshotStatus, statusTable } from '../snapshot/snapshot-status.ts';

const defaultPeerUrl = 'http://localhost:2380';

const saveFlags = {
  endpoints: { type: 'string', help: 'host:port of one running store or etcd', default: '127.0.0.1:2379' },
  cacert: { type: 'string', help: 'CA of its certificate (PEM); without it, plain text' },
  cert: { type: 'string', help: 'certificate of the client (PEM)' },
  key: { type: 'string', help: "key of the client's certificate (PEM)" },
  user: { type: 'string', help: 'NAME:PASSWORD where users and roles are on' },
} as const;
const statusFlags = { 'write-out': { type: 'string', help: 'table or json', default: 'table' } } as const;
const restoreFlags = {
  'data-dir': { type: 'string', help: 'folder to make; it must not exist', required: true },
  name: { type: 'string', help: 'name of the member that the folder is for', default: 'default' },
  'initial-cluster': { type: 'string', help: 'all members of the new cluster, NAME=URL with commas; the same for each of them' },
  'initial-cluster-token': { type: 'string', help: 'sets clusters of the same members apart', default: 'etcd-cluster' },
  'initial-advertise-peer-urls': { type: 'list', help: 'URLs at which the other members reach this one', default: [defaultPeerUrl] },
  'skip-hash-check': { type: 'boolean', help: 'restore a file without a valid hash, such as a copy of member/snap/db' },
  'bump-revision': { type: 'number', help: 'raise the newest revision by this much', default: 0 },
  'mark-compacted': { type: 'boolean', help: 'take everything before the newest revision for compacted; goes with --bump-revision' },
} as const;

const help = `snapshot save FILE     save the state of a running store
${helpText(saveFlags)}

snapshot status FILE   check a snapshot and say what is in it
${helpText(statusFlags)}

snapshot restore FILE  make the data folder of a member out of a snapshot
${helpText(restoreFlags)}`;

/** `snapshot save|status|restore FILE`: gives the text to print. */
export async function snapshotCommand([verb, ...argv]: readonly string[]): Promise<string> {
  if (verb === undefined || verb === '--help' || argv.includes('--help')) return help;
  switch (verb) {
    case 'save':
      return save(argv);
    case 'status':
      return status(argv);
    case 'restore':
      return restore(argv);
    default:
      throw new FlagError(`unknown command "snapshot ${verb}": there are save, status and restore`);
  }
}

async function save(argv: readonly string[]): Promise<string> {
  const { flags, given } = parseArguments(saveFlags, ['FILE'], argv);
  const [path = ''] = given;
  const options = { targets: flags.endpoints.replace(/^https?:\/\//, ''), ...tlsOf(flags) };
  const client = dialGrpc(MaintenanceClient, options);
  try {
    const metadata = flags.user === undefined ? undefined : await signIn(options, flags.user);
    const { bytes } = await saveSnapshot(client, path, metadata === undefined ? {} : { metadata });
    return `saved ${sizeText(bytes)} to ${path}`;
  } finally {
    client.close();
  }
}

async function status(argv: readonly string[]): Promise<string> {
  const { flags, given } = parseArguments(statusFlags, ['FILE'], argv);
  const form = flags['write-out'];
  if (form !== 'table' && form !== 'json') throw new FlagError(`flag --write-out takes table or json, not "${form}"`);
  const snapshot = await openSnapshot(given[0] ?? '');
  try {
    await verifySnapshot(snapshot, { skipHash: false });
    const found = await snapshotStatus(snapshot);
    return form === 'json' ? JSON.stringify(found) : statusTable(found);
  } finally {
    await snapshot.close();
  }
}

async function restore(argv: readonly string[]): Promise<string> {
  const { flags, given } = parseArguments(restoreFlags, ['FILE'], argv);
  const bump = flags['bump-revision'];
  if (!Number.isSafeInteger(bump) || bump < 0) throw new FlagError(`flag --bump-revision takes a whole number, not ${bump}`);
  const restored = await restoreSnapshot({
    path: given[0] ?? '',
    dataDir: flags['data-dir'],
    name: flags.name,
    initialCluster: flags['initial-cluster'] ?? `${flags.name}=${defaultPeerUrl}`,
    initialAdvertisePeerUrls: flags['initial-advertise-peer-urls'],
    initialClusterToken: flags['initial-cluster-token'],
    skipHashCheck: flags['skip-hash-check'],
    bumpRevision: bump,
    markCompacted: flags['mark-compacted'],
  });
  return `restored ${restored.keys} revisions up to ${restored.revision} into ${flags['data-dir']}: member ${restored.memberId.toString(16)} of the new cluster ${restored.clusterId.toString(16)}`;
}

function tlsOf({ cacert, cert, key }: { readonly cacert: string | undefined; readonly cert: string | undefined; readonly key: string | undefined }): { readonly tls?: ClientTls } {
  if (cacert === undefined && (cert !== undefined || key !== undefined)) throw new FlagError('flags --cert and --key need --cacert');
  if ((cert === undefined) !== (key === undefined)) throw new FlagError('flags --cert and --key go together');
  if (cacert === undefined) return {};
  return { tls: { ca: readFileSync(cacert), ...(cert === undefined || key === undefined ? {} : { cert: readFileSync(cert), key: readFileSync(key) }) } };
}

async function signIn(options: { readonly targets: string; readonly tls?: ClientTls }, user: string): Promise<Metadata> {
  const at = user.indexOf(':');
  if (at < 1) throw new FlagError('flag --user takes NAME:PASSWORD');
  const client = dialGrpc(AuthClient, options);
  try {
    const { token } = await unary(client, AuthService.authenticate, { name: user.slice(0, at), password: user.slice(at + 1) });
    const metadata = new Metadata();
    metadata.set('token', token);
    return metadata;
  } finally {
    client.close();
  }
}
