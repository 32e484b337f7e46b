import { parseQuantity } from '@rhythm/api';
import { kubeletVersion, nodeArchitecture, type NodeFacts } from '../node/node-facts.ts';
import { fakePodsMax } from './node-range.ts';

/** What a fake node says it has, by resource name; quantities. */
export type FakeCapacity = Readonly<Record<string, string>>;

export const defaultFakeCapacity: FakeCapacity = { cpu: '32', memory: '256Gi', pods: '110', 'ephemeral-storage': '1Ti', 'hugepages-1Gi': '0', 'hugepages-2Mi': '0' };
/** Ten times a fake node's default; more resources than this in one flag are a mistake. */
const resourcesMax = 60;

/** `cpu=64,memory=1Ti` over the defaults. @throws Error that names what is wrong. */
export function parseFakeCapacity(entries: readonly string[]): FakeCapacity {
  if (entries.length > resourcesMax) throw new Error(`more than ${resourcesMax} resources`);
  const given = entries.map((entry): [string, string] => {
    const [name = '', text = '', ...rest] = entry.split('=');
    if (!/^[a-z0-9][-a-z0-9./]*$/.test(name) || rest.length > 0) throw new Error(`"${entry}" is not RESOURCE=QUANTITY`);
    try {
      if (parseQuantity(text).nano < 0n) throw new Error('it is negative');
    } catch (error) {
      throw new Error(`"${text}" is not a quantity of ${name}`, { cause: error });
    }
    return [name, text];
  });
  const capacity = { ...defaultFakeCapacity, ...Object.fromEntries(given) };
  const pods = Number(capacity['pods']);
  if (!Number.isInteger(pods) || pods > fakePodsMax) throw new Error(`a fake node has addresses for ${fakePodsMax} pods, not for ${capacity['pods']}`);
  return capacity;
}

/** A machine that is not there. */
export function fakeFacts(capacity: FakeCapacity): NodeFacts {
  return {
    capacity,
    allocatable: capacity,
    memoryBytes: parseQuantity(capacity['memory'] ?? '0').nano / 1_000_000_000n,
    info: {
      machineID: '',
      systemUUID: '',
      bootID: '',
      kernelVersion: 'fake',
      osImage: 'fake',
      containerRuntimeVersion: 'fake://1.0.0',
      kubeletVersion,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: nodeArchitecture,
    },
  };
}
