// The end-to-end suites run the programs that users run: built once, before any of them.
import { build } from '../../scripts/lib/build.mjs';
import { DOMAINS } from '../../scripts/lib/topology.mjs';

export default () => build(['gateway', ...DOMAINS]);
