import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WORKSPACE } from '../support/workspace-files.js';

const schemaAt = (path: string): unknown => JSON.parse(readFileSync(join(WORKSPACE, path), 'utf8'));

describe('the log contract between the packages', () => {
  it('is one schema: itok reads exactly the log lines that the product writes', () => {
    expect(schemaAt('libs/itok/src/log-line.schema.json')).toEqual(
      schemaAt('libs/internal-token/src/logging/log-line.schema.json'),
    );
  });
});
