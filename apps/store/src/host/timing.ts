/** One tick of raft. */
export const tickMs = 100;
/** Ticks without a leader before an election, at least. */
export const electionTicks = 10;
export const heartbeatTicks = 1;
/** Largest request, as etcd's default. */
export const requestBytesMax = 1.5 * 1024 * 1024;
/** A proposal or read without a result is given up after this, as in etcd: 5 s and two election timeouts. */
export const requestTimeoutMs = 7000;
