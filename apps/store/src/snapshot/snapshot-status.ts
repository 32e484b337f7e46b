import { BucketReader, type BoltContent } from '@rhythm/bolt';
import { crc32c } from '../services/hash.ts';
import { buckets } from './etcd-names.ts';
import type { OpenSnapshot } from './snapshot-file.ts';

/** What `etcdctl snapshot status` says of a file, with the same numbers. */
export interface SnapshotStatus {
  /** CRC-32C over the names of all buckets and their keys and values. */
  readonly hash: number;
  readonly revision: number;
  readonly totalKey: number;
  readonly totalSize: number;
}

export async function snapshotStatus({ file }: OpenSnapshot): Promise<SnapshotStatus> {
  let hash = 0;
  let revision = 0;
  let totalKey = 0;
  for await (const names of file.root.entries()) {
    for (const [name, bucket] of names) {
      if (!(bucket instanceof BucketReader)) throw new Error(`the file holds a value outside of its buckets, under ${Buffer.from(name).toString()}`);
      hash = crc32c(name, hash);
      const isKeys = Buffer.from(name).toString() === buckets.key;
      for await (const slice of bucket.entries()) {
        for (const [key, value] of slice) {
          hash = crc32c(key, hash);
          if (!(value instanceof BucketReader)) hash = crc32c(value, hash);
          totalKey++;
        }
        const last = slice.at(-1)?.[0];
        if (isKeys && last !== undefined && last.length >= 8) revision = Number(Buffer.from(last.subarray(0, 8)).readBigUInt64BE());
      }
    }
  }
  return { hash, revision, totalKey, totalSize: file.bytes };
}

/** The same hash of a content that is in no file; keys of `unhashed` are left out. */
export async function contentHash(content: BoltContent, unhashed: ReadonlySet<string>): Promise<number> {
  let hash = 0;
  for await (const names of content()) {
    for (const [name, bucket] of names) {
      hash = crc32c(name, hash);
      if (typeof bucket !== 'function') continue;
      for await (const slice of bucket()) {
        for (const [key, value] of slice) {
          if (typeof value === 'function' || unhashed.has(Buffer.from(key).toString('latin1'))) continue;
          hash = crc32c(value, crc32c(key, hash));
        }
      }
    }
  }
  return hash;
}

/** As a table of one row, as etcdctl draws it. */
export function statusTable({ hash, revision, totalKey, totalSize }: SnapshotStatus): string {
  const head = ['HASH', 'REVISION', 'TOTAL KEYS', 'TOTAL SIZE'];
  const row = [hash.toString(16), String(revision), String(totalKey), sizeText(totalSize)];
  const widths = head.map((title, at) => Math.max(title.length, row[at]?.length ?? 0));
  const rule = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+`;
  const center = (text: string, width: number): string => text.padStart(text.length + Math.floor((width - text.length) / 2)).padEnd(width);
  const titles = `| ${head.map((title, at) => center(title, widths[at] ?? 0)).join(' | ')} |`;
  const values = `| ${row.map((value, at) => value.padStart(widths[at] ?? 0)).join(' | ')} |`;
  return [rule, titles, rule, values, rule].join('\n');
}

/** Bytes in powers of a thousand, two digits where the number is small. */
export function sizeText(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let at = 0;
  let value = bytes;
  for (; value >= 1000 && at < units.length - 1; at++) value /= 1000;
  return `${at > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[at]}`;
}
