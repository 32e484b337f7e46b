/** The reader of YAML with nothing around it: what a thread that reads nothing else loads. */
export { ApiError } from '../status.ts';
export { checkYamlSize, isJsonAlready, readYaml, repeatedKeys, yamlMarks, yamlWorkMax, YamlWorkError } from './yaml.ts';
