import { readFileSync } from 'node:fs';
import { transformSync } from '@swc/core';

/** A source of this repository as a module for Node, with decorator metadata. */
export function transformTypescript(filename) {
  return transformSync(readFileSync(filename, 'utf8'), {
    filename,
    swcrc: false,
    jsc: {
      target: 'es2023',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    },
    module: { type: 'es6' },
  }).code;
}
