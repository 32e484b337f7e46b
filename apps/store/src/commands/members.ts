import { FlagError, helpText, parseArguments } from '@rhythm/config';
import { dialGrpc, unary, type CallSettings, type Client, type Method } from '@rhythm/grpc';
import { ClusterClient, ClusterService, type Member } from '@rhythm/proto/etcd';
import { connectionFlags, connectionTo, credentialsFor } from './connection.ts';
import { textTable } from './table.ts';

/** How long a change may take. */
const deadlineMs = 15_000;

const reachFlags = { endpoints: { type: 'string', help: 'host:port of one running member', default: '127.0.0.1:2379' }, ...connectionFlags } as const;
const addFlags = { ...reachFlags, learner: { type: 'boolean', help: 'without a vote, until it is promoted' } } as const;

const help = `members list                 who belongs to the cluster
members add NAME URL[,URL]   add a member that others reach at these peer URLs; it is started afterwards
${helpText({ learner: addFlags.learner })}
members promote ID           give a learner a vote
members update ID URL[,URL]  change the peer URLs of a member
members remove ID            remove a member for good

${helpText(reachFlags)}`;

type Reach = <Q, R>(method: Method<Q, R>, request: Q) => Promise<R>;

/** `members list|add|promote|update|remove`: gives the text to print. */
export async function membersCommand([verb, ...argv]: readonly string[]): Promise<string> {
  if (verb === undefined || verb === '--help' || argv.includes('--help')) return help;
  switch (verb) {
    case 'list': {
      const { flags } = parseArguments(reachFlags, [], argv);
      return reaching(flags, async (call) => membersTable((await call(ClusterService.memberList, { linearizable: true })).members));
    }
    case 'add': {
      const { flags, given } = parseArguments(addFlags, ['NAME', 'URL'], argv);
      const [name = '', urls = ''] = given;
      return reaching(flags, async (call) => {
        const { member, members } = await call(ClusterService.memberAdd, { peerURLs: urls.split(','), isLearner: flags.learner });
        const cluster = members.flatMap((each) => each.peerURLs.map((url) => `${each.ID === member?.ID ? name : each.name}=${url}`)).join(',');
        return `member ${hex(member?.ID ?? 0n)} was added; start it with\n  --name ${name} --initial-cluster-state existing --initial-advertise-peer-urls ${urls} --initial-cluster ${cluster}`;
      });
    }
    case 'promote':
      return changing(argv, (call, ID) => call(ClusterService.memberPromote, { ID }), 'has a vote now');
    case 'remove':
      return changing(argv, (call, ID) => call(ClusterService.memberRemove, { ID }), 'was removed');
    case 'update': {
      const { flags, given } = parseArguments(reachFlags, ['ID', 'URL'], argv);
      const ID = parseId(given[0]);
      return reaching(flags, async (call) => {
        await call(ClusterService.memberUpdate, { ID, peerURLs: (given[1] ?? '').split(',') });
        return `member ${hex(ID)} is at ${given[1] ?? ''} now`;
      });
    }
    default:
      throw new FlagError(`unknown command "members ${verb}": there are list, add, promote, update and remove`);
  }
}

async function changing(argv: readonly string[], change: (call: Reach, id: bigint) => Promise<unknown>, done: string): Promise<string> {
  const { flags, given } = parseArguments(reachFlags, ['ID'], argv);
  const id = parseId(given[0]);
  return reaching(flags, async (call) => {
    await change(call, id);
    return `member ${hex(id)} ${done}`;
  });
}

type ReachGiven = Parameters<typeof connectionTo>[1] & { readonly endpoints: string; readonly user: string | undefined };

async function reaching<T>(given: ReachGiven, run: (call: Reach) => Promise<T>): Promise<T> {
  const connection = connectionTo(given.endpoints, given);
  const client: Client = dialGrpc(ClusterClient, connection);
  try {
    const settings: CallSettings = { deadlineMs, ...(await credentialsFor(connection, given.user)) };
    return await run((method, request) => unary(client, method, request, settings));
  } finally {
    client.close();
  }
}

function membersTable(members: readonly Member[]): string {
  const rows = members.map(({ ID, name, peerURLs, clientURLs, isLearner }) => [hex(ID), name === '' ? '(not started)' : name, peerURLs.join(','), clientURLs.join(','), isLearner ? 'learner' : 'voter']);
  return textTable(['ID', 'NAME', 'PEER URLS', 'CLIENT URLS', 'ROLE'], rows);
}

function parseId(text: string | undefined): bigint {
  if (text === undefined || !/^[0-9a-f]{1,16}$/.test(text)) throw new FlagError(`the id of a member is hexadecimal, as members list shows it, not "${text ?? ''}"`);
  return BigInt(`0x${text}`);
}

function hex(id: bigint): string {
  return id.toString(16);
}
