import type { Log } from '@rhythm/base';

/** As etcd: what holds unless the flag says otherwise, and what it advises not to exceed. */
export const quotaBytesDefault = 2 * 1024 ** 3;
const quotaBytesAdvised = 8 * 1024 ** 3;

/** What `--quota-backend-bytes` says: 0 is the default, less than 0 no quota (undefined). */
export function quotaOf(flag: number, log: Log): number | undefined {
  if (flag < 0) {
    log.warn('there is no quota: a disk may fill up');
    return undefined;
  }
  if (flag > quotaBytesAdvised) log.warn('the quota is above what is advised', { bytes: flag, advised: quotaBytesAdvised });
  return flag === 0 ? quotaBytesDefault : flag;
}
