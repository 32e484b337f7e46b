import { ApiError, readYaml, repeatedKeys, yamlWorkMax } from '@rhythm/api/yaml';
import { parentPort } from 'node:worker_threads';
import type { YamlResult, YamlTask } from './yaml-task.ts';

/* The program of a thread: YAML in, JSON out. It loads nothing else of the server. */

parentPort?.on('message', (task: YamlTask) => parentPort?.postMessage(answer(task)));

function answer({ body, jsonSizeMax, tellsRepeated }: YamlTask): YamlResult {
  try {
    const { json, isRepeated } = readYaml(body, { workMax: yamlWorkMax, jsonSizeMax });
    return { json, repeated: tellsRepeated && isRepeated ? repeatedKeys(body) : [] };
  } catch (thrown) {
    // What is no refusal is a fault of ours, and ends the thread.
    if (!(thrown instanceof ApiError)) throw thrown;
    return { refused: { reason: thrown.reason, message: thrown.message } };
  }
}
