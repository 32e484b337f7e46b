import type { PodSpec, Volume } from '../../gen/types/core-v1.ts';
import { at, child, ofEach, together } from '../../validation/field-error.ts';
import { claimSpecWarnings } from './bytes.ts';

/** Sources that clusters have no drivers for any more: the field, what upstream calls it, and since when. */
const gone: readonly (readonly [field: keyof Volume, shown: string, since: string])[] = [
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'gitRepo', 'deprecated in v1.11, and disabled by default in v1.33+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
];

/** Warnings about a source of a pod's volume or of a persistent one. */
export function sourceWarnings(source: Partial<Record<(typeof gone)[number][0], unknown>>, path: string): string[] {
  return ofEach(gone, ([field, shown, since]) => (source[field] === undefined ? [] : [`${child(path, shown)}: ${since}`]));
}

/** Warnings about the volumes of a pod. */
export function volumesWarnings({ volumes }: PodSpec, path: string): string[] {
  if (volumes === undefined || volumes.length === 0) return [];
  const sources = ofEach(volumes, (volume, i) => {
    const claim = volume.ephemeral?.volumeClaimTemplate?.spec;
    const here = at(path, i);
    return together(sourceWarnings(volume, here), claim === undefined ? [] : claimSpecWarnings(claim, child(here, 'ephemeral.volumeClaimTemplate.spec')));
  });
  return together(sources, tokenPathWarnings(volumes, path));
}

/** Files that lie where a token does: one of the two is not seen. The paths are upstream's own. */
function tokenPathWarnings(volumes: readonly Volume[], path: string): string[] {
  const tokens = new Set(volumes.flatMap(({ projected }) => (projected?.sources ?? []).flatMap(({ serviceAccountToken }) => (serviceAccountToken === undefined ? [] : [serviceAccountToken.path]))));
  if (tokens.size === 0) return [];
  return ofEach(volumes, ({ projected }, i) => {
    const here = child(at(path, i), 'projected.sources');
    const same = (file: string | undefined, where: string): string[] => (file !== undefined && tokens.has(file) ? [`${where}: has duplicated path with ServiceAccountToken ${JSON.stringify(file)}`] : []);
    return ofEach(projected?.sources, ({ configMap, secret, downwardAPI, clusterTrustBundle }) => together(
      ofEach(configMap?.items, (item, j) => same(item.path, at(child(here, 'configMap'), j))),
      ofEach(secret?.items, (item, j) => same(item.path, at(child(here, 'secrets'), j))),
      ofEach(downwardAPI?.items, (item, j) => same(item.path, at(child(here, 'downwardAPI'), j))),
      same(clusterTrustBundle?.path, child(here, 'ClusterTrustBundle')),
    ));
  });
}
