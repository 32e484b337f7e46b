/** Names in etcd's database file, the same from 3.4 to 3.6. */
export const buckets = {
  alarm: 'alarm',
  auth: 'auth',
  authRoles: 'authRoles',
  authUsers: 'authUsers',
  cluster: 'cluster',
  key: 'key',
  lease: 'lease',
  members: 'members',
  membersRemoved: 'members_removed',
  meta: 'meta',
} as const;

/** Keys of the bucket `meta`. The first two revisions differ while a compaction is under way. */
export const metaNames = {
  consistentIndex: 'consistent_index',
  term: 'term',
  confState: 'confState',
  scheduledCompaction: 'scheduledCompactRev',
  finishedCompaction: 'finishedCompactRev',
} as const;

export const authNames = { enabled: 'authEnabled', revision: 'authRevision' } as const;
