import { readdir, rm } from 'node:fs/promises';
import { causeChain } from '@rhythm/base';
import type { NodeContext } from './node-context.ts';
import { podCgroup } from '../spec/sandbox-config.ts';

/** Removes folders, mounts, logs and cgroups of pods that nobody knows any more: a kubelet was ended in the middle of cleaning up. */
export async function removeLeftovers(node: NodeContext, isKnown: (uid: string) => boolean): Promise<void> {
  const folders = [...(await names(node.paths.pods)), ...(await names(node.paths.memory))];
  const cgroups = (await node.cgroups.list(`/${node.cgroupRoot}`)).filter((name) => name.startsWith('pod')).map((name) => name.slice('pod'.length));
  for (const uid of new Set([...folders, ...cgroups])) {
    if (isKnown(uid)) continue;
    try {
      await node.volumes.cleanUp(uid);
      await node.cgroups.remove(podCgroup(node.cgroupRoot, uid));
    } catch (error) {
      node.log.warn('leftovers of a pod not removed', { uid, error: causeChain(error) });
    }
  }
  for (const name of await names(node.paths.logs)) {
    if (!isKnown(name.slice(name.lastIndexOf('_') + 1))) await rm(`${node.paths.logs}/${name}`, { recursive: true, force: true });
  }
}

const names = (folder: string): Promise<string[]> => readdir(folder).catch(() => []);
