import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';

const SCHEMA = new URL('../../../libs/internal-token/src/logging/log-line.schema.json', import.meta.url);

const validator = new Ajv2020({ allErrors: true, allowUnionTypes: true });
const validate = validator.compile(JSON.parse(readFileSync(SCHEMA, 'utf8')));

/**
 * The fault of a log line by the published schema, in ajv's words; undefined if it is valid.
 *
 * @param {unknown} line
 * @returns {string | undefined}
 */
export function faultOf(line) {
  return validate(line) ? undefined : validator.errorsText(validate.errors, { dataVar: 'line' });
}
