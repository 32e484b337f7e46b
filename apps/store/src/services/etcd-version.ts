/** The etcd version whose API this is; clients decide by it what they may ask for. */
export const etcdVersion = '3.6.0';
