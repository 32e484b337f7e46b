/** How the reloads of configuration files are counted. Imports nothing of the server: whatever follows a file may use it. */
export { ConfigReloadMetrics, countReloads, ServerIdentity } from './config-reload-metrics.ts';
