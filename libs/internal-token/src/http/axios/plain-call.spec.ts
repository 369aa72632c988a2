import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { LEFT_TO_AXIOS } from './plain-call.js';

/** Options that this library's adapter honours, or leaves to axios for some of their values. */
const HONOURED = [
  'url',
  'method',
  'baseURL',
  'allowAbsoluteUrls',
  'headers',
  'params',
  'paramsSerializer',
  'data',
  'timeout',
  'timeoutErrorMessage',
  'responseType',
  'responseEncoding',
  'maxContentLength',
  'maxBodyLength',
  'maxRedirects',
  'validateStatus',
  'cancelToken',
  'signal',
  'decompress',
  'transitional',
];
/** Options that no adapter reads. */
const OF_AXIOS_ITSELF = [
  'adapter',
  'transformRequest',
  'transformResponse',
  'formSerializer',
  'parseReviver',
  'redact',
];
/** Options that axios' adapter for Node reads only beside one that is left to it, or ignores. */
const OTHERS = [
  'allowedSocketPaths',
  'formDataHeaderPolicy',
  'env',
  'fetchOptions',
  'withCredentials',
  'xsrfCookieName',
  'xsrfHeaderName',
  'withXSRFToken',
];

describe('plainCall()', () => {
  it('knows every option of axios', () => {
    const types = join(dirname(createRequire(import.meta.url).resolve('axios/package.json')), 'index.d.ts');
    const [, body = ''] = /interface AxiosRequestConfig<[^{]*\{(.*?)\n\}/s.exec(readFileSync(types, 'utf8')) ?? [];
    const options = [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, name]) => name);
    expect(new Set(options)).toEqual(new Set([...HONOURED, ...LEFT_TO_AXIOS, ...OF_AXIOS_ITSELF, ...OTHERS]));
  });
});
